//! `cargo lab break` and `cargo lab mend`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use http::Request;

use super::state::State;
use super::{nearest_template, ride, terminal, workspace_of};
use crate::console::{Order, SECRET_HEADER, Wrong};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo lab break RidesTable             every call of the table fails with a 500\n  cargo lab break RidesTable --slow 5000 every call of it takes five seconds longer\n  cargo lab mend"
)]
pub(super) struct Break {
    /// Logical id of a table or a parameter in the template
    resource: String,
    /// Let it be slow by so many milliseconds [default: it fails]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(1..=600_000))]
    slow: Option<u32>,
    /// Template of the running lab [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Mend {
    /// Logical id of what was broken [default: everything]
    resource: Option<String>,
    /// Template of the running lab [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

impl Break {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let (wrong, said) = match self.slow {
            Some(ms) => (Wrong::Slow { ms }, format!("takes {ms} ms longer")),
            None => (Wrong::Fail, "fails".to_owned()),
        };
        order(self.template, &Order { resource: Some(self.resource.clone()), trouble: Some(wrong) }).await?;
        terminal::print(&format!("Every call of {} {said} now. `cargo lab mend` ends it.", self.resource));
        Ok(ExitCode::SUCCESS)
    }
}

impl Mend {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        order(self.template, &Order { resource: self.resource.clone(), trouble: None }).await?;
        terminal::print(&format!("{} works again.", self.resource.as_deref().unwrap_or("Everything")));
        Ok(ExitCode::SUCCESS)
    }
}

async fn order(template: Option<PathBuf>, order: &Order) -> anyhow::Result<()> {
    let template = template.map_or_else(nearest_template, Ok)?;
    let state = State::read(&workspace_of(&template)).context("no lab runs here; start one with `cargo lab up`")?;
    let request = Request::post(format!("{}/api/switches", state.console))
        .header(SECRET_HEADER, &state.console_secret)
        .body(serde_json::to_vec(order)?.into())?;
    let (status, _, body) = ride::send(request).await.context("the lab's console did not answer")?;
    match body["error"].as_str() {
        Some(why) => anyhow::bail!("{why}"),
        None => anyhow::ensure!(status.is_success(), "the lab's console answered {status}"),
    }
    Ok(())
}
