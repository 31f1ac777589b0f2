//! The parts of a scenario: riders, and ways to run it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::expect::Expect;
use crate::load;
use crate::scenario::trouble::Fault;

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
    /// Why no other may be played at the same time on one machine, if it is so: what it takes, the others would miss.
    pub alone: Option<String>,
    /// Parameters of the template.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Other binaries for functions, by the template's binary.
    #[serde(default)]
    pub binaries: BTreeMap<String, String>,
    /// Environment variables of functions, by logical id, over the template's.
    #[serde(default)]
    pub environment: BTreeMap<String, BTreeMap<String, String>>,
    /// Variables that are times a function goes by, by logical id: they become as many times as short as the scenario, so that
    /// back-offs and the like keep their part in it, but no shorter than this, in their own unit: what the machine needs. At
    /// full length the function goes by the template's.
    #[serde(default)]
    pub shorten: BTreeMap<String, BTreeMap<String, u64>>,
    /// Time limits of functions, by logical id, in the machine's seconds. The function is told of it.
    #[serde(default)]
    pub time_limit: BTreeMap<String, u32>,
    /// How long messages that were received stay invisible, by the queue's logical id, in the machine's seconds.
    #[serde(default)]
    pub visibility: BTreeMap<String, u32>,
    /// How many invocations an event source makes at once, by logical id: its `MaximumConcurrency`.
    #[serde(default)]
    pub concurrency: BTreeMap<String, u32>,
    /// Actions that functions may take, by logical id, of any resource and beside what the template allows: `dynamodb:Query`. For binaries
    /// that take a function's place and do what it never does.
    #[serde(default)]
    pub rights: BTreeMap<String, Vec<String>>,
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
    pub(in crate::scenario) fn all_parameters(&self) -> BTreeMap<String, String> {
        let mut parameters = self.parameters.clone();
        if self.faults.iter().any(|fault| fault.injection.is_some()) {
            parameters.entry("FaultInjection".to_owned()).or_insert_with(|| "on".to_owned());
        }
        parameters
    }
}
