//! `cargo lab scenario run`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use futures_util::StreamExt;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::kept::Kept;
use super::telling;
use crate::binaries::Profile;
use crate::cli::observe::Table;
use crate::cli::terminal::{self, Style};
use crate::cli::{nearest_template, stopping, workspace_of};
use crate::scenario::report::{self, Shown};
use crate::scenario::{self, Evidence, Order, Scenario, Variant, Verdict};

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  cargo lab scenario run quiet --compress 30\n  cargo lab scenario run starved-table --naive --report naive.html\n  cargo lab scenario run starved-table --fixed\n  cargo lab scenario run --all --compress 30\n\nExit code 0: everything that was expected came about. 1: something did not, or the scenario could not be played."
)]
pub(super) struct Run {
    /// Name of a scenario, or path of a file that ends in .yaml
    #[arg(required_unless_present = "all")]
    name: Option<String>,
    /// Play all scenarios with all their acts, and print a table
    #[arg(long, conflicts_with_all = ["name", "fixed", "naive", "report", "json"])]
    all: bool,
    /// With --all, play so many at the same time: they mostly wait, but for a few that are played alone
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=8))]
    jobs: u16,
    /// Play it with the cure in place
    #[arg(long, conflicts_with = "naive")]
    fixed: bool,
    /// Play it with a function of the kind that the workshop began with: no limit of time, ten attempts, 201 whatever comes
    #[arg(long)]
    naive: bool,
    /// Shorten all its times so many times, and let CloudWatch's minutes and DynamoDB's burst pass as much faster; with --all at most what each scenario allows
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=600))]
    compress: u16,
    /// Seed of what is random [default: a new one, which is printed]
    #[arg(long)]
    seed: Option<u64>,
    /// Write a page with charts, alarms, traces and ledgers to this file; the last run of the other act stands beside it
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print what was seen and the verdicts as JSON
    #[arg(long)]
    json: bool,
    /// Template to run [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// Build the functions as they are deployed
    #[arg(long)]
    release: bool,
    /// Take the functions of this directory, built earlier or elsewhere; those that it lacks are built
    #[arg(long, value_name = "DIR")]
    binaries: Option<PathBuf>,
}

impl Run {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let template = self.template.clone().map_or_else(nearest_template, Ok)?;
        tokio::select! {
            stopped = stopping::requested() => {
                stopped?;
                Ok(ExitCode::from(130))
            }
            done = self.play(&template) => done,
        }
    }

    async fn play(&self, template: &Path) -> anyhow::Result<ExitCode> {
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(1..1_000_000));
        let Some(name) = &self.name else { return self.play_all(template, seed).await };
        let (scenario, _) = scenario::find(name)?;
        let variant = match (self.fixed, self.naive) {
            (true, _) => Variant::Fixed,
            (_, true) => Variant::Naive,
            _ => Variant::Run,
        };
        let (evidence, verdicts) = self.one(&scenario, variant, self.compress, seed, template).await?;
        let kept = Kept::of(template);
        kept.keep(&evidence, &verdicts)?;
        if let Some(file) = &self.report {
            let beside = kept.beside(&scenario, &evidence);
            let beside = beside.as_ref().map(|(evidence, verdicts)| Shown { evidence, verdicts });
            let page = report::page(&scenario, Shown { evidence: &evidence, verdicts: &verdicts }, beside);
            std::fs::write(file, page).with_context(|| format!("could not write {}", file.display()))?;
        }
        let passed = if self.json {
            terminal::print(&serde_json::to_string_pretty(&json!({"evidence": evidence, "verdicts": verdicts}))?);
            verdicts.iter().all(|verdict| verdict.passed)
        } else {
            telling::verdicts(&evidence, &verdicts)
        };
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Plays one act and keeps what was seen, for a report beside another act.
    async fn one(
        &self,
        scenario: &Scenario,
        variant: Variant,
        compress: u16,
        seed: u64,
        template: &Path,
    ) -> anyhow::Result<(Evidence, Vec<Verdict>)> {
        let order = Order {
            template: template.to_owned(),
            workspace: workspace_of(template),
            profile: if self.release { Profile::Release } else { Profile::Quick },
            built: self.binaries.as_deref().map_or_else(|| Ok(BTreeMap::new()), files)?,
            variant,
            compress,
            seed,
            ports: (0, 0),
        };
        let name = if self.jobs > 1 { format!("{} ({}) ", scenario.name, variant.name()) } else { String::new() };
        let evidence = scenario::run(scenario, &order, &|progress| telling::course(&name, &progress)).await?;
        let act = scenario.act(variant).context("the act that was just played")?;
        let verdicts = scenario::judge(act, &evidence);
        Ok((evidence, verdicts))
    }

    async fn play_all(&self, template: &Path, seed: u64) -> anyhow::Result<ExitCode> {
        let mut acts = Vec::new();
        for name in scenario::names() {
            let (scenario, _) = scenario::find(name)?;
            acts.extend(scenario.variants().into_iter().map(|variant| (scenario.clone(), variant)));
        }
        let alone = |place: &usize| acts[*place].0.act(acts[*place].1).is_some_and(|act| act.alone.is_some());
        let (alone, beside): (Vec<usize>, _) = longest_first(&acts, self.compress).into_iter().partition(alone);
        let mut rows = BTreeMap::new();
        for (places, jobs) in [(beside, self.jobs), (alone, 1)] {
            let played = futures_util::stream::iter(places).map(|place| {
                let (scenario, variant) = acts[place].clone();
                async move { (place, self.apart(scenario, variant, seed, template).await) }
            });
            rows.extend(played.buffer_unordered(jobs.into()).collect::<Vec<(usize, Row)>>().await);
        }
        let mut table =
            Table::new(&["scenario", "act", "compress", "verdict", "expectations", "seconds", "what failed"]);
        for ((scenario, variant), row) in acts.iter().zip(rows.values()) {
            let (word, style) = if row.passed { ("pass", Style::Green) } else { ("FAIL", Style::Red) };
            table.row([
                (scenario.name.clone(), Some(Style::Bold)),
                (variant.name().to_owned(), None),
                (self.compress.min(scenario.compress(*variant).most).to_string(), None),
                (word.to_owned(), Some(style)),
                (row.held.clone(), None),
                (format!("{:.0}", row.seconds), None),
                (row.wrong.clone(), None),
            ]);
        }
        terminal::print(&format!("\nseed {seed}"));
        table.print("There are no scenarios.");
        Ok(if rows.values().all(|row| row.passed) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Plays an act on a thread of its own: its riders must not wait for those of the acts beside it. Dropped, it ends the act.
    async fn apart(&self, scenario: Scenario, variant: Variant, seed: u64, template: &Path) -> Row {
        let (run, template, runtime) = (self.clone(), template.to_owned(), Handle::current());
        let (_wanted, unwanted) = oneshot::channel::<()>();
        let played = tokio::task::spawn_blocking(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = unwanted => Row::none("it was broken off".to_owned()),
                    row = run.row(&scenario, variant, seed, &template) => row,
                }
            })
        });
        played.await.unwrap_or_else(|error| Row::none(error.to_string()))
    }

    async fn row(&self, scenario: &Scenario, variant: Variant, seed: u64, template: &Path) -> Row {
        let began = Instant::now();
        let compress = self.compress.min(scenario.compress(variant).most);
        let played = self.one(scenario, variant, compress, seed, template).await;
        let judged = played.and_then(|(evidence, verdicts)| {
            Kept::of(template).keep(&evidence, &verdicts)?;
            telling::verdicts(&evidence, &verdicts);
            Ok(verdicts)
        });
        let seconds = began.elapsed().as_secs_f64();
        match judged {
            Ok(verdicts) => Row { seconds, ..Row::of(&verdicts) },
            Err(error) => Row { seconds, ..Row::none(format!("{error:#}")) },
        }
    }
}

/// The files of a directory by their names.
fn files(directory: &Path) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    // Functions run in another directory than the lab.
    let directory = std::path::absolute(directory)?;
    let entries = std::fs::read_dir(&directory).with_context(|| format!("could not read {}", directory.display()))?;
    let named = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry?;
        Ok((entry.file_name().to_string_lossy().into_owned(), entry.path()))
    };
    let mut files: BTreeMap<String, PathBuf> = entries.map(named).collect::<std::io::Result<_>>()?;
    files.retain(|_, path| path.is_file());
    Ok(files)
}

/// The places of the acts in the order in which they are begun: so that none of the long ones is left to the end, with nothing beside it.
fn longest_first(acts: &[(Scenario, Variant)], compress: u16) -> Vec<usize> {
    let length = |place: usize| {
        let (scenario, variant) = &acts[place];
        let factor = compress.min(scenario.compress(*variant).most);
        (scenario.load_seconds() + scenario.settle.least) / f64::from(factor)
    };
    let mut places: Vec<usize> = (0..acts.len()).collect();
    places.sort_by(|one, other| length(*other).total_cmp(&length(*one)));
    places
}

/// A row of the table of all scenarios.
struct Row {
    passed: bool,
    held: String,
    wrong: String,
    /// How long it took, the machine's.
    seconds: f64,
}

impl Row {
    /// Of an act of which nothing can be said but why.
    fn none(wrong: String) -> Self {
        Self { passed: false, held: "-".to_owned(), wrong, seconds: 0.0 }
    }

    fn of(verdicts: &[Verdict]) -> Self {
        let wrong: Vec<&str> =
            verdicts.iter().filter(|verdict| !verdict.passed).map(|verdict| verdict.expected.as_str()).collect();
        Self {
            passed: wrong.is_empty(),
            held: format!("{} of {}", verdicts.len() - wrong.len(), verdicts.len()),
            wrong: wrong.join("; "),
            seconds: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_act_begins_first() {
        let acts: Vec<(Scenario, Variant)> = ["quiet", "slow-friend", "disk-full"]
            .map(|name| (scenario::find(name).expect("it is there").0, Variant::Run))
            .into();
        assert_eq!(longest_first(&acts, 20)[0], 1, "420 s, six times as fast at most");
    }
}
