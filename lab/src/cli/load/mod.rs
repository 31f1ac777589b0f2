//! `cargo lab load`.

mod lab;
mod report;
mod screen;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use tokio::sync::watch;

use super::state::State;
use super::{nearest_template, stopping, terminal, workspace_of};
use crate::load::{self, Options, Profile, Progress};
use lab::Running;
use report::Report;
use screen::Screen;

/// Wrong usage: what clap ends with, too.
const USAGE: u8 = 2;
/// What a shell expects of an interrupted command.
const INTERRUPTED: u8 = 130;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo lab load loadtest/workshop-low.yml                       60 rides in a minute, on the running lab\n  cargo lab load loadtest/workshop-high.yml --compress 12        15 seconds of it\n  cargo lab load loadtest/workshop-low.yml --client browser      riders who come back after a failure\n\nExit code 0: all checks of the profile hold, and the table agrees with what riders were told. 1: not so. 2: wrong usage."
)]
pub(super) struct Load {
    /// Load profile, an Artillery file
    profile: PathBuf,
    /// Base URL [default: the profile's target, else the running lab]
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// What riders do when a request fails
    #[arg(long, value_enum, default_value_t = Client::None)]
    client: Client,
    /// Makes the same arrivals and bodies again [default: a new one, which is printed]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Shorten the phases N times; rates stay
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    compress: u16,
    /// Rider's token [default: one of the running lab's user pool, where the stack has one]
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Riders under way at most; further ones wait
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..))]
    in_flight: u16,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
    /// Write what each rider saw into this file, a line of JSON each
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Let the target be another machine: yours to answer for
    #[arg(long)]
    allow_remote: bool,
    /// Template of the running lab [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

/// What riders do when a request fails.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Client {
    /// Nothing: one request each, as Artillery does
    None,
    /// Come back a few times with the same Idempotency-Key, later each time, as Retry-After says
    Browser,
    /// Send again at once, up to ten times, without a key
    Naive,
}

impl From<Client> for load::Client {
    fn from(client: Client) -> Self {
        match client {
            Client::None => Self::None,
            Client::Browser => Self::Browser,
            Client::Naive => Self::Naive,
        }
    }
}

impl Load {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let prepared = match self.prepare().await {
            Ok(prepared) => prepared,
            Err(error) => {
                terminal::error(&error);
                return Ok(ExitCode::from(USAGE));
            }
        };
        let Prepared { profile, options, lab } = prepared;
        let mut ledger_file = match &self.ledger {
            // Before the run: minutes of load must not end with a path that cannot be written.
            Some(path) => {
                let file = std::fs::File::create(path);
                Some(std::io::BufWriter::new(file.with_context(|| format!("could not write {}", path.display()))?))
            }
            None => None,
        };
        let progress = watch::Sender::new(Progress::default());
        let screen = Screen::start(&profile, &options, progress.subscribe());
        let stop = async {
            // Without signals there is nothing that could stop it.
            if stopping::requested().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let outcome = load::run(&profile, &options, &progress, stop).await;
        screen.finish().await;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                terminal::error(&error.into());
                return Ok(ExitCode::from(USAGE));
            }
        };
        if let Some(file) = &mut ledger_file {
            lab::write_ledger(&outcome.ledger, file).context("could not write the ledger")?;
        }
        let agreement = match &lab {
            Some(lab) => Some(lab.compare(&outcome.ledger, &profile).await),
            None => None,
        };
        let report = Report::of(&profile, &options, &outcome, agreement);
        terminal::print(&if self.json { report.json() } else { report.text(terminal::Palette::stdout()) });
        report.warn(terminal::Palette::stderr());
        Ok(match (outcome.stopped, report.passed()) {
            (true, _) => ExitCode::from(INTERRUPTED),
            (false, true) => ExitCode::SUCCESS,
            (false, false) => ExitCode::FAILURE,
        })
    }

    async fn prepare(&self) -> anyhow::Result<Prepared> {
        let profile = Profile::read(&self.profile)?;
        let written = profile.target(|name| std::env::var(name).ok()).map_err(anyhow::Error::msg)?;
        let state = match self.template.clone().map_or_else(nearest_template, Ok) {
            Ok(template) => State::read(&workspace_of(&template)),
            // A target needs no lab, and so no template.
            Err(_) => None,
        };
        let running = state.map(Running::of);
        let named = self.target.clone().or(written);
        let target = named.or_else(|| running.as_ref().map(|lab| lab.base.clone())).context(
            "no lab runs here; start one with `cargo lab up` in another terminal, or name a target with --target",
        )?;
        load::check_target(&target, self.allow_remote)?;
        // Another target has another table.
        let lab = running.filter(|lab| lab.serves(&target));
        let token = match (&self.token, &lab) {
            (Some(token), _) => Some(token.clone()),
            (None, Some(lab)) => lab.token(&profile).await?,
            (None, None) => None,
        };
        let options = Options {
            compress: self.compress,
            client: self.client.into(),
            token,
            in_flight: self.in_flight.into(),
            // So that a row says whose it is.
            tell_apart: lab.is_some(),
            allow_remote: self.allow_remote,
            ..Options::new(target, self.seed.unwrap_or_else(|| fastrand::u64(..)))
        };
        Ok(Prepared { profile, options, lab })
    }
}

struct Prepared {
    profile: Profile,
    options: Options,
    lab: Option<Running>,
}
