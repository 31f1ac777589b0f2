//! `cargo lab redrive`.

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::api::Api;
use crate::cli::faults::Target;
use crate::cli::terminal;
use crate::quantity::quantity;

#[derive(Debug, Args)]
#[command(
    after_help = "A redrive never charges twice, as long as finance keeps the idempotency key, which stays the ride's. The simulator keeps it for ever. Of an older payment look at finance's ledger first.\nExamples:\n  cargo lab redrive 019a9f3c-7a00-7000-8000-000000000001\n  cargo lab redrive --all --limit 100\n  cargo lab redrive --all --limit 100 --aws --stage staging"
)]
#[group(id = "which", required = true, multiple = false, args = ["ride", "all"])]
pub(in crate::cli) struct Redrive {
    /// The ride whose payment failed, or waits though its message is gone
    #[arg(value_name = "RIDE")]
    ride: Option<String>,
    /// Those whose jobs are in the dead letters: the last attempt failed, though another may not
    #[arg(long, requires = "limit")]
    all: bool,
    /// At most so many of them
    #[arg(long, value_name = "N", requires = "all", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: Option<u32>,
    /// Print the API's JSON instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

/// The most that one order may ask for.
const ORDER: u64 = 1_000;

impl Redrive {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        let ride = self
            .ride
            .as_deref()
            .map(Uuid::try_parse)
            .transpose()
            .context("a ride is a UUID: `cargo lab payments` shows them")?;
        let api = Api::of(self.target.clone()).await?;
        let (told, failed) = match ride {
            Some(ride) => (api.json(Method::POST, &format!("/payments/{ride}/redrive"), None).await?, None),
            None => {
                let order = async |limit: u64| {
                    api.json(Method::POST, "/payments/redrive", Some(&json!({"limit": limit}))).await
                };
                all(order, self.limit.unwrap_or_default().into()).await
            }
        };
        let text = match ride {
            Some(ride) => format!("The payment of {ride} waits for another try."),
            None => words(&told),
        };
        // What was done before something failed is done, and told.
        terminal::print(&if self.json { told.to_string() } else { text });
        failed.map_or(Ok(ExitCode::SUCCESS), Err)
    }
}

/// Order by order, each as long as a function may take, until the limit, the end or a failure: the sum, and the failure.
async fn all(order: impl AsyncFn(u64) -> anyhow::Result<Value>, limit: u64) -> (Value, Option<anyhow::Error>) {
    let (mut moved, mut stale, mut left) = (0, 0, 0);
    let mut failed = None;
    let ended = loop {
        let told = match order(ORDER.min(limit - moved)).await {
            Ok(told) => told,
            Err(error) => {
                failed = Some(error);
                break "error".to_owned();
            }
        };
        let number = |name: &str| told[name].as_u64().unwrap_or_default();
        let (this_moved, this_stale) = (number("moved"), number("stale"));
        (moved, stale, left) = (moved + this_moved, stale + this_stale, left + number("left"));
        let ended = told["ended"].as_str().unwrap_or("unknown").to_owned();
        // What ran out of time goes on, unless it does nothing but run out of time.
        let goes_on = ended != "empty" && moved < limit && this_moved + this_stale > 0;
        if !goes_on {
            break ended;
        }
    };
    (json!({"moved": moved, "stale": stale, "left": left, "ended": ended}), failed)
}

fn words(told: &Value) -> String {
    let number = |name: &str| told[name].as_u64().unwrap_or_default();
    let waiting = number("moved");
    let verb = if waiting == 1 { "waits" } else { "wait" };
    let mut text = format!("{} {verb} for another try.", quantity(waiting, "payment"));
    if number("stale") > 0 {
        text.push_str(&format!(" Out of date and deleted: {}.", quantity(number("stale"), "dead letter")));
    }
    if number("left") > 0 {
        text.push_str(&format!(
            " Left where they are: {}. Their payments are on their way, nobody can read them, or something did not answer.",
            quantity(number("left"), "dead letter")
        ));
    }
    if told["ended"] == "time" {
        text.push_str(" The time was up before the end: order again.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_moved_before_a_failure_is_summed_up_and_the_failure_told() {
        let orders = std::cell::Cell::new(0);
        let order = async |limit: u64| {
            orders.set(orders.get() + 1);
            anyhow::ensure!(orders.get() < 3, "503");
            Ok(json!({"moved": limit, "stale": 1, "left": 0, "ended": "limit"}))
        };
        let (told, failed) = all(order, 5_000).await;
        assert_eq!(told, json!({"moved": 2_000, "stale": 2, "left": 0, "ended": "error"}));
        assert_eq!(failed.expect("the third").to_string(), "503");
    }

    #[test]
    fn what_was_done_is_told_and_what_was_not() {
        let told = |moved: u32, stale: u32, left: u32, ended: &str| {
            words(&json!({"moved": moved, "stale": stale, "left": left, "ended": ended}))
        };
        assert_eq!(told(2, 0, 0, "empty"), "2 payments wait for another try.");
        assert_eq!(told(1, 1, 0, "limit"), "1 payment waits for another try. Out of date and deleted: 1 dead letter.");
        assert!(told(2, 0, 0, "time").ends_with("order again."));
        assert!(told(2, 0, 3, "empty").contains("Left where they are: 3 dead letters."));
    }
}
