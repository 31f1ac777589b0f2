use super::flags::{Flags, Unreadable};
use super::mode::Mode;
use crate::telemetry::trace::below;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// After a failure the next read is not before this, so that a parameter store in trouble does not cost every request its
/// time-out.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// By up to this share the next read is earlier: environments that have begun together must not ask together for ever.
const EARLIER: f64 = 0.2;

/// How often a start reads until it can. Nobody waits for it yet, the connection is a new one, and the first seconds of an
/// environment would be without faults otherwise.
const READS_AT_START: usize = 3;

/// A configuration that is being read.
pub type Reading = Pin<Box<dyn Future<Output = Result<String, Box<dyn Error + Send + Sync>>> + Send>>;

/// The flags, read now and then and kept in between. Without a configuration that can be read there are none: an old
/// fault must not outlive the parameter that asked for it.
pub(super) struct Source {
    read: Box<dyn Fn() -> Reading + Send + Sync>,
    ttl: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    flags: Arc<Flags>,
    text: Option<String>,
    next_read: Option<Instant>,
    failing: bool,
}

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("the fault configuration could not be read")]
    Store(#[source] Box<dyn Error + Send + Sync>),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

impl Source {
    pub(super) fn new(read: Box<dyn Fn() -> Reading + Send + Sync>, ttl: Duration) -> Self {
        Self { read, ttl, state: Mutex::default() }
    }

    /// The flags at this moment; none when they cannot be read.
    pub(super) async fn get_at(&self, now: Instant) -> Arc<Flags> {
        // Held across the read: of several requests that find the flags old, one reads and the others wait for it.
        let mut state = self.state.lock().await;
        if state.next_read.is_none_or(|next| now >= next) {
            self.read_into(&mut state, now).await;
        }
        Arc::clone(&state.flags)
    }

    /// Reads for the first time, and again at once when that fails.
    pub(super) async fn start_at(&self, now: Instant) {
        let mut state = self.state.lock().await;
        for _ in 0..READS_AT_START {
            self.read_into(&mut state, now).await;
            if !state.failing {
                return;
            }
        }
    }

    async fn read_into(&self, state: &mut State, now: Instant) {
        // Outside of the trace: it is no part of what the rider asked for.
        let read = below(None, (self.read)()).await.map_err(Failed::Store);
        state.take(read);
        let pause = if state.failing { PAUSE_AFTER_FAILURE } else { self.ttl };
        state.next_read = Some(now + pause.mul_f64(1.0 - EARLIER * fastrand::f64()));
    }
}

impl State {
    fn take(&mut self, read: Result<String, Failed>) {
        let unchanged = |text: &String| !self.failing && self.text.as_ref() == Some(text);
        if read.as_ref().is_ok_and(unchanged) {
            return;
        }
        match read.and_then(|text| Ok((Flags::parse(&text)?, text))) {
            Ok(((flags, complaints), text)) => {
                // Once for each new text, not once for each read of it.
                if !complaints.is_empty() {
                    let wrong = complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                    tracing::warn!(wrong, "the fault configuration is wrong in part");
                }
                let enabled = flags.modes().map(Mode::name).collect::<Vec<_>>().join(",");
                tracing::info!(enabled, seed = flags.seed, "fault configuration read");
                (self.flags, self.text, self.failing) = (Arc::new(flags), Some(text), false);
            }
            Err(error) => {
                if !self.failing {
                    tracing::warn!(error = &error as &dyn Error, "no faults are injected");
                }
                (self.flags, self.text, self.failing) = (Arc::default(), None, true);
            }
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Source").field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex as Shared;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const LATENCY: &str = r#"{"seed": 5, "latency": {"enabled": true}}"#;
    const TTL: Duration = Duration::from_secs(60);

    /// A source of what is in the cell, and how often it was asked.
    fn source(cell: &Arc<Shared<Option<&'static str>>>, ttl: Duration) -> (Source, Arc<AtomicUsize>) {
        let (cell, asked) = (Arc::clone(cell), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        let read = move || -> Reading {
            count.fetch_add(1, Ordering::Relaxed);
            let text = cell.lock().expect("one thread").map(str::to_owned);
            Box::pin(async move { text.ok_or_else(|| "the store is gone".into()) })
        };
        (Source::new(Box::new(read), ttl), asked)
    }

    async fn count_at(source: &Source, now: Instant) -> usize {
        source.get_at(now).await.modes().count()
    }

    #[tokio::test]
    async fn flags_are_kept_until_they_are_old() {
        let cell = Arc::new(Shared::new(Some(LATENCY)));
        let (source, asked) = source(&cell, TTL);
        let start = Instant::now();
        assert_eq!(count_at(&source, start).await, 1);
        *cell.lock().expect("one thread") = Some("{}");
        assert_eq!(count_at(&source, start + TTL.mul_f64(1.0 - EARLIER)).await, 1);
        assert_eq!((count_at(&source, start + TTL).await, asked.load(Ordering::Relaxed)), (0, 2));
    }

    #[tokio::test]
    async fn a_start_reads_until_it_can_but_not_for_ever() {
        let cell = Arc::new(Shared::new(None));
        let (gone, asked) = source(&cell, TTL);
        let start = Instant::now();
        gone.start_at(start).await;
        assert_eq!(asked.load(Ordering::Relaxed), READS_AT_START);
        assert_eq!((count_at(&gone, start).await, asked.load(Ordering::Relaxed)), (0, READS_AT_START));

        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let second = move || -> Reading {
            let first = count.fetch_add(1, Ordering::Relaxed) == 0;
            Box::pin(async move { if first { Err("too slow".into()) } else { Ok(LATENCY.to_owned()) } })
        };
        let late = Source::new(Box::new(second), TTL);
        late.start_at(start).await;
        assert_eq!((count_at(&late, start).await, asked.load(Ordering::Relaxed)), (1, 2));
    }

    #[tokio::test]
    async fn a_read_is_no_part_of_the_trace_that_it_happens_in() {
        use crate::telemetry::trace::{Subsegment, Tracer};
        let tracer = Tracer::new(&[("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:9")].into_iter().collect());
        let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        let handler = tracer.begin(Some(header), "handler").expect("sampled");
        let traced = Arc::new(Shared::new(None));
        let seen = Arc::clone(&traced);
        let read = move || -> Reading {
            let seen = Arc::clone(&seen);
            Box::pin(async move {
                *seen.lock().expect("one thread") = Some(Subsegment::open("ssm").is_some());
                Ok("{}".to_owned())
            })
        };
        let source = Source::new(Box::new(read), TTL);
        below(Some(&handler), async {
            source.get_at(Instant::now()).await;
            assert!(Subsegment::open("step").is_some(), "what comes after it is");
        })
        .await;
        assert_eq!(*traced.lock().expect("one thread"), Some(false));
    }

    #[tokio::test]
    async fn those_that_began_together_do_not_read_together() {
        let start = Instant::now();
        let mut read = 0;
        for _ in 0..64 {
            let (source, asked) = source(&Arc::new(Shared::new(Some(LATENCY))), TTL);
            source.get_at(start).await;
            source.get_at(start + TTL.mul_f64(1.0 - EARLIER / 2.0)).await;
            read += asked.load(Ordering::Relaxed) - 1;
        }
        assert!((1..64).contains(&read), "about half of 64 have, not {read}");
    }

    #[tokio::test]
    async fn without_a_time_to_live_every_invocation_reads() {
        let cell = Arc::new(Shared::new(Some(LATENCY)));
        let (source, asked) = source(&cell, Duration::ZERO);
        let now = Instant::now();
        for _ in 0..3 {
            assert_eq!(count_at(&source, now).await, 1);
        }
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn what_cannot_be_read_means_no_faults_and_is_read_again_soon() {
        let unreadable = [None, Some("{"), Some("[]")];
        for (unreadable, ttl) in unreadable.into_iter().flat_map(|text| [(text, TTL), (text, Duration::ZERO)]) {
            let cell = Arc::new(Shared::new(Some(LATENCY)));
            let (source, asked) = source(&cell, ttl);
            let start = Instant::now();
            assert_eq!(count_at(&source, start).await, 1);
            *cell.lock().expect("one thread") = unreadable;
            assert_eq!(count_at(&source, start + ttl).await, 0, "{unreadable:?}");
            assert_eq!(count_at(&source, start + ttl + Duration::from_secs(4)).await, 0);
            assert_eq!(asked.load(Ordering::Relaxed), 2, "not by every request, whatever the time to live");
            *cell.lock().expect("one thread") = Some(LATENCY);
            assert_eq!(count_at(&source, start + ttl + Duration::from_secs(5)).await, 1);
        }
    }

    #[tokio::test]
    async fn a_streak_of_failures_and_a_wrong_text_are_told_once() {
        let lines = Arc::new(Shared::new(String::new()));
        let sink = Arc::clone(&lines);
        let log = crate::telemetry::subscriber("shared", &[("STAGE", "dev")].into_iter().collect(), move |line| {
            sink.lock().expect("one thread").push_str(line);
        });
        let _guard = tracing::subscriber::set_default(log);
        let cell = Arc::new(Shared::new(None));
        let (source, _) = source(&cell, Duration::ZERO);
        let mut now = Instant::now();
        for text in [None, None, Some("["), Some(r#"{"latency": 1, "x": 2}"#), Some(r#"{"latency": 1, "x": 2}"#)] {
            *cell.lock().expect("one thread") = text;
            now += PAUSE_AFTER_FAILURE;
            assert_eq!(count_at(&source, now).await, 0);
        }
        let text = lines.lock().expect("one thread").clone();
        assert_eq!(text.matches("\"no faults are injected\"").count(), 1, "{text}");
        assert_eq!(text.matches("the store is gone").count(), 1, "{text}");
        assert_eq!(text.matches("x is no flag; latency must be an object").count(), 1, "{text}");
    }
}
