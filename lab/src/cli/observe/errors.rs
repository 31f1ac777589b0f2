//! `cargo lab errors`.

use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;

use super::client::{self, Console};
use super::table::Table;
use super::{Common, figures, print_json};
use crate::cli::terminal::Style;

#[derive(Debug, Args)]
#[command(after_help = "Then, for an example: cargo lab trace ID")]
pub(in crate::cli) struct Errors {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Deserialize)]
struct Answer {
    errors: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    service: String,
    message: String,
    count: u64,
    first_ms: f64,
    last_ms: f64,
    example: Example,
}

#[derive(Debug, Deserialize)]
struct Example {
    request_id: Option<String>,
}

impl Errors {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        let console = Console::find(&self.common)?;
        let answer = console.get("/api/errors", &[]).await?;
        if self.common.json {
            print_json(&answer);
            return Ok(ExitCode::SUCCESS);
        }
        let answer: Answer = client::read(answer)?;
        let mut table = Table::new(&["COUNT", "FIRST", "LAST", "SERVICE", "EXAMPLE", "ERROR"]);
        for group in answer.errors {
            table.row([
                (group.count.to_string(), Some(Style::Red)),
                (figures::clock(group.first_ms), None),
                (figures::clock(group.last_ms), None),
                (group.service, None),
                (group.example.request_id.unwrap_or_else(|| "-".to_owned()), None),
                (group.message, None),
            ]);
        }
        table.print("No errors.");
        Ok(ExitCode::SUCCESS)
    }
}
