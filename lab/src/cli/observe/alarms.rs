//! `cargo lab alarms`.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::client::{self, Console};
use super::table::Table;
use super::{Common, figures, print_json};
use crate::cli::terminal::{self, Palette, Style};

/// How often `--watch` looks.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo lab alarms\n  cargo lab alarms --state ALARM\n  cargo lab alarms api-5xx-rate     one alarm, with its history\n  cargo lab alarms --watch"
)]
pub(in crate::cli) struct Alarms {
    /// Only alarms whose name contains this; a single one is shown with its history
    name: Option<String>,
    /// Only alarms in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Stay, and print every change of state
    #[arg(long, conflicts_with = "json")]
    watch: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, ValueEnum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
enum State {
    Alarm,
    InsufficientData,
    Ok,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
            Self::Ok => "OK",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Alarm => Style::Red,
            Self::InsufficientData => Style::Yellow,
            Self::Ok => Style::Green,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Answer {
    now_ms: f64,
    alarms: Vec<Alarm>,
}

#[derive(Debug, Deserialize)]
struct Alarm {
    name: String,
    urgency: String,
    state: State,
    reason: String,
    since_ms: f64,
    description: String,
    runbook: Option<String>,
    suppressed: bool,
    watches: String,
    threshold: Option<String>,
    history: Vec<Change>,
}

#[derive(Debug, Deserialize)]
struct Change {
    at_ms: f64,
    from: State,
    to: State,
    reason: String,
}

impl Alarms {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        let console = Console::find(&self.common)?;
        if self.common.json {
            print_json(&console.get("/api/alarms", &[]).await?);
            return Ok(ExitCode::SUCCESS);
        }
        let first = self.ask(&console).await?;
        match first.alarms.as_slice() {
            [] if self.name.is_some() => anyhow::bail!("no alarm is called so; `cargo lab alarms` lists them"),
            [alarm] if self.name.is_some() => show(alarm, first.now_ms),
            alarms => list(alarms, first.now_ms),
        }
        if self.watch {
            self.follow(&console, first.alarms).await?;
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn ask(&self, console: &Console) -> anyhow::Result<Answer> {
        let mut answer: Answer = client::read(console.get("/api/alarms", &[]).await?)?;
        answer.alarms.retain(|alarm| {
            self.name.as_ref().is_none_or(|name| alarm.name.contains(name.as_str()))
                && self.state.is_none_or(|state| alarm.state == state)
        });
        // A whole name is that alarm, though others contain it.
        if let Some(exact) = answer.alarms.iter().position(|alarm| Some(&alarm.name) == self.name.as_ref()) {
            answer.alarms = vec![answer.alarms.swap_remove(exact)];
        }
        answer.alarms.sort_by(|a, b| (a.state, &a.name).cmp(&(b.state, &b.name)));
        Ok(answer)
    }

    async fn follow(&self, console: &Console, first: Vec<Alarm>) -> anyhow::Result<()> {
        let palette = Palette::stdout();
        let mut known: BTreeMap<String, f64> = first.into_iter().map(|alarm| (alarm.name, alarm.since_ms)).collect();
        loop {
            tokio::time::sleep(PAUSE).await;
            // By state as well would hide how an alarm leaves its state.
            let everything: Answer = client::read(console.get("/api/alarms", &[]).await?)?;
            for alarm in everything.alarms {
                let named = self.name.as_ref().is_none_or(|name| alarm.name.contains(name.as_str()));
                let changed = known.insert(alarm.name.clone(), alarm.since_ms) != Some(alarm.since_ms);
                let word = palette.paint(alarm.state.style(), alarm.state.word());
                let line = format!("{} {word} {}: {}", figures::clock(alarm.since_ms), alarm.name, alarm.reason);
                if named && changed && !terminal::print(&line) {
                    return Ok(());
                }
            }
        }
    }
}

fn list(alarms: &[Alarm], now_ms: f64) {
    let mut table = Table::new(&["STATE", "URGENCY", "SINCE", "ALARM", "REASON"]);
    for alarm in alarms {
        let quiet = if alarm.suppressed { " (suppressed)" } else { "" };
        table.row([
            (format!("{}{quiet}", alarm.state.word()), Some(alarm.state.style())),
            (alarm.urgency.clone(), None),
            (figures::ago(alarm.since_ms, now_ms), None),
            (alarm.name.clone(), None),
            // Why an alarm is not ringing fills a screen with nothing.
            (if alarm.state == State::Ok { String::new() } else { alarm.reason.clone() }, None),
        ]);
    }
    table.print("No alarm is in that state.");
}

fn show(alarm: &Alarm, now_ms: f64) {
    let palette = Palette::stdout();
    let word = palette.paint(alarm.state.style(), alarm.state.word());
    let since = figures::ago(alarm.since_ms, now_ms);
    terminal::print(&format!(
        "{word} {} for {since}, urgency {}",
        palette.paint(Style::Bold, &alarm.name),
        alarm.urgency
    ));
    terminal::print(&format!("  {}", alarm.reason));
    terminal::print(&format!("  {}", alarm.description));
    terminal::print(&format!("watches  {} {}", alarm.watches, alarm.threshold.as_deref().unwrap_or_default()));
    if let Some(runbook) = &alarm.runbook {
        terminal::print(&format!("runbook  {runbook}"));
    }
    if alarm.suppressed {
        terminal::print("suppressed: it changes its state and tells nobody");
    }
    for change in &alarm.history {
        let (at, from, to) = (figures::clock(change.at_ms), change.from.word(), change.to.word());
        terminal::print(&format!("{at}  {from} -> {to}: {}", change.reason));
    }
}
