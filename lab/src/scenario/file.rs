//! A scenario as a person writes it.
//!
//! All times are in seconds of the scenario: with `--compress 20`, twenty of them pass in one of the machine's.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::range::Range;
use super::trouble::Fault;
use crate::document::{self, DocumentError};
use crate::load;

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

/// How riders come.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// One after the other, as Artillery writes them. Lengths are seconds of the scenario; rates are of the machine's
    /// seconds, for load is not compressed.
    pub phases: Vec<load::Phase>,
    /// What a rider's client does with a failure.
    #[serde(default)]
    pub client: load::Client,
    /// What riders do, as Artillery writes it; without it, each books one ride.
    #[serde(default)]
    pub scenarios: Vec<load::Scenario>,
}

/// The time after the load.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Settle {
    /// Riders a second.
    pub arrival_rate: f64,
    /// Seconds that it lasts in any case: alarms are minutes behind.
    pub least: f64,
    /// Seconds after which alarms that are on count as stuck.
    pub most: f64,
}

/// How much a scenario can be compressed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compress {
    /// At most so many times; 1 is not at all.
    pub most: u16,
    /// Why not more.
    pub because: String,
}

/// One way to run it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// What is different, in a line.
    pub with: String,
    /// How much it can be compressed, if less than the others.
    pub compress: Option<Compress>,
    /// Parameters of the template.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Other binaries for functions, by the template's binary.
    #[serde(default)]
    pub binaries: BTreeMap<String, String>,
    /// Environment variables of functions, by logical id, over the template's.
    #[serde(default)]
    pub environment: BTreeMap<String, BTreeMap<String, String>>,
    /// Another kind of client than the scenario's.
    pub client: Option<load::Client>,
    /// What goes wrong, and when.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// What must come of it.
    pub expect: Expect,
}

impl Act {
    /// Parameters of the template, with what the faults need.
    pub(super) fn all_parameters(&self) -> BTreeMap<String, String> {
        let mut parameters = self.parameters.clone();
        if self.faults.iter().any(|fault| fault.injection.is_some()) {
            parameters.entry("FaultInjection".to_owned()).or_insert_with(|| "on".to_owned());
        }
        parameters
    }
}

/// What must come of it. What is left out is not judged, except alarms, ledgers and statuses, which always are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Exactly the statuses that riders see while the load lasts; 0 is no answer.
    pub statuses: Vec<u16>,
    /// Statuses that may be among them.
    #[serde(default)]
    pub statuses_allowed: Vec<u16>,
    /// How many of which.
    #[serde(default)]
    pub answers: Vec<Answers>,
    /// Exactly the alarms that fire.
    pub alarms: AlarmSet,
    /// Where the failures began.
    pub guilty: Option<Guilty>,
    /// The log line of a failed request that says why.
    pub log: Option<LogLine>,
    /// What riders were told against what is stored.
    #[serde(default)]
    pub ledger: LedgerRules,
}

/// A share or a number of the answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// These statuses.
    pub status: Vec<u16>,
    /// Of rides that were wanted from this second on.
    pub from: Option<f64>,
    /// Until this second.
    pub to: Option<f64>,
    /// Their share of all rides of the time.
    pub share: Option<Range>,
    /// Their number. With compression there are fewer: it is judged at full length only.
    pub count: Option<Range>,
    /// The 99th percentile of how long they took, in milliseconds.
    pub p99_ms: Option<Range>,
}

/// Alarms by their names without stack and stage.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmSet {
    /// These fire, and clear while riders go on booking.
    #[serde(default)]
    pub fire: Vec<String>,
    /// These look back longer than the scenario lasts: they fire, and clear when the failures have left their windows.
    #[serde(default)]
    pub lasting: Vec<String>,
    /// These may fire; then they must clear.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// More bookings fail than the error budget allows for days: all alarms of availability fire, and with them the warning
    /// light. Those of whole days may. They clear when the failures have left their windows.
    #[serde(default)]
    pub budget: bool,
}

/// The alarms of the error budget that look back longer than a scenario lasts.
const BUDGET: [&str; 6] = [
    "availability-1h",
    "availability-30m",
    "availability-6h",
    "availability-6h-leak",
    "availability-slow-burn",
    "warning-light",
];

/// Those of them that look at whole days, and do so once an hour: whether they are on depends on when the hour ends.
const BUDGET_OF_DAYS: [&str; 4] =
    ["availability-3d-one-day", "availability-3d-two-days", "availability-3d-three-days", "availability-leak"];

/// Those that look at the last five minutes.
const BUDGET_NOW: [&str; 2] = ["availability-5m", "availability-fast-burn"];

impl AlarmSet {
    /// Every alarm that the file names.
    fn all(&self) -> impl Iterator<Item = &String> {
        self.fire.iter().chain(&self.lasting).chain(&self.allowed)
    }

    /// Those that must fire.
    pub(super) fn named(&self) -> BTreeSet<&str> {
        let budget = if self.budget { [&BUDGET[..], &BUDGET_NOW].concat() } else { Vec::new() };
        self.fire.iter().chain(&self.lasting).map(String::as_str).chain(budget).collect()
    }

    /// Those that may fire.
    pub(super) fn permitted(&self) -> BTreeSet<&str> {
        let budget = if self.budget { &BUDGET_OF_DAYS[..] } else { &[] };
        self.allowed.iter().map(String::as_str).chain(budget.iter().copied()).collect()
    }

    /// Whether an alarm looks back longer than the scenario lasts.
    pub(super) fn is_lasting(&self, name: &str) -> bool {
        self.lasting.iter().any(|lasting| lasting == name)
            || (self.budget && (BUDGET.contains(&name) || BUDGET_OF_DAYS.contains(&name)))
    }

    /// Every alarm that the scenario speaks of.
    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        self.named().into_iter().chain(self.permitted())
    }
}

/// The span that failures began at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guilty {
    /// What most failed requests name: `put-ride-record > DynamoDB PutItem wild-rydes-dev-rides`.
    pub span: String,
    /// What others may name.
    #[serde(default)]
    pub also: Vec<String>,
}

/// A line of a failed request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// Who wrote it.
    pub service: String,
    /// What stands in it.
    pub says: String,
}

/// What is allowed between the ledgers. A ride that was promised and not stored is a lost ride; a rider with two stored
/// rides is a doubled one; a stored ride that nobody was told of is an untold one.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerRules {
    /// Promised and not stored.
    pub lost: Range,
    /// Stored twice.
    pub doubled: Range,
    /// Stored, and the rider was told of a failure. `None`: as many as there are.
    pub untold: Option<Range>,
}

impl Default for LedgerRules {
    fn default() -> Self {
        Self { lost: Range::exactly(0.0), doubled: Range::exactly(0.0), untold: None }
    }
}

/// Why a file is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It does not read as one.
    #[error(transparent)]
    Unreadable(#[from] DocumentError),
    /// It contradicts itself.
    #[error("{file}: {why}")]
    Wrong {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
    },
}

impl Scenario {
    /// Reads a scenario strictly: what it does not know is a mistake.
    ///
    /// # Errors
    /// The first mistake, with its line where it has one.
    pub fn read(text: &str, file: &str) -> Result<Self, FileError> {
        let scenario: Self = document::read(text, file)?;
        match scenario.contradiction() {
            Some(why) => Err(FileError::Wrong { file: file.to_owned(), why }),
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

    fn contradiction(&self) -> Option<String> {
        let positive = |figure: f64| figure.is_finite() && figure > 0.0;
        if self.load.phases.is_empty() {
            return Some("load.phases: there is none".to_owned());
        }
        if self.compress.most == 0 {
            return Some("compress.most: 1 is not at all".to_owned());
        }
        if !positive(self.settle.most) || self.settle.least > self.settle.most {
            return Some("settle: least must be at most most".to_owned());
        }
        let end = self.load_seconds() + self.settle.least;
        for variant in self.variants() {
            let act = self.act(variant)?;
            for fault in &act.faults {
                if !fault.is_one() {
                    return Some(format!(
                        "{}: the fault \"{}\" needs one of switch, function and injection",
                        variant.name(),
                        fault.what
                    ));
                }
                if fault.at < 0.0 || !positive(fault.lasts) || fault.at + fault.lasts > end {
                    return Some(format!(
                        "{}: the fault \"{}\" must begin at 0 or later and end by second {end}, so that its end is seen",
                        variant.name(),
                        fault.what
                    ));
                }
            }
            let mut names: Vec<&String> = act.expect.alarms.all().collect();
            names.sort();
            if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
                return Some(format!("{}: the alarm {} is named twice", variant.name(), twice[0]));
            }
            if act.expect.statuses.is_empty() {
                return Some(format!("{}: expect.statuses is empty", variant.name()));
            }
        }
        None
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
    fn what_is_unknown_or_contradicts_itself_is_refused() {
        let wrong = |old: &str, new: &str| {
            assert!(SMALL.contains(old), "{old}");
            Scenario::read(&SMALL.replace(old, new), "small.yaml").expect_err(new).to_string()
        };
        assert!(wrong("arrivalRate: 5", "arrivalRat: 5").contains("unknown field `arrivalRat`"));
        assert!(wrong("duration: 60", "duration: 0").contains("needs a duration above 0"));
        assert!(wrong("for: 30", "for: 3000").contains("must begin at 0 or later"));
        assert!(wrong("allowed: [heartbeat]", "allowed: [api-5xx-rate]").contains("named twice"));
        assert!(wrong("share: 20..60%", "share: much").contains("no range"));
        assert!(wrong("most: 30", "most: 0").contains("1 is not at all"));
        assert!(wrong("trouble: fail", "trouble: sulk").contains("sulk"));
    }
}
