//! A scenario as a person writes it.
//!
//! All times are in seconds of the scenario: with `--compress 20`, twenty of them pass in one of the machine's.

mod act;
mod alarm_set;
mod contradiction;
mod expect;
mod metric_rule;

use serde::{Deserialize, Serialize};

pub use act::{Act, Compress, Load, Settle};
pub use alarm_set::AlarmSet;
pub use expect::{Answers, Expect, Guilty, LedgerRules, Level, LogLine, Pace, PaymentRules};
pub use metric_rule::MetricRule;

use super::rows::Rows;
use crate::document::{self, DocumentError};
use contradiction::Contradiction;

/// One scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: String,
    /// One line.
    pub title: String,
    /// What happens, for whoever reads the file or the report.
    pub story: String,
    /// What an on-call person learns; the solution of the exercise.
    pub lesson: String,
    /// What is in tables before anything happens, beside what the stack puts there itself.
    #[serde(default)]
    pub rows: Vec<Rows>,
    /// What riders do meanwhile.
    pub load: Load,
    /// What riders do afterwards, until the alarms are quiet.
    pub settle: Settle,
    /// How much its time can be compressed, and why not more.
    pub compress: Compress,
    /// What can be guessed of it, by `cargo lab scenario guess`: words, one of which names the culprit.
    #[serde(default)]
    pub culprit: Vec<String>,
    /// The fault, and what must come of it.
    pub run: Act,
    /// The same with the cure in place.
    pub fixed: Option<Act>,
    /// The same with a function of the kind that the workshop began with.
    pub naive: Option<Act>,
}

/// Which of the acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// The product as it is, with the fault.
    Run,
    /// With the cure.
    Fixed,
    /// With the function that the workshop began with.
    Naive,
}

impl Variant {
    /// As it is called in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Fixed => "fixed",
            Self::Naive => "naive",
        }
    }
}

impl Scenario {
    /// Reads a scenario strictly: what it does not know is a mistake.
    ///
    /// # Errors
    /// The first mistake, with its line.
    pub fn read(text: &str, file: &str) -> Result<Self, DocumentError> {
        let scenario: Self = document::read(text, file)?;
        match contradiction::find(&scenario) {
            Some(Contradiction { at, why }) => Err(document::wrong(text, file, &at, why)),
            None => Ok(scenario),
        }
    }

    /// The act of a variant; none if the scenario has none.
    pub fn act(&self, variant: Variant) -> Option<&Act> {
        match variant {
            Variant::Run => Some(&self.run),
            Variant::Fixed => self.fixed.as_ref(),
            Variant::Naive => self.naive.as_ref(),
        }
    }

    /// The variants that it has.
    pub fn variants(&self) -> Vec<Variant> {
        let all = [Variant::Run, Variant::Fixed, Variant::Naive];
        all.into_iter().filter(|variant| self.act(*variant).is_some()).collect()
    }

    /// How much an act can be compressed.
    pub fn compress(&self, variant: Variant) -> &Compress {
        self.act(variant).and_then(|act| act.compress.as_ref()).unwrap_or(&self.compress)
    }

    /// How long its load lasts, in seconds.
    pub fn load_seconds(&self) -> f64 {
        self.load.phases.iter().map(|phase| phase.length.as_secs_f64()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) const SMALL: &str = include_str!("../../tests/data/scenario-small.yaml");

    #[test]
    fn a_scenario_reads() {
        let scenario = Scenario::read(SMALL, "small.yaml").expect("a scenario");
        assert_eq!(scenario.variants(), [Variant::Run, Variant::Fixed]);
        assert_eq!(scenario.load_seconds(), 90.0);
        assert_eq!(scenario.run.expect.alarms.fire, ["api-5xx-rate"]);
    }

    #[test]
    fn what_is_unknown_is_refused() {
        let wrong = |old: &str, new: &str| {
            assert!(SMALL.contains(old), "{old}");
            Scenario::read(&SMALL.replace(old, new), "small.yaml").expect_err(new).to_string()
        };
        assert!(wrong("arrivalRate: 5", "arrivalRat: 5").contains("unknown field `arrivalRat`"));
        assert!(wrong("duration: 60", "duration: 0").contains("needs a duration above 0"));
        assert!(wrong("share: 20..60%", "share: much").contains("no range"));
        assert!(wrong("trouble: fail", "trouble: sulk").contains("sulk"));
        assert!(
            wrong("load:\n", "rows: [{ table: T, count: 2, texts: { Id: a } }]\nload:\n")
                .contains("all rows are the same")
        );
    }
}
