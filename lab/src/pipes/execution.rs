//! One execution of a pipe: a batch over the enrichment to the queue.

use std::future::Future;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;

use super::driver::Driver;
use super::enrichment;
use super::metrics::{Execution, Stage};
use super::step::Failure;
use super::target::{Delivered, MOST_BYTES, MOST_MESSAGES, Target};
use crate::lambda::{Invocation, Outcome};

/// How far an execution came.
pub(super) enum Reached {
    All,
    /// The queue took those before this place, and not that one.
    UpTo(usize, Failure),
}

impl<T, I, F> Driver<T, I>
where
    T: Target,
    I: Fn(String, Invocation) -> F + Send + Sync,
    F: Future<Output = Outcome> + Send,
{
    /// One execution: over the enrichment to the queue.
    pub(super) async fn execute(&self, events: Value, execution: &mut Execution) -> Result<Reached, Failure> {
        let events_count = execution.events;
        let bodies = match &self.pipe.enrichment {
            None => events.as_array().map(|events| events.iter().map(Value::to_string).collect()).unwrap_or_default(),
            Some(function) => {
                let started = Instant::now();
                // Set before, so that a stage which takes too long is known to have been entered.
                execution.enrichment = Some(Stage { failed: true, ..Stage::default() });
                let invocation = Invocation::new(events.to_string(), &trace_header(Timestamp::now()));
                let answered = enrichment::bodies(&(self.invoke)(function.clone(), invocation).await);
                execution.enrichment = Some(Stage { took: started.elapsed(), failed: answered.is_err() });
                answered?
            }
        };
        if bodies.is_empty() {
            execution.skipped = true;
            return Ok(Reached::All);
        }
        let started = Instant::now();
        execution.target = Some(Stage { failed: true, ..Stage::default() });
        let delivered = self.send(&bodies).await;
        // Which record a message was made of is known only where there are as many of one as of the other.
        let reached = match delivered {
            Delivered::All => Ok(Reached::All),
            Delivered::AllBut(missing) => match missing.first() {
                None => Ok(Reached::All),
                Some(first) => {
                    let what = format!("the queue did not take {} of {} messages", missing.len(), bodies.len());
                    let some = bodies.len() == events_count && missing.len() < bodies.len();
                    if some { Ok(Reached::UpTo(*first, Failure::counted(what))) } else { Err(Failure::counted(what)) }
                }
            },
            Delivered::UpTo(place, reason) => {
                let failure = Failure::passing(format!("the queue was not available any more: {reason}"));
                if bodies.len() == events_count { Ok(Reached::UpTo(place, failure)) } else { Err(failure) }
            }
            Delivered::Refused(reason) => Err(Failure::counted(format!("the queue refused the batch: {reason}"))),
            Delivered::Unavailable(reason) => Err(Failure::passing(format!("the queue is not available: {reason}"))),
        };
        execution.partly = matches!(reached, Ok(Reached::UpTo(..)));
        execution.target = Some(Stage { took: started.elapsed(), failed: reached.is_err() });
        reached
    }

    /// "If the array is larger than the batch size supported by the target, the pipe won't invoke the target": what becomes of the
    /// records is not documented; here they fail, and are told of.
    async fn send(&self, bodies: &[String]) -> Delivered {
        let bytes: usize = bodies.iter().map(String::len).sum();
        if bodies.len() > MOST_MESSAGES {
            return Delivered::Refused(format!("{} messages, and a queue takes {MOST_MESSAGES} at once", bodies.len()));
        }
        if bytes > MOST_BYTES {
            return Delivered::Refused(format!("{bytes} bytes, and a queue takes {MOST_BYTES} at once"));
        }
        self.target.deliver(&self.pipe.target, bodies).await
    }
}

/// A new trace, of which nobody has decided yet whether it is sampled: a stream's records carry none.
fn trace_header(now: Timestamp) -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{}", now.as_second(), &id[..24])
}
