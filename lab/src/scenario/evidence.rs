//! What was seen of a run. It is kept as JSON, so that a later run can be shown beside it.

use serde::{Deserialize, Serialize};

use super::alarms::AlarmSeen;
use super::figures::MetricSeen;
use super::file::Variant;
use super::ledger::{Books, Wanted};
use super::mentions::Mention;
use super::payments::PaymentBooks;

/// Everything that a run left behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Name of the scenario.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// Which act.
    pub variant: Variant,
    /// What made it different, in a line.
    pub with: String,
    /// The seed.
    pub seed: u64,
    /// How many times as fast as the machine the scenario went.
    pub compress: u16,
    /// When the load began, RFC 3339.
    pub began: String,
    /// How long it lasted, load and all, in seconds of the scenario.
    pub seconds: f64,
    /// The stretches of load and the time after it.
    pub phases: Vec<Stretch>,
    /// The faults, as they were turned on and off.
    pub faults: Vec<Stretch>,
    /// What riders wanted and saw.
    pub rides: Vec<Wanted>,
    /// What they were told against what is stored.
    pub books: Books,
    /// What became of the payments of all rides but the probe's.
    pub payments: PaymentBooks,
    /// The alarms that were on.
    pub alarms: Vec<AlarmSeen>,
    /// Requests of the load that failed, oldest first.
    pub failures: Vec<Failure>,
    /// Log lines of the level WARN or graver since the load began; the first of each service, message and reason, if there are many.
    pub grave: Vec<LineSeen>,
    /// The lines that the scenario asks for by their level, and how many of each there were.
    #[serde(default)]
    pub mentions: Vec<Mention>,
    /// The metrics that the scenario asks for.
    pub metrics: Vec<MetricSeen>,
    /// The slowest and some of the faulty requests.
    pub traces: Vec<TraceSeen>,
}

/// A stretch of time, in seconds of the scenario since the load began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// What it is.
    pub what: String,
    /// Its beginning.
    pub from: f64,
    /// Its end.
    pub to: f64,
}

/// A booking that was answered with 429 or 5xx.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The gateway's request id.
    pub id: String,
    /// When it came, in seconds of the scenario.
    pub at: f64,
    /// What it was answered with.
    pub status: u16,
    /// Where it began.
    pub guilty: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// Its log lines of the level WARN or graver; of the first failures only.
    pub lines: Option<Vec<LineSeen>>,
}

/// A log line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineSeen {
    /// Who wrote it.
    pub service: String,
    /// `WARN`, `ERROR`.
    pub level: String,
    /// The whole line.
    pub text: String,
}

/// A request with its waterfall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceSeen {
    /// Why it is shown: `slowest` or `faulty`.
    pub why: String,
    /// The gateway's request id.
    pub id: String,
    /// When it came, in seconds of the scenario.
    pub at: f64,
    /// Status of the answer.
    pub status: u16,
    /// Until the answer, in the machine's milliseconds.
    pub duration_ms: f64,
    /// Where a failure began.
    pub guilty: Option<String>,
    /// Its spans, callers before what they call.
    pub spans: Vec<SpanSeen>,
}

/// One bar of a waterfall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanSeen {
    /// Callers above it.
    pub depth: usize,
    /// Which service made it.
    pub service: String,
    /// Its name and detail.
    pub name: String,
    /// Since the request came, in the machine's milliseconds.
    pub offset_ms: f64,
    /// How long, likewise.
    pub duration_ms: f64,
    /// Whether it failed or was refused.
    pub at_fault: bool,
    /// Whether it is where the failure began.
    pub guilty: bool,
}

impl Evidence {
    /// The rides of the load.
    pub fn load(&self) -> impl Iterator<Item = &Wanted> {
        self.rides.iter().filter(|ride| ride.load)
    }
}
