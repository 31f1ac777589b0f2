//! `cargo lab requests`.

use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;

use super::client::{self, Console};
use super::table::Table;
use super::{Common, figures, print_json};
use crate::cli::terminal::{self, Style};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo lab requests --faulty --slowest\n  cargo lab requests --route 'POST /ride' --cold\nThen: cargo lab trace ID"
)]
pub(in crate::cli) struct Requests {
    /// Only requests that were answered with a 5xx, or of which a part failed
    #[arg(long)]
    faulty: bool,
    /// Only requests slower than is usual for them
    #[arg(long)]
    slow: bool,
    /// Only requests that met a cold start
    #[arg(long)]
    cold: bool,
    /// Only this route
    #[arg(long, value_name = "METHOD PATH")]
    route: Option<String>,
    /// The slowest first [default: the newest first]
    #[arg(long)]
    slowest: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Deserialize)]
struct Answer {
    total: usize,
    requests: Vec<Request>,
}

/// One request of a rider.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    pub(super) id: String,
    pub(super) trace_id: String,
    pub(super) at_ms: f64,
    pub(super) method: String,
    pub(super) route: String,
    pub(super) status: u16,
    pub(super) duration_ms: f64,
    pub(super) faulty: bool,
    pub(super) throttled: bool,
    pub(super) slow: bool,
    pub(super) cold: bool,
    pub(super) sampled: bool,
    pub(super) error: Option<String>,
    pub(super) guilty: Option<String>,
}

impl Request {
    pub(super) fn style(&self) -> Option<Style> {
        match self.status {
            500.. => Some(Style::Red),
            400.. => Some(Style::Yellow),
            _ if self.faulty => Some(Style::Yellow),
            _ => Some(Style::Green),
        }
    }

    /// What is odd about it, in words.
    pub(super) fn marks(&self) -> String {
        let marks = [
            (self.faulty, "faulty"),
            (self.throttled, "throttled"),
            (self.slow, "slow"),
            (self.cold, "cold"),
            (!self.sampled, "unsampled"),
        ];
        marks.into_iter().filter_map(|(is, mark)| is.then_some(mark)).collect::<Vec<_>>().join(",")
    }
}

impl Requests {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        let console = Console::find(&self.common)?;
        let flag = |on: bool| on.then(|| "1".to_owned());
        let parameters = [
            ("faulty", flag(self.faulty)),
            ("slow", flag(self.slow)),
            ("cold", flag(self.cold)),
            ("route", self.route.clone()),
            ("order", self.slowest.then(|| "slowest".to_owned())),
            ("limit", Some(self.limit.to_string())),
        ];
        let answer = console.get("/api/requests", &parameters).await?;
        if self.common.json {
            print_json(&answer);
            return Ok(ExitCode::SUCCESS);
        }
        let answer: Answer = client::read(answer)?;
        let mut table = Table::new(&["TIME", "STATUS", "TOOK", "ROUTE", "REQUEST", "MARKS", "GUILTY"]);
        for request in &answer.requests {
            let guilty = request.guilty.as_ref().or(request.error.as_ref());
            table.row([
                (figures::clock(request.at_ms), Some(Style::Dim)),
                (request.status.to_string(), request.style()),
                (figures::milliseconds(request.duration_ms), None),
                (format!("{} {}", request.method, request.route), None),
                (request.id.clone(), None),
                (request.marks(), None),
                (guilty.cloned().unwrap_or_default(), None),
            ]);
        }
        table.print("No such request yet. `cargo lab ride` books one.");
        if answer.total > answer.requests.len() {
            terminal::print(&format!("{} more; --limit shows them", answer.total - answer.requests.len()));
        }
        Ok(ExitCode::SUCCESS)
    }
}
