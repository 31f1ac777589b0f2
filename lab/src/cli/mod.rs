//! The command line.

mod breakage;
mod faults;
mod invoke;
mod load;
mod observe;
mod payments;
mod ride;
mod rows;
mod scenario;
mod services;
mod state;
mod stopping;
mod terminal;
mod token;
mod up;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::assembly::{Lab, Options, Plan};
use crate::binaries::{self, Profile};

/// Runs Wild Rydes on this machine, from the template it is deployed with: no AWS account, no Docker, nothing but loopback.
#[derive(Debug, Parser)]
#[command(name = "cargo lab", bin_name = "cargo lab", version, arg_required_else_help = true, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole stack until Ctrl-C: API, functions, tables, parameters and queues
    Up(up::Up),
    /// Run only DynamoDB, SSM and SQS, for `cargo lambda watch`
    Services(services::Services),
    /// Book one ride and show the response and the stored row
    Ride(ride::Ride),
    /// Invoke one function once with an event from a file
    Invoke(invoke::Invoke),
    /// Print a rider's token of the running lab's user pool
    Token(token::Token),
    /// Let a table, a parameter, a queue, a function or a pipe of the running lab fail, be slow or stand still
    Break(breakage::Break),
    /// End what `cargo lab break` began
    Mend(breakage::Mend),
    /// Let riders come at a rate, as a load profile says, and compare what they saw with the table
    Load(load::Load),
    /// Inject faults into the functions of the running lab, or of a stack in AWS
    Faults(faults::Faults),
    /// Show what became of the payments, in the running lab or in a stack in AWS
    Payments(payments::Payments),
    /// Give a failed payment, one that waits, or those of the dead letters another try
    Redrive(payments::Redrive),
    /// Open the operations page to a browser on this machine: signs its requests
    Ops(payments::Ops),
    /// Show the alarms of the running lab and their states
    Alarms(observe::Alarms),
    /// List the requests that the running lab has answered
    Requests(observe::Requests),
    /// Show one request over all services, span by span, with its log lines
    Trace(observe::Trace),
    /// Show log lines, of one request or of all
    Logs(observe::Logs),
    /// Show what went wrong, grouped, with an example of each
    Errors(observe::Errors),
    /// List metrics, or show the figures of one
    Metrics(observe::Metrics),
    /// Break the stack on purpose and prove that telemetry, alarms and ledgers tell the truth
    Scenario(scenario::Scenario),
}

/// What every command that runs the stack takes.
#[derive(Debug, Clone, Args)]
struct StackArgs {
    /// Stage: the template parameter `Stage` [default: the template's]
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// A template parameter; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    parameter: Vec<(String, String)>,
    /// Keep the tables in this directory between runs [default: in memory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Template to run [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// Build the functions as they are deployed: minutes to build, faster to run
    #[arg(long)]
    release: bool,
    /// Run the functions of this directory as they are, and build none
    #[arg(long, value_name = "DIR", conflicts_with = "release")]
    binaries: Option<PathBuf>,
}

impl StackArgs {
    fn options(&self, port: u16) -> anyhow::Result<Options> {
        let mut parameters: BTreeMap<String, String> = self.parameter.iter().cloned().collect();
        if let Some(stage) = &self.stage
            && let Some(other) = parameters.insert("Stage".to_owned(), stage.clone())
        {
            anyhow::ensure!(other == *stage, "--stage {stage} and --parameter Stage={other} contradict each other");
        }
        let template = match &self.template {
            Some(template) => template.clone(),
            None => nearest_template()?,
        };
        Ok(Options { template, parameters, port, data: self.data.clone(), ..Options::default() })
    }

    /// The options given that only count for a lab that is started now.
    fn only_without_a_lab(&self) -> Vec<&'static str> {
        [
            (self.stage.is_some(), "--stage"),
            (!self.parameter.is_empty(), "--parameter"),
            (self.data.is_some(), "--data"),
            (self.release, "--release"),
            (self.binaries.is_some(), "--binaries"),
        ]
        .into_iter()
        .filter_map(|(given, option)| given.then_some(option))
        .collect()
    }

    /// Builds what the plan needs and starts it.
    async fn start(&self, plan: Plan, options: &Options) -> anyhow::Result<Lab> {
        let profile = if self.release { Profile::Release } else { Profile::Quick };
        let directory = workspace_of(&options.template);
        let names = plan.binaries();
        if let Some(binaries) = &self.binaries {
            return Ok(Lab::start(plan, &binaries::find(binaries, &names)?).await?);
        }
        let built = tokio::task::spawn_blocking(move || binaries::build(&directory, &names, profile)).await??;
        Ok(Lab::start(plan, &built).await?)
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, e.g. LogLevel=debug".to_owned()),
    }
}

fn nearest_template() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir()?;
    here.ancestors().map(|directory| directory.join("template.yaml")).find(|path| path.is_file()).ok_or_else(|| {
        anyhow::anyhow!("there is no template.yaml in {} or above it; name one with --template", here.display())
    })
}

/// The directory of the template, where the workspace is too.
fn workspace_of(template: &Path) -> PathBuf {
    match template.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Whether `cargo lab` understands these arguments, which begin with a command; nothing is run. For the tests of what the documents
/// quote.
///
/// # Errors
/// What it would say, with exit code 2.
pub fn understands<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    let parsed = Cli::try_parse_from(std::iter::once("cargo lab").chain(arguments));
    match parsed {
        // `--help` and `--version` print and end well.
        Err(error) if error.use_stderr() => Err(error.to_string()),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Parses the command line and runs it. Exit codes: 0 done, 1 failed, 2 wrong usage.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal::error(&anyhow::Error::from(error).context("could not start"));
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Up(command) => command.run().await,
            Command::Services(command) => command.run().await,
            Command::Ride(command) => command.run().await,
            Command::Invoke(command) => command.run().await,
            Command::Token(command) => command.run().await,
            Command::Break(command) => command.run().await,
            Command::Mend(command) => command.run().await,
            Command::Load(command) => command.run().await,
            Command::Faults(command) => command.run().await,
            Command::Payments(command) => command.run().await,
            Command::Redrive(command) => command.run().await,
            Command::Ops(command) => command.run().await,
            Command::Alarms(command) => command.run().await,
            Command::Requests(command) => command.run().await,
            Command::Trace(command) => command.run().await,
            Command::Logs(command) => command.run().await,
            Command::Errors(command) => command.run().await,
            Command::Metrics(command) => command.run().await,
            Command::Scenario(command) => command.run().await,
        }
    });
    // A build that is still under way must not hold up Ctrl-C.
    runtime.shutdown_background();
    match done {
        Ok(code) => code,
        Err(error) => {
            terminal::error(&error);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_parameter_is_a_key_and_a_value() {
        assert_eq!(key_value("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert_eq!(key_value("A="), Ok(("A".to_owned(), String::new())));
        assert!(key_value("A").is_err());
        assert!(key_value("=b").is_err());
    }
}
