use super::condition::Condition;
use super::dice::Dice;
use super::fields::{Complaint, Fields};
use super::mode::Mode;
use super::pattern::MOST_PATTERNS;
use super::what::What;
use serde_json::Value;
use std::sync::Arc;

/// The flags that are switched on, in the order in which they are injected.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// The seed of the run. failure-lambda ignores the key.
    pub seed: Option<u64>,
    enabled: Vec<Arc<Flag>>,
}

/// One flag that is switched on.
#[derive(Debug, Clone)]
pub struct Flag {
    /// How often it is injected, in percent of the invocations; with [`What::Dependency`] of the calls.
    percentage: u8,
    /// All of them must hold of the event.
    conditions: Vec<Condition>,
    /// What it does.
    pub what: What,
}

/// A configuration of which nothing can be used.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is not JSON.
    #[error("the fault configuration is not JSON")]
    NotJson(#[from] serde_json::Error),
    /// It is JSON, but not an object.
    #[error("the fault configuration is not a JSON object")]
    NotAnObject,
}

/// The keys that every flag has.
const COMMON: [&str; 3] = ["enabled", "percentage", "match"];
/// The keys of failure-lambda 0.x, which knew one fault at a time.
const OLD: [&str; 2] = ["isEnabled", "failureMode"];

impl Flags {
    /// Reads the configuration: failure-lambda's, of version 1.x, and what is ours.
    ///
    /// A flag with a wrong attribute is left out, a key that nobody knows is passed over; both are told.
    ///
    /// # Errors
    /// It is no JSON object.
    pub fn parse(text: &str) -> Result<(Self, Vec<Complaint>), Unreadable> {
        Self::read(&serde_json::from_str(text)?)
    }

    /// As [`Flags::parse`], of JSON that is parsed already.
    ///
    /// # Errors
    /// It is no object.
    pub fn read(configuration: &Value) -> Result<(Self, Vec<Complaint>), Unreadable> {
        let Value::Object(members) = configuration else { return Err(Unreadable::NotAnObject) };
        let mut complaints = Vec::new();
        let mut complain = |key: &str, message: &str| {
            complaints.push(Complaint { key: key.to_owned(), message: message.to_owned() });
        };
        let seed = members.get("seed").and_then(|seed| {
            let number = seed.as_u64();
            if number.is_none() {
                complain("seed", "must be a whole number, 0 or more");
            }
            number
        });
        for key in members.keys().filter(|key| *key != "seed" && Mode::named(key).is_none()) {
            let old = OLD.contains(&key.as_str());
            complain(
                if key.is_empty() { "(no name)" } else { key },
                if old { "belongs to failure-lambda 0.x; flags are of version 1.x here" } else { "is no flag" },
            );
        }
        let flags =
            Mode::ALL.into_iter().filter_map(|mode| Flag::read(mode, members.get(mode.name())?, &mut complaints));
        let enabled = flags.map(Arc::new).collect();
        Ok((Self { seed, enabled }, complaints))
    }

    /// The modes that are switched on.
    pub fn modes(&self) -> impl Iterator<Item = Mode> {
        self.enabled.iter().map(|flag| flag.what.mode())
    }

    /// The flags that count for this invocation: a function of its arguments and of nothing else.
    pub fn decide(&self, dice: &Dice<'_>, event: &Value) -> Vec<Arc<Flag>> {
        let counts = |flag: &&Arc<Flag>| {
            flag.conditions.iter().all(|condition| condition.holds_of(event))
                // That one is thrown for with every call.
                && (flag.what.mode() == Mode::Dependency || flag.happens(dice, 0))
        };
        self.enabled.iter().filter(counts).cloned().collect()
    }
}

impl Flag {
    /// Whether it happens; `number` tells several throws of one invocation apart.
    pub fn happens(&self, dice: &Dice<'_>, number: u32) -> bool {
        dice.happens(self.percentage, self.what.mode().name(), number)
    }

    /// The flag, if it is switched on and right.
    fn read(mode: Mode, value: &Value, complaints: &mut Vec<Complaint>) -> Option<Self> {
        let Value::Object(members) = value else {
            let message = "must be an object such as {\"enabled\": false}".to_owned();
            complaints.push(Complaint { key: mode.name().to_owned(), message });
            return None;
        };
        let before = complaints.len();
        let mut fields = Fields::new(mode.name(), members, complaints);
        let enabled = fields.optional("enabled", "must be true or false", Value::as_bool);
        if fields.get("enabled").is_none() {
            fields.complain("enabled", "must be true or false");
        }
        let whole = |number: f64| number.fract() == 0.0 && (0.0..=100.0).contains(&number);
        let percentage = fields.number("percentage", "must be a whole number from 0 to 100", whole);
        let conditions = conditions(&mut fields);
        // A flag that is switched off needs no attributes; those that it has are looked at all the same, as
        // failure-lambda does.
        let bare = enabled == Some(false) && !members.keys().any(|key| mode.attributes().contains(&key.as_str()));
        let what = if bare { None } else { What::read(mode, &mut fields) };
        if complaints.len() > before {
            return None;
        }
        let known: Vec<&str> = COMMON.iter().chain(mode.attributes()).copied().collect();
        Fields::new(mode.name(), members, complaints).only(&known);
        enabled.filter(|enabled| *enabled)?;
        Some(Self { percentage: percentage.unwrap_or(100.0) as u8, conditions, what: what? })
    }
}

fn conditions(fields: &mut Fields<'_>) -> Vec<Condition> {
    let listed = fields.optional("match", "must be a list of conditions", Value::as_array);
    if listed.is_some_and(|listed| listed.len() > MOST_PATTERNS) {
        fields.complain("match", format!("must have at most {MOST_PATTERNS} conditions"));
        return Vec::new();
    }
    let path = fields.path_of("match");
    let complaints = fields.complaints();
    let read = |(index, value)| Condition::read(value, &format!("{path}[{index}]"), complaints);
    listed.into_iter().flatten().enumerate().filter_map(read).collect()
}

#[cfg(test)]
mod tests;
