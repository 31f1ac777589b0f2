//! `cargo lab invoke`.

use std::path::PathBuf;
use std::process::ExitCode;

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use serde_json::Value;
use tokio::net::TcpListener;

use super::StackArgs;
use super::terminal::{self, Palette};
use crate::assembly::{Lab, Plan};
use crate::custom_resource;
use crate::lambda::{Invocation, Outcome, Timing};
use crate::task::DropTask;
use crate::template::Stack;

#[derive(Debug, Args)]
#[command(
    after_help = "The response goes to standard output, the log to standard error.\nExample: cargo lab invoke request-unicorn events/unicorn-get.json"
)]
pub(super) struct Invoke {
    /// The function: its binary's name, its logical id or its physical name
    function: String,
    /// The event, a JSON file; `-` reads standard input
    event: PathBuf,
    /// Invoke it so often and print how long it took: init, first answer of a cold environment, warm answers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    times: Option<u32>,
    #[command(flatten)]
    stack: StackArgs,
}

impl Invoke {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let payload = read(&self.event)?;
        let options = self.stack.options(0)?;
        let plan = Plan::new(&options).await?;
        let logical_id = find(&plan.stack, &self.function)?;
        // The whole stack: a function that calls another finds it.
        let lab = self.stack.start(plan, &options).await?;
        let (payload, reported) = on_loopback(payload).await?;
        if let Some(times) = self.times {
            return measure(&lab, &logical_id, &payload, times).await;
        }
        let before = lab.logs.lines().len();
        let outcome = lab.lambda.invoke(&logical_id, Invocation::new(payload, "")).await;
        let palette = Palette::stderr();
        for line in lab.logs.lines().iter().skip(before) {
            if let Some(said) = terminal::readable(line, palette) {
                eprintln!("{said}");
            }
        }
        match outcome {
            Outcome::Success(response) => {
                terminal::print(&String::from_utf8_lossy(&response));
                if let Some((_listener, reported)) = reported {
                    // It has answered Lambda, so it has reported or never will.
                    let report = tokio::time::timeout(Duration::from_secs(1), reported).await;
                    let report = report.context("the function reported nothing to CloudFormation")??;
                    terminal::print(&format!("reported to CloudFormation: {}", String::from_utf8_lossy(&report)));
                }
                Ok(ExitCode::SUCCESS)
            }
            Outcome::FunctionError(error) => {
                terminal::print(&String::from_utf8_lossy(&error.payload));
                anyhow::bail!("{} ended in a function error: {}", self.function, error.error_type)
            }
            other => anyhow::bail!("{} was not invoked: {other:?}", self.function),
        }
    }
}

/// Where a custom resource's report arrives, and what holds the place open.
type Report = (DropTask, tokio::sync::oneshot::Receiver<Bytes>);

/// An event for a custom resource says where to report to, in a sample somewhere on the internet: the lab itself is put there.
async fn on_loopback(payload: String) -> anyhow::Result<(String, Option<Report>)> {
    let mut event: Value = serde_json::from_str(&payload)?;
    if event.get("ResponseURL").is_none() {
        return Ok((payload, None));
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("could not listen on loopback")?;
    event["ResponseURL"] = format!("http://{}/report", listener.local_addr()?).into();
    Ok((event.to_string(), Some(custom_resource::receive(listener, "/report".to_owned()))))
}

/// How many cold starts are measured: each costs a process.
const COLD: u32 = 20;

/// Times cold starts, then warm invocations. Figures are of this machine: compare them within one run only.
async fn measure(lab: &Lab, logical_id: &str, payload: &str, times: u32) -> anyhow::Result<ExitCode> {
    let (mut inits, mut firsts, mut warm) = (Vec::new(), Vec::new(), Vec::new());
    while inits.len() < COLD as usize {
        lab.lambda.retire(logical_id);
        let timing = succeed(lab, logical_id, payload).await?;
        // Without an init an environment was still about to become idle when the others were ended.
        if let Some(init) = timing.init {
            inits.push(init);
            firsts.push(timing.duration);
        }
    }
    for _ in 0..times {
        let timing = succeed(lab, logical_id, payload).await?;
        if timing.init.is_none() {
            warm.push(timing.duration);
        }
    }
    terminal::print(&format!("{:<8} {:>6} {:>9} {:>9} {:>9}", "", "n", "p50 ms", "p99 ms", "max ms"));
    for (what, mut durations) in [("init", inits), ("first", firsts), ("warm", warm)] {
        durations.sort_unstable();
        let at = |share: f64| {
            let index = ((durations.len() as f64 * share).ceil() as usize).clamp(1, durations.len().max(1)) - 1;
            durations.get(index).map_or(0.0, |duration| duration.as_secs_f64() * 1000.0)
        };
        let (p50, p99, max) = (at(0.5), at(0.99), at(1.0));
        terminal::print(&format!("{what:<8} {:>6} {p50:>9.2} {p99:>9.2} {max:>9.2}", durations.len()));
    }
    Ok(ExitCode::SUCCESS)
}

async fn succeed(lab: &Lab, logical_id: &str, payload: &str) -> anyhow::Result<Timing> {
    match lab.lambda.invoke_timed(logical_id, Invocation::new(payload.to_owned(), "")).await {
        (Outcome::Success(_), timing) => Ok(timing),
        (other, _) => anyhow::bail!("an invocation did not succeed: {other:?}"),
    }
}

/// The event as it is, once it is known to be JSON.
fn read(path: &PathBuf) -> anyhow::Result<String> {
    let text = match path.as_os_str() == "-" {
        true => std::io::read_to_string(std::io::stdin()).context("could not read standard input")?,
        false => {
            std::fs::read_to_string(path).with_context(|| format!("could not read the event {}", path.display()))?
        }
    };
    serde_json::from_str::<Value>(&text).with_context(|| format!("the event {} is not JSON", path.display()))?;
    Ok(text)
}

fn find(stack: &Stack, wanted: &str) -> anyhow::Result<String> {
    let found = stack
        .functions
        .values()
        .find(|function| [&function.binary, &function.logical_id, &function.name].iter().any(|name| *name == wanted));
    let known = || stack.functions.values().map(|function| function.binary.as_str()).collect::<Vec<_>>().join(", ");
    found
        .map(|function| function.logical_id.clone())
        .with_context(|| format!("the template has no function '{wanted}'; it has {}", known()))
}
