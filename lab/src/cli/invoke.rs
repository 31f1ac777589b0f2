//! `cargo lab invoke`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use serde_json::Value;

use super::StackArgs;
use super::terminal::{self, Palette};
use crate::assembly::Plan;
use crate::lambda::{Invocation, Outcome};
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
