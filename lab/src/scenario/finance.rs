//! The moods of the finance simulator, put on and taken off by its own route.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::person;
use crate::assembly::Lab;

/// Where a mood is ordered.
const ROUTE: &str = "/finance/scenario";

/// A mood that is put on for a while: what `docs/finance.md` calls a scenario. The run's seed is added to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mood {
    /// Which.
    pub scenario: MoodName,
    /// Attempts of a hundred that fail, 0 to 100; without it, the mood's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage: Option<u8>,
    /// The shortest time to an answer, in the machine's milliseconds; without it, the mood's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_latency: Option<u32>,
    /// The longest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_latency: Option<u32>,
    /// What its dice begin with; without it, the run's seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// The moods that can be put on. `Reset` is how each ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MoodName {
    /// Some attempts fail, and the next one may work.
    UnreliableProcessing,
    /// Answers are slow.
    HighLoad,
    /// Answers are slower than callers wait for.
    VeryHighLoad,
    /// An order is placed, once, that can never be charged. Whatever mood is on stays on.
    BrokenOrder,
}

impl Mood {
    /// Whether it lasts: two that do, take each other's place.
    pub(super) fn lasts(&self) -> bool {
        self.scenario != MoodName::BrokenOrder
    }

    /// Puts it on.
    pub(super) async fn begin(&self, lab: &Lab, seed: u64) -> Result<(), String> {
        let mood = Self { seed: self.seed.or(Some(seed)), ..self.clone() };
        order(lab, &json!(mood)).await
    }

    /// Takes it off.
    pub(super) async fn end(&self, lab: &Lab) -> Result<(), String> {
        if self.lasts() { order(lab, &json!({"scenario": "Reset"})).await } else { Ok(()) }
    }
}

/// Orders a mood.
async fn order(lab: &Lab, body: &Value) -> Result<(), String> {
    person::post(lab, ROUTE, body).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;

    #[test]
    fn a_mood_is_written_as_its_route_reads_it() {
        let mood: Mood =
            document::read("{ scenario: UnreliableProcessing, percentage: 30 }", "a.yaml").expect("a mood");
        assert_eq!(json!(mood), json!({"scenario": "UnreliableProcessing", "percentage": 30}));
        assert!(mood.lasts());
        let order: Mood = document::read("{ scenario: BrokenOrder }", "a.yaml").expect("a mood");
        assert!(!order.lasts());
    }

    #[test]
    fn what_no_mood_is_is_refused_by_name() {
        for (text, why) in [("{ scenario: Reset }", "Reset"), ("{ scenario: HighLoad, latency: 5 }", "latency")] {
            let said = document::read::<Mood>(text, "a.yaml").expect_err(text).to_string();
            assert!(said.contains(why), "{said}");
        }
    }
}
