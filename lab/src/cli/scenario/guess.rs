//! `cargo lab scenario guess`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::start::riddle;
use crate::cli::terminal::{self, Palette, Style};
use crate::cli::{nearest_template, workspace_of};
use crate::scenario;

/// Wrong usage: what clap ends with, too.
const NOTHING_STARTED: u8 = 2;

#[derive(Debug, Args)]
#[command(after_help = "Exit code 0: right. 1: wrong, or given up. 2: no scenario was started here.")]
pub(super) struct Guess {
    /// What is to blame, in words: a resource of the template, a service, an operation
    #[arg(required_unless_present = "give_up")]
    words: Vec<String>,
    /// Tell it
    #[arg(long)]
    give_up: bool,
    /// Template of the lab [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

impl Guess {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let template = self.template.map_or_else(nearest_template, Ok)?;
        let Some(started) = riddle(&workspace_of(&template)).name() else {
            let why = anyhow::anyhow!("no scenario was started here; `cargo lab scenario start --blind` starts one");
            terminal::error(&why);
            return Ok(ExitCode::from(NOTHING_STARTED));
        };
        let (scenario, _) = scenario::find(&started)?;
        let right = names(&scenario.culprit, &self.words.join(" "));
        if !right && !self.give_up {
            terminal::print("No. Follow one failed request: `cargo lab requests --faulty`, then `cargo lab trace ID`.");
            return Ok(ExitCode::FAILURE);
        }
        let heading = if right { "Yes." } else { "It was this." };
        terminal::print(&Palette::stdout().paint(Style::Bold, &format!("{heading} {}", scenario.title)));
        terminal::print(&format!("{}\n\n{}", scenario.story, scenario.lesson));
        terminal::print(&format!("\nThe file: cargo lab scenario show {started}"));
        Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Whether a guess names the culprit: one of the ways to call it, as whole words.
fn names(culprit: &[String], guess: &str) -> bool {
    let plain = |text: &str| {
        let words = text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
        format!(" {} ", words.map(str::to_lowercase).collect::<Vec<_>>().join(" "))
    };
    let guess = plain(guess);
    culprit.iter().any(|name| guess.contains(&plain(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_names_the_culprit_in_whole_words() {
        let culprit = ["rides table".to_owned(), "PutItem".to_owned()];
        for right in ["the rides table", "putitem", "Rides-Table", "DynamoDB PutItem"] {
            assert!(names(&culprit, right), "{right}");
        }
        for wrong in ["", "the table", "rides", "PutItems"] {
            assert!(!names(&culprit, wrong), "{wrong}");
        }
    }
}
