//! `cargo lab invoke`.

mod figures;
mod processor;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use serde_json::Value;
use tokio::net::TcpListener;

use figures::{Figures, table};
use processor::Used;

use super::StackArgs;
use super::terminal::{self, Palette};
use crate::assembly::{Lab, Plan};
use crate::custom_resource;
use crate::lambda::{Invocation, Outcome, Timing};
use crate::task::DropTask;
use crate::template::Stack;
use crate::xray::{TraceHeader, segment_id, trace_id};

#[derive(Debug, Args)]
#[command(
    after_help = "The response goes to standard output, the log to standard error.\nExample: cargo lab invoke request-unicorn events/unicorn-get.json"
)]
pub(super) struct Invoke {
    /// The function: its binary's name, its logical id or its physical name
    function: String,
    /// The event, a JSON file; `-` reads standard input
    event: PathBuf,
    /// Invoke it so often and print how long it took, and its processor time: init, first answer of a cold environment, warm answers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    times: Option<u32>,
    /// Leave the trace of each invocation unsampled: against a run without this, it tells what tracing costs
    #[arg(long)]
    unsampled: bool,
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
            return measure(&lab, &logical_id, &payload, !self.unsampled, times).await;
        }
        let before = lab.logs.lines().len();
        let outcome = lab.lambda.invoke(&logical_id, Invocation::new(payload, &trace_header(!self.unsampled))).await;
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
const COLD: usize = 20;

/// How long an environment that has answered may take to want the next invocation. One that ended never does, and another is started then.
const TO_RETURN: Duration = Duration::from_secs(5);

/// Times cold starts, then warm invocations. Figures are of this machine: compare them within one run only.
async fn measure(lab: &Lab, logical_id: &str, payload: &str, sampled: bool, times: u32) -> anyhow::Result<ExitCode> {
    let [mut init, mut first, mut warm] = ["init", "first", "warm"].map(Figures::of);
    let used = || Used::of(&lab.lambda.process_ids(logical_id));
    let mut cold = used().map(|_| Duration::ZERO);
    while init.count() < COLD {
        lab.lambda.retire(logical_id);
        let before = used();
        let timing = succeed(lab, logical_id, payload, sampled).await?;
        // Without an init an environment was still about to become idle when the others were ended.
        if let Some(took) = timing.init {
            init.add(took);
            first.add(timing.duration);
            cold = cold.zip(used().zip(before)).map(|(sum, (now, before))| sum + now.since(&before));
        }
    }
    first.processor = cold;
    lab.lambda.at_ease(logical_id, TO_RETURN).await;
    let before = used();
    for _ in 0..times {
        // Else Lambda would start another environment beside the one that is about to return, and nothing would be warm.
        lab.lambda.at_ease(logical_id, TO_RETURN).await;
        let timing = succeed(lab, logical_id, payload, sampled).await?;
        if timing.init.is_none() {
            warm.add(timing.duration);
        }
    }
    // Over all of them: a process still works for a moment after it has answered.
    warm.processor = used().zip(before).map(|(now, before)| now.since(&before));
    terminal::print(&table(&[&init, &first, &warm]));
    Ok(ExitCode::SUCCESS)
}

async fn succeed(lab: &Lab, logical_id: &str, payload: &str, sampled: bool) -> anyhow::Result<Timing> {
    let invocation = Invocation::new(payload.to_owned(), &trace_header(sampled));
    match lab.lambda.invoke_timed(logical_id, invocation).await {
        (Outcome::Success(_), timing) => Ok(timing),
        (other, _) => anyhow::bail!("an invocation did not succeed: {other:?}"),
    }
}

/// A trace of its own for an invocation, decided on, as if something in front of the function had begun it: what tracing
/// costs then does not depend on the template's rules of sampling.
fn trace_header(sampled: bool) -> String {
    let root = trace_id(jiff::Timestamp::now());
    TraceHeader { root, parent: Some(segment_id()), sampled: Some(sampled) }.to_string()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_invocation_has_a_trace_of_its_own_that_is_decided_on() {
        let [one, other, unsampled] = [true, true, false].map(trace_header);
        let read = |text: &str| TraceHeader::parse(text).expect("a header");
        assert_ne!(read(&one).root, read(&other).root);
        assert_eq!((read(&one).sampled, read(&unsampled).sampled), (Some(true), Some(false)));
        assert!(one.contains(";Parent=") && one.ends_with(";Sampled=1") && unsampled.ends_with(";Sampled=0"), "{one}");
    }
}
