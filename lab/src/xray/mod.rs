//! X-Ray: who is traced, where the functions send their subsegments, and the traces that come of it.
//!
//! The rooms write their own segments straight into [`Traces`]; functions send theirs over UDP to the [`Daemon`], as on Lambda.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>

mod daemon;
mod document;
mod header;
mod id;
mod sampling;
mod store;
mod tree;

use std::sync::Arc;

use jiff::Timestamp;

pub use daemon::Daemon;
pub use document::{Document, InvalidDocument, seconds};
pub use header::TraceHeader;
pub use id::{is_trace_id, segment_id, trace_id};
pub use sampling::{Candidate, Sampler};
pub use store::{KeptTrace, Trace, Traces};
pub use tree::Placed;

use crate::template::SamplingRule;

/// X-Ray as the rooms use it. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct XRay {
    /// Every trace that is kept.
    pub traces: Traces,
    requests: Arc<Sampler>,
    invocations: Arc<Sampler>,
}

impl XRay {
    /// X-Ray with the template's sampling rules.
    pub fn new(rules: impl IntoIterator<Item = SamplingRule>) -> Self {
        Self {
            traces: Traces::default(),
            requests: Arc::new(Sampler::new(rules, fastrand::f64)),
            invocations: Arc::default(),
        }
    }

    /// Whether a request that comes without a decision is traced.
    pub fn samples_request(&self, candidate: &Candidate<'_>, now: Timestamp) -> bool {
        self.requests.decide(candidate, now)
    }

    /// Whether an invocation that comes without a decision is traced. Rules have no say in it: "you cannot configure the
    /// X-Ray sampling rate for your functions", which is that of the default rule.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>
    pub fn samples_invocation(&self, candidate: &Candidate<'_>, now: Timestamp) -> bool {
        self.invocations.decide(candidate, now)
    }
}
