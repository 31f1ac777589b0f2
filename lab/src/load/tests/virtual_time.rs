//! Whole runs on a clock that jumps to the next thing that happens: minutes take no time, and the figures are exact.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::sync::watch;

use super::{booking, booking_within, options};
use crate::load::call::Call;
use crate::load::clock::Clock;
use crate::load::generator::Generator;
use crate::load::ledger::Failure;
use crate::load::transport::{Answer, Transport};
use crate::load::{Client, End, Options, Outcome, Profile, Progress, Seen, Summary};

/// Time that passes only when everybody waits.
#[derive(Clone, Default)]
struct Jumping(Arc<Mutex<Times>>);

#[derive(Default)]
struct Times {
    now: Duration,
    sleepers: BTreeMap<(Duration, u64), Waker>,
    asleep: u64,
}

impl Jumping {
    fn times(&self) -> MutexGuard<'_, Times> {
        self.0.lock().expect("not poisoned")
    }

    /// Runs a future to its end, jumping whenever it waits.
    fn run<F: Future>(&self, future: F) -> F::Output {
        struct Quiet;
        impl Wake for Quiet {
            fn wake(self: Arc<Self>) {}
        }
        let mut future = std::pin::pin!(future);
        let waker = Waker::from(Arc::new(Quiet));
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            let ((at, _), sleeper) = self.times().sleepers.pop_first().expect("somebody sleeps, or it would be over");
            let mut times = self.times();
            times.now = times.now.max(at);
            drop(times);
            sleeper.wake();
        }
    }
}

impl Clock for Jumping {
    fn now(&self) -> Duration {
        self.times().now
    }

    async fn sleep_until(&self, at: Duration) {
        std::future::poll_fn(|context| {
            let mut times = self.times();
            if times.now >= at {
                return Poll::Ready(());
            }
            times.asleep += 1;
            let number = times.asleep;
            times.sleepers.insert((at, number), context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// A server as a function: of the request and the moment it comes, to what it answers and when.
struct Server<F> {
    clock: Jumping,
    answers: F,
}

impl<F: Fn(&Call, Duration) -> (Duration, Result<Answer, Failure>) + Sync> Transport for Server<F> {
    async fn send(&self, call: &Call) -> Result<Answer, Failure> {
        let (at, result) = (self.answers)(call, self.clock.now());
        self.clock.sleep_until(at).await;
        result
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn s(s: u64) -> Duration {
    Duration::from_secs(s)
}

fn answer(status: u16) -> Result<Answer, Failure> {
    let body = r#"{"RideId":"r"}"#;
    let content_type = "application/json".to_owned();
    Ok(Answer { status, content_type, body: body.into(), ..Answer::default() })
}

fn run(
    profile: &Profile,
    options: &Options,
    answers: impl Fn(&Call, Duration) -> (Duration, Result<Answer, Failure>) + Sync,
) -> (Outcome, Progress) {
    run_until(profile, options, answers, None)
}

fn run_until(
    profile: &Profile,
    options: &Options,
    answers: impl Fn(&Call, Duration) -> (Duration, Result<Answer, Failure>) + Sync,
    stop: Option<Duration>,
) -> (Outcome, Progress) {
    let clock = Jumping::default();
    let progress = watch::Sender::new(Progress::default());
    let transport = Server { clock: clock.clone(), answers };
    let generator = Generator { profile, options, clock: clock.clone(), transport, progress: &progress };
    let stop = async {
        match stop {
            Some(at) => clock.sleep_until(at).await,
            None => std::future::pending().await,
        }
    };
    let outcome = clock.run(generator.run(stop));
    (outcome, progress.borrow().clone())
}

#[test]
fn every_rider_comes_at_its_time_however_long_the_answers_take() {
    let profile = booking("{duration: 60, arrivalRate: 10}");
    let (outcome, progress) = run(&profile, &options("http://t"), |_, now| (now + s(20), answer(201)));
    assert_eq!(outcome.ledger.entries.len(), 600);
    assert_eq!((outcome.stopped, outcome.held), (false, 0));
    for (number, entry) in outcome.ledger.entries.iter().enumerate() {
        let [attempt] = entry.attempts.as_slice() else { panic!("one attempt: {entry:?}") };
        assert_eq!(entry.at, ms(50 + 100 * number as u64));
        assert_eq!((attempt.intended, attempt.sent, attempt.latency), (entry.at, entry.at, s(20)));
        assert_eq!((entry.end, attempt.ride_id.as_deref()), (End::Completed, Some("r")));
    }
    assert_eq!((progress.planned, progress.launched, progress.under_way), (600, 600, 0));
    assert_eq!((progress.requests, progress.codes[&201], progress.latest), (600, 600, Duration::ZERO));
}

#[test]
fn a_stall_shows_in_the_latency_of_everybody_who_came_meanwhile() {
    // Deaf from the 10th to the 20th second, else quick: a client that waits for each answer would see one slow request.
    let stalls = |_: &Call, now: Duration| {
        let at = if (s(10)..s(20)).contains(&now) { s(20) } else { now };
        (at + ms(5), answer(201))
    };
    let profile = booking("{duration: 60, arrivalRate: 10}");
    let (outcome, _) = run(&profile, &options("http://t"), stalls);
    let summary = Summary::of(&outcome.ledger, &profile);
    let slow = outcome.ledger.entries.iter().filter(|entry| entry.took() > ms(100)).count();
    assert_eq!(slow, 99, "all of ten seconds but the last one, who waited 55 ms");
    let spread = summary.summaries["http.response_time"];
    assert_eq!((spread.median, spread.p95, spread.max), (5.0, 6955.0, 9955.0));
}

#[test]
fn latency_counts_from_the_intended_time_even_if_the_generator_is_full() {
    // One seat and answers of a second: the third rider waits for two others.
    let profile = booking("{duration: 1, arrivalRate: 4}");
    let options = Options { in_flight: 1, ..options("http://t") };
    let (outcome, progress) = run(&profile, &options, |_, now| (now + s(1), answer(201)));
    let latencies: Vec<Duration> = outcome.ledger.entries.iter().map(|entry| entry.attempts[0].latency).collect();
    assert_eq!(latencies, [ms(1000), ms(1750), ms(2500), ms(3250)]);
    assert_eq!(outcome.held, 3);
    assert_eq!(progress.latest, ms(2250));
    assert_eq!(outcome.ledger.entries[3].attempts[0].delay(), ms(2250));
}

#[test]
fn a_request_without_an_answer_is_given_up_and_counts_with_its_time() {
    let profile = booking_within("{duration: 10, arrivalRate: 1}", "3");
    let (outcome, progress) = run(&profile, &options("http://t"), |_, now| (now + s(60), answer(201)));
    for entry in &outcome.ledger.entries {
        assert_eq!((entry.end, entry.attempts[0].latency), (End::Failed, s(3)));
        assert_eq!(entry.attempts[0].seen, Seen::Failed(Failure::TimedOut));
        assert_eq!(entry.rides(), Vec::<&str>::new(), "nobody was told of a ride");
    }
    assert_eq!(progress.errors["ETIMEDOUT"], 10);
    let summary = Summary::of(&outcome.ledger, &profile);
    assert_eq!(summary.summaries["http.response_time"].p50, 3000.0);
    assert_eq!((summary.counter("errors.ETIMEDOUT"), summary.counter("vusers.failed")), (10, 10));
}

#[test]
fn a_browser_comes_back_when_it_is_told_to_and_with_the_same_key() {
    let asks = |_: &Call, now: Duration| {
        let refused = Answer { status: 503, retry_after: Some(s(2)), ..Answer::default() };
        (now + ms(10), if now < s(5) { Ok(refused) } else { answer(201) })
    };
    let profile = booking("{duration: 1, arrivalCount: 5}");
    let options = Options { client: Client::Browser, ..options("http://t") };
    let (outcome, _) = run(&profile, &options, asks);
    for entry in &outcome.ledger.entries {
        let keys: Vec<_> = entry.attempts.iter().map(|attempt| attempt.key.as_deref().expect("a key")).collect();
        assert!(keys.len() > 1 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
        for pair in entry.attempts.windows(2) {
            assert!(pair[1].intended >= pair[0].ended() + s(2), "{pair:?}");
            assert_eq!(pair[1].sent, pair[1].intended);
        }
        assert_eq!((entry.end, entry.last()), (End::Completed, Some(&Seen::Answer(201))));
    }
    let keys: std::collections::BTreeSet<_> =
        outcome.ledger.entries.iter().map(|entry| entry.attempts[0].key.clone()).collect();
    assert_eq!(keys.len(), 5, "no two riders share a key");
}

#[test]
fn clients_differ_in_when_they_give_up() {
    let profile = booking("{duration: 1, arrivalCount: 3}");
    let failing = |_: &Call, now: Duration| (now + ms(10), answer(503));
    for (client, attempts, with_key) in
        [(Client::None, 1, false), (Client::Browser, 4, true), (Client::Naive, 10, false)]
    {
        let (outcome, _) = run(&profile, &Options { client, ..options("http://t") }, failing);
        for entry in &outcome.ledger.entries {
            assert_eq!(entry.attempts.len(), attempts, "{client:?}");
            assert!(entry.attempts.iter().all(|attempt| attempt.key.is_some() == with_key), "{client:?}");
            assert_eq!(entry.end, End::Completed, "it had answers");
        }
    }
}

#[test]
fn a_stopped_run_keeps_what_was_seen_and_says_what_was_not() {
    let profile = booking("{duration: 60, arrivalRate: 1}");
    let (outcome, progress) =
        run_until(&profile, &options("http://t"), |_, now| (now + s(5), answer(201)), Some(s(20)));
    assert!(outcome.stopped);
    assert_eq!(outcome.ledger.entries.len(), 20);
    let interrupted: Vec<_> = outcome.ledger.entries.iter().filter(|entry| entry.end == End::Interrupted).collect();
    assert_eq!(interrupted.len(), 5);
    for entry in interrupted {
        assert_eq!((&entry.attempts[0].seen, entry.attempts[0].ended()), (&Seen::Unfinished, s(20)));
    }
    assert_eq!((progress.planned, progress.launched, progress.codes[&201]), (60, 20, 15));
}

#[test]
fn the_same_seed_makes_the_same_run_and_another_one_does_not() {
    let failing = |_: &Call, now: Duration| (now + ms(10), answer(503));
    let profile = booking("{duration: 10, arrivalRate: 5, mode: poisson}");
    let run = |seed| {
        let options = Options { client: Client::Browser, seed, ..options("http://t") };
        let (mut outcome, _) = run(&profile, &options, failing);
        // Keys belong to the run: the same ones would only repeat old answers.
        let attempts = outcome.ledger.entries.iter_mut().flat_map(|entry| &mut entry.attempts);
        attempts.for_each(|attempt| attempt.key = None);
        outcome.ledger.entries
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn the_next_step_begins_when_the_last_one_ends() {
    let text = "config: {phases: [{duration: 1, arrivalCount: 1}]}\nscenarios:\n  - flow:\n      - get: {url: /a}\n      \
                - think: 3\n      - get: {url: /b}\n      - get: {url: /c}\n";
    let profile = Profile::parse(text, "test.yml").expect("a profile");
    let answers = |call: &Call, now: Duration| match call.path.as_str() {
        "/b" => (now + s(1), Err(Failure::Reset)),
        _ => (now + s(2), answer(200)),
    };
    let (outcome, _) = run(&profile, &options("http://t"), answers);
    let [entry] = outcome.ledger.entries.as_slice() else { panic!("one rider") };
    let steps: Vec<_> = entry.attempts.iter().map(|attempt| (attempt.step, attempt.intended)).collect();
    assert_eq!(steps, [(0, ms(500)), (2, ms(5500))], "and /c is never asked, since /b had no answer");
    assert_eq!(entry.end, End::Failed);
}
