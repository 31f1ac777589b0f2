//! The faults of a scenario: what is turned on, and off again.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::finance::Mood;
use super::redrive;
use crate::assembly::Lab;
use crate::switches::{self, Wrong};

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
    /// The trouble of a table, a parameter, a queue, a function or a pipe, as `cargo lab break` orders it.
    pub switch: Option<switches::Order>,
    /// A fault that the functions inject themselves: what `docs/faults.md` describes. The run's seed is added to it.
    pub injection: Option<Map<String, Value>>,
    /// A mood of the finance simulator.
    pub finance: Option<Mood>,
    /// No trouble but a cure: somebody redrives so many dead letters at most, 1 to 1000. It is done at once and has no end.
    pub redrive: Option<u32>,
}

impl Fault {
    /// Whether it says exactly one thing.
    pub(super) fn is_one(&self) -> bool {
        let all = [self.switch.is_some(), self.injection.is_some(), self.finance.is_some(), self.redrive.is_some()];
        all.into_iter().filter(|said| *said).count() == 1
    }

    /// Whether both are on at some moment. Those that touch may be: which of the two comes first then is chance.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.at <= other.at + other.lasts && other.at <= self.at + self.lasts
    }

    /// Whether the end of one would mend the other too.
    pub(super) fn is_mended_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self { switch: Some(one), .. }, Self { switch: Some(other), .. }) => one.meets(other),
            // The functions read one parameter.
            (Self { injection: Some(_), .. }, Self { injection: Some(_), .. }) => true,
            (Self { finance: Some(one), .. }, Self { finance: Some(other), .. }) => one.lasts() && other.lasts(),
            _ => false,
        }
    }

    /// Turns it on.
    pub(super) async fn begin(&self, lab: &Lab, seed: u64) -> Result<(), String> {
        if let Some(order) = &self.switch {
            let mut order = order.clone();
            if order.share.is_some() || matches!(order.trouble, Some(Wrong::KillEvery { .. })) {
                order.seed = order.seed.or(Some(seed));
            }
            lab.switches.carry_out(&order).map_err(|refusal| refusal.to_string())?;
        }
        if let Some(injection) = &self.injection {
            let mut injection = injection.clone();
            injection.entry("seed").or_insert_with(|| seed.into());
            inject(lab, &Value::Object(injection))?;
        }
        if let Some(mood) = &self.finance {
            mood.begin(lab, seed).await?;
        }
        if let Some(most) = self.redrive {
            redrive::all(lab, most).await?;
        }
        Ok(())
    }

    /// Turns it off.
    pub(super) async fn end(&self, lab: &Lab) -> Result<(), String> {
        if let Some(order) = &self.switch {
            let mend = switches::Order { trouble: None, share: None, seed: None, ..order.clone() };
            lab.switches.carry_out(&mend).map_err(|refusal| refusal.to_string())?;
        }
        if self.injection.is_some() {
            inject(lab, &Value::Object(Map::new()))?;
        }
        if let Some(mood) = &self.finance {
            mood.end(lab).await?;
        }
        Ok(())
    }
}

/// Writes what functions shall inject.
fn inject(lab: &Lab, configuration: &Value) -> Result<(), String> {
    let parameter = lab.stack.ssm_parameters.values().find(|parameter| parameter.name.ends_with("/faults"));
    let parameter = parameter.ok_or("the stack has no parameter for faults")?;
    lab.ssm.put(&parameter.name, &parameter.kind, &configuration.to_string());
    Ok(())
}
