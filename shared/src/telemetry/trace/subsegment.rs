use super::document::{Details, Document, Seconds};
use super::sender::Sender;
use super::{Annotation, Outcome, Sampling, SegmentId, TraceHeader, TraceId, current};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// A place in a trace that is sampled: what is opened here becomes a child of `parent`.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) sender: Arc<Sender>,
    pub(super) trace: TraceId,
    pub(super) parent: SegmentId,
}

/// Something that has begun in a sampled trace and will be sent when it ends. Without an end it is sent when it is
/// dropped, as a fault: its work was given up, or it panicked.
pub struct Subsegment {
    name: &'static str,
    id: SegmentId,
    place: Place,
    started: Duration,
    clock: Instant,
    annotations: Vec<(&'static str, Annotation)>,
    pub(crate) details: Details,
    ended: bool,
}

impl Subsegment {
    /// Begins a child of where this task is in its trace. `None` when nothing is to be sent, which costs nothing.
    ///
    /// The name has at most 200 characters, which are letters, digits, white space or `_.:/%&#=+\-@`.
    pub fn open(name: &'static str) -> Option<Self> {
        Some(Self::at(current::place()?, name))
    }

    pub(super) fn at(place: Place, name: &'static str) -> Self {
        Self {
            name,
            id: SegmentId::random(),
            place,
            started: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
            clock: Instant::now(),
            annotations: Vec::new(),
            details: Details::default(),
            ended: false,
        }
    }

    /// Makes a value searchable. The name has only characters of `[A-Za-z0-9_]`.
    pub fn annotate(&mut self, name: &'static str, value: impl Into<Annotation>) {
        self.annotations.push((name, value.into()));
    }

    /// Sends it as begun, so that it is known even if its process is killed before it ends.
    pub fn announce(&self) {
        self.send(None, &Outcome::fine());
    }

    /// Ends and sends it.
    pub fn end(mut self, outcome: &Outcome) {
        self.finish(outcome);
    }

    /// The header that makes what is called continue this trace under this subsegment.
    pub fn header(&self) -> TraceHeader {
        TraceHeader { root: self.place.trace, parent: Some(self.id), sampled: Some(Sampling::Yes) }
    }

    /// The place below it.
    pub(super) fn inside(&self) -> Place {
        Place { parent: self.id, ..self.place.clone() }
    }

    /// Ends and sends it where it lies, for those who cannot give it away. A second end changes nothing.
    pub(crate) fn finish(&mut self, outcome: &Outcome) {
        if self.ended {
            return;
        }
        self.ended = true;
        // By the monotonic clock: no correction of the host's clock makes it end before it began.
        self.send(Some(self.started + self.clock.elapsed()), outcome);
    }

    fn send(&self, end: Option<Duration>, outcome: &Outcome) {
        self.place.sender.send(&Document {
            name: self.name,
            id: self.id,
            trace_id: self.place.trace,
            parent_id: self.place.parent,
            r#type: "subsegment",
            start_time: Seconds(self.started),
            end_time: end.map(Seconds),
            in_progress: end.is_none().then_some(true),
            details: &self.details,
            outcome,
            annotations: &self.annotations,
        });
    }
}

impl Drop for Subsegment {
    fn drop(&mut self) {
        if !self.ended {
            let (kind, message) = match std::thread::panicking() {
                true => ("panic", "it panicked"),
                false => ("given up", "nobody waited for its end any longer: the time allowed was over"),
            };
            self.finish(&Outcome::fault().because(kind, message, false));
        }
    }
}

impl fmt::Debug for Subsegment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Subsegment").field("name", &self.name).field("id", &self.id).finish_non_exhaustive()
    }
}
