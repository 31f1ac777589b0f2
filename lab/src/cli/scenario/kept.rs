//! The last run of every act, kept so that a report can show one beside another.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::cli::{state, workspace_of};
use crate::scenario::{Evidence, Scenario, Variant, Verdict};

/// Files `.lab/scenarios/NAME-ACT.json` next to the template.
pub(super) struct Kept(PathBuf);

#[derive(Serialize)]
struct Written<'a> {
    evidence: &'a Evidence,
    verdicts: &'a [Verdict],
}

#[derive(Deserialize)]
struct Read {
    evidence: Evidence,
    verdicts: Vec<Verdict>,
}

impl Kept {
    pub(super) fn of(template: &Path) -> Self {
        Self(state::directory(&workspace_of(template)).join("scenarios"))
    }

    pub(super) fn keep(&self, evidence: &Evidence, verdicts: &[Verdict]) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.0).with_context(|| format!("could not make {}", self.0.display()))?;
        let path = self.path(&evidence.scenario, evidence.variant);
        let text = serde_json::to_string(&Written { evidence, verdicts })?;
        std::fs::write(&path, text).with_context(|| format!("could not write {}", path.display()))
    }

    /// The act that a run is compared with: the cure, or for a cure what it cures.
    pub(super) fn beside(&self, scenario: &Scenario, evidence: &Evidence) -> Option<(Evidence, Vec<Verdict>)> {
        let others = match evidence.variant {
            Variant::Fixed => [Variant::Naive, Variant::Run],
            Variant::Run => [Variant::Fixed, Variant::Naive],
            Variant::Naive => [Variant::Fixed, Variant::Run],
        };
        let there = others.into_iter().filter(|variant| scenario.act(*variant).is_some());
        there
            .filter_map(|variant| self.read(&scenario.name, variant))
            .find(|(other, _)| other.compress == evidence.compress)
    }

    /// The last run of an act. One that was kept by another version of the lab is as good as none.
    pub(super) fn read(&self, scenario: &str, variant: Variant) -> Option<(Evidence, Vec<Verdict>)> {
        let text = std::fs::read_to_string(self.path(scenario, variant)).ok()?;
        let Read { evidence, verdicts } = serde_json::from_str(&text).ok()?;
        Some((evidence, verdicts))
    }

    fn path(&self, scenario: &str, variant: Variant) -> PathBuf {
        self.0.join(format!("{scenario}-{}.json", variant.name()))
    }
}
