//! `cargo lab scenario start`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::Args;

use super::telling;
use crate::binaries::Profile;
use crate::cli::state::{self, State};
use crate::cli::terminal::{self, Palette, Style};
use crate::cli::{nearest_template, stopping, workspace_of};
use crate::scenario::{self, Order, Progress, Scenario, Variant};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo lab scenario start starved-table\n  cargo lab scenario start --blind           any of them; find out which call is to blame\n  cargo lab scenario guess unicorns table\n\nExit code 0: it was stopped once the lab was up. 130: before."
)]
pub(super) struct Start {
    /// Name of a scenario, or path of a file that ends in .yaml; with --blind, any without it
    #[arg(required_unless_present = "blind")]
    name: Option<String>,
    /// Do not tell what is broken, nor when
    #[arg(long)]
    blind: bool,
    /// Shorten all its times so many times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=600))]
    compress: u16,
    /// Port of the API on 127.0.0.1; 0 takes a free one. The console has the next one
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Template to run [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// Whether the lab is up.
    #[arg(skip)]
    serving: AtomicBool,
}

impl Start {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let template = self.template.clone().map_or_else(nearest_template, Ok)?;
        let (scenario, asked) = self.scenario()?;
        tokio::select! {
            stopped = stopping::requested() => {
                stopped?;
                Ok(stopping::code(self.serving.load(Ordering::Acquire)))
            }
            failed = self.play(&scenario, &asked, &template) => failed,
        }
    }

    /// The scenario, and how another command finds it.
    fn scenario(&self) -> anyhow::Result<(Scenario, String)> {
        if let Some(name) = &self.name {
            let (scenario, _) = scenario::find(name)?;
            anyhow::ensure!(
                !self.blind || !scenario.culprit.is_empty(),
                "{} has nothing to find; start it without --blind",
                scenario.name
            );
            // A file stays found from another folder.
            let asked = std::path::absolute(name).ok().filter(|path| path.is_file());
            return Ok((scenario, asked.map_or_else(|| name.clone(), |path| path.display().to_string())));
        }
        let all = scenario::names().map(|name| scenario::find(name).map(|(scenario, _)| scenario));
        let mut riddles: Vec<Scenario> = all.collect::<Result<_, _>>()?;
        riddles.retain(|scenario| !scenario.culprit.is_empty());
        anyhow::ensure!(!riddles.is_empty(), "no scenario has anything to find");
        let scenario = riddles.swap_remove(fastrand::usize(..riddles.len()));
        let name = scenario.name.clone();
        Ok((scenario, name))
    }

    /// Plays it and stays until dropped; returns only when something fails.
    async fn play(&self, scenario: &Scenario, asked: &str, template: &Path) -> anyhow::Result<ExitCode> {
        let workspace = workspace_of(template);
        if !self.blind {
            terminal::print(&Palette::stdout().paint(Style::Bold, &scenario.title));
            terminal::print(&scenario.story);
        }
        let order = Order {
            template: template.to_owned(),
            workspace: workspace.clone(),
            profile: Profile::Quick,
            built: BTreeMap::new(),
            variant: Variant::Run,
            compress: self.compress,
            seed: fastrand::u64(1..1_000_000),
            ports: (self.port, if self.port == 0 { 0 } else { self.port.saturating_add(1) }),
        };
        let blind = self.blind;
        let told = move |progress: Progress| {
            let said = match progress {
                Progress::Fault { .. } if blind => return,
                Progress::Starting => return telling::line("starting the stack"),
                Progress::Began if blind => "Riders begin to book.",
                Progress::Settling { .. } if blind => "The riders of the load have gone; the lab stays. What was it?",
                other => return telling::course("", &other),
            };
            terminal::print(said);
        };
        let shown = |lab: &crate::assembly::Lab| -> anyhow::Result<_> {
            let state = State::of(lab)?;
            let removed = state.write(&workspace)?;
            riddle(&workspace).set(asked)?;
            self.serving.store(true, Ordering::Release);
            terminal::print(&format!(
                "Console {}. All `cargo lab` commands that look at a lab see this one. Ctrl-C ends it.",
                state.console
            ));
            if blind {
                terminal::print(
                    "Something will break. Who is hit: `cargo lab requests --faulty`. What rings: `cargo lab alarms`. Which call is to \
                     blame: `cargo lab trace ID`. Say it: `cargo lab scenario guess WORDS`.",
                );
            }
            Ok(removed)
        };
        match scenario::stay(scenario, &order, &told, shown).await? {}
    }
}

/// Which scenario was started last.
pub(super) struct Riddle(PathBuf);

/// The riddle of a workspace.
pub(super) fn riddle(workspace: &Path) -> Riddle {
    Riddle(state::directory(workspace).join("scenarios").join("started"))
}

impl Riddle {
    fn set(&self, name: &str) -> anyhow::Result<()> {
        if let Some(directory) = self.0.parent() {
            std::fs::create_dir_all(directory).with_context(|| format!("could not make {}", directory.display()))?;
        }
        std::fs::write(&self.0, name).with_context(|| format!("could not write {}", self.0.display()))
    }

    /// Its name, or the path of its file; none if nothing was started here.
    pub(super) fn name(&self) -> Option<String> {
        std::fs::read_to_string(&self.0).ok()
    }
}
