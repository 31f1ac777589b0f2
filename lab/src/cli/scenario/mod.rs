//! `cargo lab scenario`.

mod guess;
mod kept;
mod list;
mod run;
mod show;
mod start;
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
    /// Let a scenario happen on a lab that stays up to be looked at; --blind does not tell what is broken
    Start(start::Start),
    /// Say what is broken in the scenario that was started last
    Guess(guess::Guess),
}

impl Scenario {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::List => list::list(),
            Command::Show(command) => command.run(),
            Command::Run(command) => command.run().await,
            Command::Start(command) => command.run().await,
            Command::Guess(command) => command.run(),
        }
    }
}
