//! The commands that look at a running lab: they ask its console, as the page does.

mod alarms;
mod client;
mod errors;
mod figures;
mod logs;
mod metrics;
mod requests;
mod table;
mod trace;

pub(super) use alarms::Alarms;
pub(super) use errors::Errors;
pub(super) use logs::Logs;
pub(super) use metrics::Metrics;
pub(super) use requests::Requests;
pub(super) use table::Table;
pub(super) use trace::Trace;

use std::path::PathBuf;

use clap::Args;

/// What each of them takes.
#[derive(Debug, Clone, Args)]
struct Common {
    /// Print the console's JSON instead of text
    #[arg(long)]
    json: bool,
    /// Template of the running lab [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

/// Prints JSON for a program: false once nobody reads it.
fn print_json(value: &serde_json::Value) -> bool {
    super::terminal::print(&serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string()))
}
