//! EventBridge Scheduler: functions that run at a rate.
//!
//! The scheduler hands an event to Lambda and does not wait for the function. What becomes of it then is Lambda's: it tries
//! again after an error and while it is throttled, as long as the event is not too old.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::lambda::{Invocation, Lambda, Outcome};
use crate::template::Schedule;

/// Pauses before the second and the third attempt at a function that failed.
const AFTER_ERRORS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// First and longest pause while a function is throttled; each is twice the one before.
const WHILE_THROTTLED: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// Runs every enabled schedule until it is dropped. All times are the clock's, so that a compressed one runs them more often.
#[expect(dead_code, reason = "the assembly opens this room together with CloudWatch's")]
pub(crate) async fn run(schedules: impl IntoIterator<Item = Schedule>, lambda: Arc<Lambda>, clock: Clock) {
    let invoke = move |function: String, invocation: Invocation| {
        let lambda = lambda.clone();
        async move { lambda.invoke(&function, invocation).await }
    };
    let mut running = JoinSet::new();
    for schedule in schedules.into_iter().filter(|schedule| schedule.enabled) {
        running.spawn(repeat(schedule, invoke.clone(), clock));
    }
    while running.join_next().await.is_some() {}
}

/// "If you do not provide a StartDate for a rate-based schedule, your schedule starts invoking the target immediately."
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based>
async fn repeat<F>(schedule: Schedule, invoke: impl Fn(String, Invocation) -> F + Clone + Send + 'static, clock: Clock)
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let mut due = clock.now();
    // One run may outlast its period, and ends with its schedule.
    let mut runs = JoinSet::new();
    loop {
        let event = Invocation::new(schedule.input.clone(), &trace_header(due));
        runs.spawn(deliver(schedule.clone(), event, invoke.clone(), clock));
        while runs.try_join_next().is_some() {}
        due = next(due, schedule.every, clock.now());
        let left = Duration::try_from(due.duration_since(clock.now())).unwrap_or_default();
        pause(left, clock).await;
    }
}

/// The first moment of the schedule that is still to come: what a machine that slept has missed is not made up for.
fn next(last: Timestamp, every: Duration, now: Timestamp) -> Timestamp {
    let every = i128::try_from(every.as_nanos()).unwrap_or(i128::MAX).max(1);
    let since = now.duration_since(last).as_nanos().max(0);
    let periods = since / every + 1;
    let ahead = periods.checked_mul(every).and_then(|nanoseconds| i64::try_from(nanoseconds).ok());
    ahead.and_then(|nanoseconds| last.checked_add(SignedDuration::from_nanos(nanoseconds)).ok()).unwrap_or(now)
}

/// One event, until the function has answered it or Lambda gives it up.
async fn deliver<F>(schedule: Schedule, event: Invocation, invoke: impl Fn(String, Invocation) -> F, clock: Clock)
where
    F: Future<Output = Outcome>,
{
    let received = clock.now();
    let retries = usize::try_from(schedule.function_retries).unwrap_or(usize::MAX);
    let mut after_errors = AFTER_ERRORS.iter().copied().take(retries);
    let mut throttled = WHILE_THROTTLED.0;
    loop {
        // A retry has the request id and the trace of the first attempt.
        let wait = match invoke(schedule.function.clone(), event.clone()).await {
            Outcome::FunctionError(_) => after_errors.next(),
            Outcome::Throttled => {
                let wait = throttled;
                throttled = (throttled * 2).min(WHILE_THROTTLED.1);
                Some(wait)
            }
            // Nothing that another attempt would change.
            Outcome::Success(_) | Outcome::RequestTooLarge | Outcome::NoSuchFunction => None,
        };
        let Some(wait) = wait else { return };
        let age = Duration::try_from(clock.now().duration_since(received)).unwrap_or_default();
        if age + wait > schedule.function_event_age {
            return;
        }
        pause(wait, clock).await;
    }
}

/// Waits so long by the lab's clock.
async fn pause(time: Duration, clock: Clock) {
    tokio::time::sleep(time / u32::from(clock.factor()).max(1)).await;
}

/// A new trace, of which nobody has decided yet whether it is sampled.
fn trace_header(now: Timestamp) -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{}", now.as_second(), &id[..24])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bytes::Bytes;
    use tokio::sync::mpsc;

    use super::*;
    use crate::lambda::FunctionError;

    fn schedule(retries: u32) -> Schedule {
        Schedule {
            logical_id: "S".into(),
            name: "s".into(),
            arn: "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/s".into(),
            every: Duration::from_secs(300),
            enabled: true,
            function: "F".into(),
            input: "{\"a\":1}".into(),
            retries: 0,
            function_retries: retries,
            function_event_age: Duration::from_secs(21_600),
        }
    }

    /// Runs one event against a function that always answers so, a thousand minutes a second; how often it was called.
    async fn attempts(schedule: Schedule, answer: Outcome) -> usize {
        let (calls, mut called) = mpsc::unbounded_channel();
        let invoke = move |_, invocation: Invocation| {
            let answer = answer.clone();
            calls.send(invocation.request_id).expect("the test listens");
            std::future::ready(answer)
        };
        deliver(schedule, Invocation::new("{}", ""), invoke, Clock::starting_now(60_000)).await;
        let mut ids = Vec::new();
        while let Ok(id) = called.try_recv() {
            ids.push(id);
        }
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 1, "a retry keeps the request id");
        ids.len()
    }

    fn error() -> Outcome {
        Outcome::FunctionError(FunctionError { error_type: "E".into(), payload: Bytes::new() })
    }

    #[tokio::test]
    async fn an_event_is_tried_again_as_often_as_its_function_says() {
        assert_eq!(attempts(schedule(2), Outcome::Success(Bytes::new())).await, 1);
        assert_eq!(attempts(schedule(2), error()).await, 3);
        assert_eq!(attempts(schedule(0), error()).await, 1);
        assert_eq!(attempts(schedule(2), Outcome::NoSuchFunction).await, 1);
    }

    #[tokio::test]
    async fn an_event_that_is_too_old_is_given_up() {
        let young = Schedule { function_event_age: Duration::ZERO, ..schedule(2) };
        assert_eq!(attempts(young.clone(), error()).await, 1);
        assert_eq!(attempts(young, Outcome::Throttled).await, 1);
    }

    #[tokio::test]
    async fn a_schedule_runs_at_once_and_then_at_its_rate() {
        let (calls, mut called) = mpsc::unbounded_channel();
        let invoke = move |function: String, invocation: Invocation| {
            let _ = calls.send((function, invocation));
            std::future::ready(Outcome::Success(Bytes::new()))
        };
        // Five minutes are five milliseconds.
        let room = crate::task::DropTask::spawn(repeat(schedule(0), invoke, Clock::starting_now(60_000)));
        let mut traces = BTreeSet::new();
        for _ in 0..3 {
            let (function, invocation) = called.recv().await.expect("a run");
            assert_eq!((function.as_str(), &invocation.payload[..]), ("F", &b"{\"a\":1}"[..]));
            assert!(invocation.trace_header.starts_with("Root=1-"), "{}", invocation.trace_header);
            traces.insert(invocation.trace_header);
        }
        assert_eq!(traces.len(), 3, "every run is a trace of its own");
        drop(room);
        while called.recv().await.is_some() {}
    }

    #[test]
    fn what_was_missed_is_not_made_up_for() {
        let second = |second| Timestamp::from_second(second).expect("in range");
        let check = |now: i64, expected: i64| {
            assert_eq!(next(second(0), Duration::from_secs(300), second(now)), second(expected), "{now}");
        };
        check(0, 300);
        check(299, 300);
        check(300, 600);
        check(1000, 1200);
    }
}
