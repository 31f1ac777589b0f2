//! `cargo lab faults`: which faults are injected, in the running lab or in a deployed stack.

mod edit;
pub(super) mod store;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use shared::faults::{Flags, Mode};

use super::terminal::{self, Palette, Style};
use edit::Change;
use store::Store;

#[derive(Debug, Args)]
#[command(
    after_help = "The stack must have been deployed, or the lab started, with FaultInjection=on; a change takes effect within 10 s.\nExamples:\n  cargo lab faults enable latency --percentage 30 --set min_latency=200 --set max_latency=500\n  cargo lab faults enable statuscode --set status_code=503 --match requestContext.resourcePath=/unicorn\n  cargo lab faults enable dependency --set service=dynamodb --set operation=PutItem --set fault=throttle\n  cargo lab faults disable\n  cargo lab faults status --aws --stage staging"
)]
pub(super) struct Faults {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the flags
    Status {
        #[command(flatten)]
        target: Target,
        /// As JSON, as it is stored
        #[arg(long)]
        json: bool,
    },
    /// Switch a flag on, or change it
    Enable {
        #[command(flatten)]
        change: Change,
        #[command(flatten)]
        target: Target,
    },
    /// Switch a flag off, or all of them
    Disable {
        /// The flag [default: all]
        #[arg(value_parser = edit::flag)]
        flag: Option<Mode>,
        #[command(flatten)]
        target: Target,
    },
}

/// Which stack.
#[derive(Debug, Clone, Args)]
pub(super) struct Target {
    /// Of a stack that is deployed in AWS; credentials come out of AWS_ACCESS_KEY_ID and so on
    #[arg(long, requires = "stage", conflicts_with = "template")]
    pub(super) aws: bool,
    /// The stage of that stack
    #[arg(long, value_name = "NAME", requires = "aws")]
    pub(super) stage: Option<String>,
    /// Its region [default: AWS_REGION, then AWS_DEFAULT_REGION]
    #[arg(long, requires = "aws")]
    pub(super) region: Option<String>,
    /// Template of the running lab [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    pub(super) template: Option<PathBuf>,
}

impl Target {
    fn store(self) -> anyhow::Result<Store> {
        match self.stage {
            Some(stage) => Store::deployed(&stage, self.region),
            None => Store::of_the_lab(self.template),
        }
    }
}

impl Faults {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Status { target, json } => {
                let text = target.store()?.read().await?;
                terminal::print(&if json { text } else { status(&text, Palette::stdout()) });
            }
            Action::Enable { change, target } => {
                let store = target.store()?;
                store.refuse_production()?;
                let flags = store
                    .change(|text| {
                        let mut flags = edit::parse(text)?;
                        change.apply(&mut flags)?;
                        store::check_length(&flags)?;
                        Ok(flags)
                    })
                    .await?;
                let (flag, seed) = (change.flag(), &flags["seed"]);
                terminal::print(&format!(
                    "{flag} is on, seed {seed}. `cargo lab faults disable {flag}` ends it. {WHEN}"
                ));
            }
            Action::Disable { flag, target } => {
                let store = target.store()?;
                store.change(|text| Ok(edit::disabled(text, flag))).await?;
                terminal::print(&match flag {
                    Some(flag) => format!("{flag} is off. {WHEN}"),
                    None => format!("All faults are off. {WHEN}"),
                });
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Environments keep what they have read.
const WHEN: &str = "Functions notice within their FAILURE_CACHE_TTL, 10 s in template.yaml.";

/// One line a flag, and what is wrong.
fn status(text: &str, palette: Palette) -> String {
    let (read, members) = match (Flags::parse(text), serde_json::from_str::<Map<String, Value>>(text)) {
        (Ok(read), Ok(members)) => (read, members),
        _ => {
            return format!(
                "{} No faults: the parameter is no JSON object.\n{text}",
                palette.paint(Style::Red, "unreadable")
            );
        }
    };
    let (flags, complaints) = read;
    let on: Vec<Mode> = flags.modes().collect();
    let mut lines = Vec::new();
    if let Some(seed) = flags.seed {
        lines.push(format!("seed {seed}"));
    }
    for mode in Mode::ALL {
        let Some(flag) = members.get(mode.name()) else { continue };
        let state = match on.contains(&mode) {
            true => palette.paint(Style::Yellow, "on "),
            false => palette.paint(Style::Dim, "off"),
        };
        let attributes = flag.as_object().into_iter().flatten().filter(|(key, _)| *key != "enabled");
        let attributes: Vec<String> = attributes.map(|(key, value)| format!("{key}={value}")).collect();
        lines.push(format!("{:<10}  {state}  {}", mode.name(), attributes.join(" ")).trim_end().to_owned());
    }
    lines.extend(complaints.iter().map(|complaint| format!("{} {complaint}", palette.paint(Style::Red, "wrong:"))));
    if lines.is_empty() { "No faults.".to_owned() } else { lines.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_has_a_line_a_flag_and_names_what_is_wrong() {
        let text = r#"{"seed":7,"latency":{"enabled":true,"percentage":30,"min_latency":5},"timeout":{"enabled":false},"x":1}"#;
        let said = status(text, Palette::plain());
        let expected = "seed 7\nlatency     on   percentage=30 min_latency=5\ntimeout     off\nwrong: x is no flag";
        assert_eq!(said, expected);
        assert_eq!(status("{}", Palette::plain()), "No faults.");
        assert!(status("[", Palette::plain()).starts_with("unreadable"));
    }
}
