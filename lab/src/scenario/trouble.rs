//! The faults of a scenario: what is turned on, and off again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::assembly::Lab;
use crate::lambda;
use crate::switches;

/// Something that goes wrong for a while.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What it is, for the report.
    pub what: String,
    /// From here on, in seconds since the load began.
    pub at: f64,
    /// For so long.
    #[serde(rename = "for")]
    pub lasts: f64,
    /// A table's or a parameter's trouble, as `cargo lab break` orders it.
    pub switch: Option<switches::Order>,
    /// A function's trouble.
    pub function: Option<OfFunction>,
    /// A fault that the functions inject themselves: what `docs/faults.md` describes. The run's seed is added to it.
    pub injection: Option<Map<String, Value>>,
}

/// What is wrong with a function.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfFunction {
    /// Its logical id.
    pub name: String,
    /// What.
    pub trouble: Trouble,
}

/// What can be wrong with a function.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Trouble {
    /// Only so many invocations may be under way at once.
    Seats(u32),
    /// New environments take so many milliseconds longer to initialise.
    SlowInit(u32),
    /// No environment may write to a file.
    DiskFull,
    /// It has so many megabytes.
    Memory(u32),
    /// Environment variables are set.
    Environment(BTreeMap<String, String>),
    /// Every so many milliseconds, of the machine's, one of its environments is killed, whatever it is doing.
    KillEvery(u32),
}

impl Fault {
    /// Whether it says exactly one thing.
    pub(super) fn is_one(&self) -> bool {
        [self.switch.is_some(), self.function.is_some(), self.injection.is_some()].into_iter().filter(|is| *is).count()
            == 1
    }

    /// Turns it on.
    pub(super) fn begin(&self, lab: &Lab, seed: u64) -> Result<(), String> {
        if let Some(order) = &self.switch {
            let mut order = order.clone();
            if order.share.is_some() {
                order.seed = order.seed.or(Some(seed));
            }
            lab.switches.carry_out(&order).map_err(|refusal| refusal.to_string())?;
        }
        if let Some(injection) = &self.injection {
            let mut injection = injection.clone();
            injection.entry("seed").or_insert_with(|| seed.into());
            inject(lab, &Value::Object(injection))?;
        }
        let Some(OfFunction { name, trouble }) = &self.function else { return Ok(()) };
        let milliseconds = |ms: &u32| Duration::from_millis((*ms).into());
        let trouble = match trouble {
            Trouble::Seats(seats) => lambda::Trouble::Seats(*seats),
            Trouble::SlowInit(ms) => lambda::Trouble::SlowInit(milliseconds(ms)),
            Trouble::DiskFull => lambda::Trouble::DiskFull,
            Trouble::Memory(megabytes) => lambda::Trouble::Memory(*megabytes),
            Trouble::Environment(variables) => {
                let set = variables.iter().map(|(name, value)| (name.clone(), Some(value.clone())));
                lambda::Trouble::Environment(set.collect())
            }
            // It is done while the fault lasts.
            Trouble::KillEvery(_) if lab.lambda.function(name).is_some() => return Ok(()),
            Trouble::KillEvery(_) => return Err(format!("the stack has no function \"{name}\"")),
        };
        known(lab.lambda.set(name, Some(trouble)), name)
    }

    /// Does what is done over and over while it lasts, until dropped.
    pub(super) async fn go_on(&self, lab: &Lab, seed: u64) {
        let Some(OfFunction { name, trouble: Trouble::KillEvery(ms) }) = &self.function else {
            return std::future::pending().await;
        };
        let mut random = fastrand::Rng::with_seed(seed);
        let mut beat = tokio::time::interval(Duration::from_millis(u64::from(*ms).max(1)));
        loop {
            beat.tick().await;
            lab.lambda.kill_one(name, |count| random.usize(..count.max(1)));
        }
    }

    /// Turns it off.
    pub(super) fn end(&self, lab: &Lab) -> Result<(), String> {
        if let Some(order) = &self.switch {
            let mend = switches::Order { trouble: None, share: None, seed: None, ..order.clone() };
            lab.switches.carry_out(&mend).map_err(|refusal| refusal.to_string())?;
        }
        if self.injection.is_some() {
            inject(lab, &Value::Object(Map::new()))?;
        }
        match &self.function {
            Some(OfFunction { trouble: Trouble::KillEvery(_), .. }) | None => Ok(()),
            Some(OfFunction { name, .. }) => known(lab.lambda.set(name, None), name),
        }
    }
}

/// Writes what functions shall inject.
fn inject(lab: &Lab, configuration: &Value) -> Result<(), String> {
    let parameter = lab.stack.ssm_parameters.values().find(|parameter| parameter.name.ends_with("/faults"));
    let parameter = parameter.ok_or("the stack has no parameter for faults")?;
    lab.ssm.put(&parameter.name, &parameter.kind, &configuration.to_string());
    Ok(())
}

fn known(found: bool, name: &str) -> Result<(), String> {
    if found { Ok(()) } else { Err(format!("the stack has no function \"{name}\"")) }
}
