//! What Lambda tells CloudWatch of an invocation.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>
//!
//! How long an init took is no metric of Lambda's: it stands in the `platform.report` and `platform.initReport` lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;

use super::invocation::{Outcome, Timing};
use crate::instruments::{Instruments, Reading};
use crate::template::Function;

const NAMESPACE: &str = "AWS/Lambda";

/// Invocations under way: of all functions, and of those without reserved concurrency. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Concurrency {
    all: Arc<AtomicU32>,
    unreserved: Arc<AtomicU32>,
}

impl Concurrency {
    /// How many are under way, of all functions.
    pub(super) fn under_way(&self) -> u32 {
        self.all.load(Ordering::Relaxed)
    }
}

/// One invocation under way. Dropping it counts it out.
#[derive(Debug)]
pub(super) struct Underway(Vec<Arc<AtomicU32>>);

impl Drop for Underway {
    fn drop(&mut self) {
        for count in &self.0 {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The metrics of one function's invocations.
#[derive(Debug)]
pub(super) struct FunctionMetrics {
    name: String,
    own: Arc<AtomicU32>,
    concurrency: Concurrency,
    instruments: Instruments,
}

impl FunctionMetrics {
    pub(super) fn new(function: &Function, concurrency: Concurrency, instruments: Instruments) -> Self {
        Self { name: function.name.clone(), own: Arc::default(), concurrency, instruments }
    }

    /// Counts an invocation in that was let in. CloudWatch is told how many are under way then, which `Maximum` is made of.
    /// `reserved` where the function has seats of its own.
    pub(super) fn begin(&self, received: Timestamp, reserved: bool) -> Underway {
        let Concurrency { all, unreserved } = &self.concurrency;
        let one_more = |count: &AtomicU32| f64::from(count.fetch_add(1, Ordering::Relaxed) + 1);
        let name = "ConcurrentExecutions";
        self.of_function(&[Reading::count(name, one_more(&self.own))], received);
        self.of_region(&[Reading::count(name, one_more(all))], received);
        let mut counted = vec![self.own.clone(), all.clone()];
        if !reserved {
            // Across all functions only.
            self.of_region(&[Reading::count("UnreservedConcurrentExecutions", one_more(unreserved))], received);
            counted.push(unreserved.clone());
        }
        Underway(counted)
    }

    /// Writes down how an invocation ended, at the moment it came: "the timestamp on a metric reflects when the function was
    /// invoked".
    ///
    /// An error is whatever the caller sees as a function error: what the code reports, a crash, a time-out, a failed init.
    /// `Errors` and `Throttles` are 0 where there was none; of `Invocations` and `Duration` alone AWS said that they are sent
    /// only when they are not zero (CloudWatch User Guide, "AWS Lambda Metrics and Dimensions").
    /// A throttled invocation counts as neither invocation nor error; nor does one that is refused for its size.
    pub(super) fn end(&self, received: Timestamp, outcome: &Outcome, timing: Option<Timing>) {
        let failed = matches!(outcome, Outcome::FunctionError(_));
        let mut readings = match outcome {
            Outcome::Success(_) | Outcome::FunctionError(_) => vec![
                Reading::count("Invocations", 1.0),
                Reading::count("Errors", f64::from(u8::from(failed))),
                Reading::count("Throttles", 0.0),
            ],
            Outcome::Throttled => vec![Reading::count("Throttles", 1.0)],
            Outcome::RequestTooLarge | Outcome::NoSuchFunction => return,
        };
        if let Some(timing) = timing {
            readings.push(Reading::milliseconds("Duration", timing.duration.as_secs_f64() * 1000.0));
        }
        self.of_function(&readings, received);
        self.of_region(&readings, received);
    }

    fn of_function(&self, readings: &[Reading], at: Timestamp) {
        let (function, resource) = (("FunctionName", self.name.as_str()), ("Resource", self.name.as_str()));
        self.instruments.read(NAMESPACE, readings, at, &[&[function], &[function, resource]]);
    }

    fn of_region(&self, readings: &[Reading], at: Timestamp) {
        self.instruments.read(NAMESPACE, readings, at, &[&[]]);
    }
}
