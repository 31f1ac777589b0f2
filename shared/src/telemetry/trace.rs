//! Traces: what a request did and for how long, sent to X-Ray as subsegments.
//!
//! Lambda writes the segments of the service and the function itself; this code sends what happens inside, over UDP to
//! the daemon that Lambda runs, each subsegment on its own as it ends. So what is finished is known even when the
//! process is killed right after.
//!
//! The place in the trace belongs to the task of the request (a task-local, set only while that request's future is
//! polled) and comes out of the invocation's own header, never out of the process environment. A trace that is not
//! sampled allocates nothing and sends nothing; its header is handed on as it came.
//!
//! Explicit steps rather than a layer over `tracing` spans: a span is built even when nobody samples it, its fields
//! would come out in every log line, and the log's level would switch traces off.

mod address;
mod current;
mod document;
mod header;
mod id;
mod outcome;
mod sender;
mod subsegment;

pub use current::{below, judged_step, step};
pub use document::Annotation;
#[cfg(feature = "http")]
pub(crate) use document::HttpRequest;
#[cfg(any(feature = "dynamodb", feature = "params", feature = "sqs"))]
pub(crate) use document::{Attempt, Aws, Metadata};
#[cfg(any(feature = "dynamodb", feature = "params", feature = "sqs", feature = "http"))]
pub(crate) use document::{Http, HttpResponse, Namespace};
pub use header::{Sampling, TraceHeader};
pub use id::{SegmentId, TraceId};
#[cfg(any(feature = "dynamodb", feature = "params", feature = "sqs", feature = "http"))]
pub(crate) use outcome::shortened;
pub use outcome::{Blame, Outcome};
pub use subsegment::Subsegment;

use crate::config::Environment;
use sender::Sender;
use std::sync::Arc;
use subsegment::Place;

/// Begins the traces of requests. One a process; clones share its socket.
#[derive(Debug, Clone, Default)]
pub struct Tracer {
    sender: Option<Arc<Sender>>,
}

impl Tracer {
    /// A tracer that sends to the daemon at `AWS_XRAY_DAEMON_ADDRESS`; silent without that variable.
    ///
    /// It never fails: an address that cannot be used is logged and leaves the tracer silent, because a function
    /// without traces still serves its riders.
    pub fn new(environment: &Environment) -> Self {
        let sender = environment.optional(address::VARIABLE).and_then(|text| {
            let sender = address::daemon(text).and_then(|daemon| Sender::new(daemon).ok());
            if sender.is_none() {
                tracing::warn!(variable = address::VARIABLE, "no traces: the daemon's address cannot be used");
            }
            sender
        });
        Self { sender: sender.map(Arc::new) }
    }

    /// Begins the subsegment that everything of one request hangs under, by the trace header of its invocation.
    /// `None` when the header does not say that the trace is sampled, or has no parent to hang it under.
    pub fn begin(&self, header: Option<&str>, name: &'static str) -> Option<Subsegment> {
        let sender = self.sender.as_ref()?;
        let header = TraceHeader::parse(header?)?;
        let (Some(Sampling::Yes), Some(parent)) = (header.sampled, header.parent) else { return None };
        Some(Subsegment::at(Place { sender: Arc::clone(sender), trace: header.root, parent }, name))
    }
}

#[cfg(test)]
mod tests;
