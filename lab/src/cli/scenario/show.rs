//! `cargo lab scenario show`.

use std::process::ExitCode;

use clap::Args;

use crate::cli::terminal;
use crate::scenario;

#[derive(Debug, Args)]
pub(super) struct Show {
    /// Name of a scenario, or path of a file that ends in .yaml
    name: String,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let (_, text) = scenario::find(&self.name)?;
        terminal::print(text.trim_end());
        Ok(ExitCode::SUCCESS)
    }
}
