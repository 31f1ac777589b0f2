//! `cargo lab payments`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::Api;
use super::{audit, fill};
use crate::cli::faults::Target;
use crate::cli::observe::Table;
use crate::cli::state::State;
use crate::cli::terminal::{self, Palette, Style};
use crate::cli::{nearest_template, stopping, workspace_of};

/// The most that one answer holds.
const PAGE: usize = 100;

/// How often `--watch` looks.
const EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo lab payments --failed\n  cargo lab payments --watch\n  cargo lab payments --audit\n  cargo lab payments --failed --json --aws --stage staging\nThen: cargo lab redrive RIDE"
)]
pub(in crate::cli) struct Payments {
    /// Only those that failed
    #[arg(long)]
    failed: bool,
    /// Look again every two seconds, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Print the API's JSON, on one line each time, instead of text
    #[arg(long)]
    json: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Set rides, payments, counts and charges of the running lab against each other; exit code 1 if they contradict each other
    #[arg(long, conflicts_with_all = ["failed", "watch", "aws", "fill"])]
    audit: bool,
    /// Put N completed payments without rides into the running lab's tables: how many payments there are must not slow down what shows them. --audit finds them from then on
    #[arg(long, value_name = "N", conflicts_with_all = ["failed", "watch", "aws", "json"], value_parser = clap::value_parser!(u32).range(1..=500_000))]
    fill: Option<u32>,
    #[command(flatten)]
    target: Target,
}

/// The answer of `GET /count`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    in_queue: i64,
    #[serde(rename = "placedLast10Minutes")]
    placed_recently: i64,
    #[serde(rename = "processedLast10Minutes")]
    processed_recently: i64,
    placed: i64,
    complete: i64,
    failed: i64,
}

/// A payment of `GET /payments`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Payment {
    ride_id: String,
    status: String,
    placed_at: String,
    attempts: u32,
    redrives: u32,
    reason: Option<String>,
    request_id: Option<String>,
}

impl Payments {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(payments) = self.fill {
            fill::fill(&self.lab()?, payments).await?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.audit {
            return self.audit().await;
        }
        let api = Api::of(self.target.clone()).await?;
        if !self.watch {
            self.show(&api).await?;
            return Ok(ExitCode::SUCCESS);
        }
        tokio::select! {
            stopped = stopping::requested() => stopped?,
            failed = self.watch(&api) => failed?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn lab(&self) -> anyhow::Result<State> {
        let template = self.target.template.clone().map_or_else(nearest_template, Ok)?;
        State::read(&workspace_of(&template)).context("no lab runs here; start one with `cargo lab up`")
    }

    async fn audit(&self) -> anyhow::Result<ExitCode> {
        let books = audit::read(&self.lab()?).await?;
        let agrees = books.contradictions().is_empty();
        let json = || json!({"agrees": agrees, "books": books}).to_string();
        terminal::print(&if self.json { json() } else { audit::text(&books, Palette::stdout()) });
        Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Returns when it fails at once, or when nobody reads it. A failure later on is told and may be over by the next look.
    async fn watch(&self, api: &Api) -> anyhow::Result<()> {
        let mut read = self.show(api).await?;
        while read {
            tokio::time::sleep(EVERY).await;
            if !self.json {
                terminal::print("");
            }
            read = self.show(api).await.unwrap_or_else(|error| {
                eprintln!("{error:#}");
                true
            });
        }
        Ok(())
    }

    /// False once nobody reads it.
    async fn show(&self, api: &Api) -> anyhow::Result<bool> {
        let count = api.json(Method::GET, "/count", None).await?;
        let payments = self.payments(api).await?;
        if self.json {
            return Ok(terminal::print(&json!({"count": count, "payments": payments}).to_string()));
        }
        let count: Count = serde_json::from_value(count)?;
        let printed = terminal::print(&summary(&count, Palette::stdout()));
        let mut table = Table::new(&["PLACED", "STATUS", "RIDE", "ATTEMPTS", "WHY"]);
        let shown = payments.len();
        for payment in payments {
            table.row(row(&serde_json::from_value(payment)?));
        }
        table.print(if self.failed {
            "No payment has failed."
        } else {
            "No payments yet. `cargo lab ride` books a ride."
        });
        let all = if self.failed { count.failed } else { count.placed };
        let more = usize::try_from(all).unwrap_or_default().saturating_sub(shown);
        if more > 0 {
            terminal::print(&format!("Plus {more} more; --limit shows them"));
        }
        Ok(printed)
    }

    /// Page by page, up to the limit.
    async fn payments(&self, api: &Api) -> anyhow::Result<Vec<Value>> {
        let limit = usize::try_from(self.limit)?;
        let (mut payments, mut cursor): (Vec<Value>, String) = (Vec::new(), String::new());
        loop {
            // A cursor has letters, digits, hyphens and underscores only.
            let page = PAGE.min(limit - payments.len());
            let status = if self.failed { "&status=Failed" } else { "" };
            let answer = api.json(Method::GET, &format!("/payments?limit={page}{status}{cursor}"), None).await?;
            payments.extend(answer["payments"].as_array().cloned().unwrap_or_default());
            match answer["cursor"].as_str() {
                Some(next) if payments.len() < limit => cursor = format!("&cursor={next}"),
                _ => return Ok(payments),
            }
        }
    }
}

fn summary(count: &Count, palette: Palette) -> String {
    let Count { in_queue, placed_recently, processed_recently, complete, failed, .. } = count;
    let style = if *failed > 0 { Style::Red } else { Style::Green };
    let failed = palette.paint(style, &format!("failed {failed}"));
    format!(
        "in queue {in_queue} · complete {complete} · {failed} · last 10 minutes: placed {placed_recently}, processed {processed_recently}"
    )
}

fn row(payment: &Payment) -> [(String, Option<Style>); 5] {
    let style = match payment.status.as_str() {
        "Complete" => Style::Green,
        "Failed" => Style::Red,
        _ => Style::Yellow,
    };
    let request = payment.request_id.as_ref().map(|id| format!("request {id}"));
    let why: Vec<String> =
        payment.reason.clone().into_iter().chain(request.filter(|_| payment.status == "Failed")).collect();
    let redrives = if payment.redrives > 0 { format!(" ({} redriven)", payment.redrives) } else { String::new() };
    [
        (payment.placed_at.clone(), Some(Style::Dim)),
        (payment.status.clone(), Some(style)),
        (payment.ride_id.clone(), None),
        (format!("{}{redrives}", payment.attempts), None),
        (printable(&why.join("; ")), None),
    ]
}

/// What finance answered may hold anything, and a terminal obeys some of it.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_one_line() {
        let json = json!({"inQueue": 3, "placedLast10Minutes": 4, "processedLast10Minutes": 2, "placed": 9, "complete": 5, "failed": 1, "asOf": ""});
        let count: Count = serde_json::from_value(json).expect("a count");
        let said = summary(&count, Palette::plain());
        assert_eq!(said, "in queue 3 · complete 5 · failed 1 · last 10 minutes: placed 4, processed 2");
    }

    #[test]
    fn a_failed_payment_has_its_reason_and_its_request_and_no_control_characters() {
        let json = json!({"RideId": "r", "Status": "Failed", "PlacedAt": "t", "StatusSince": "t", "Attempts": 2, "Redrives": 1,
                          "Reason": "400: \u{1b}[2Jgone", "RequestId": "q"});
        let cells = row(&serde_json::from_value(json).expect("a payment")).map(|(text, _)| text);
        assert_eq!(cells, ["t", "Failed", "r", "2 (1 redriven)", "400:  [2Jgone; request q"]);
    }
}
