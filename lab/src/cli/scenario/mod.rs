//! `cargo lab scenario`.

mod kept;
mod list;
mod run;
mod show;
mod telling;

use std::process::ExitCode;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(super) struct Scenario {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the scenarios
    List,
    /// Show a scenario's file: load, fault, and what is expected
    Show(show::Show),
    /// Play a scenario, or all, and say whether what was expected came about
    Run(run::Run),
}

impl Scenario {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::List => list::list(),
            Command::Show(command) => command.run(),
            Command::Run(command) => command.run().await,
        }
    }
}
