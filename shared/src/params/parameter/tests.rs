use super::*;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const SETTINGS: Settings = Settings { ttl: Duration::from_secs(60), timeout: Duration::from_millis(20) };

#[derive(Debug, thiserror::Error)]
#[error("SSM is down")]
struct Down;

/// A store whose answer can be changed; `None` fails, `Some("hang")` never answers.
#[derive(Debug, Default)]
struct Fake {
    answer: StdMutex<Option<&'static str>>,
    reads: AtomicUsize,
}

impl Store for Fake {
    type Error = Down;

    async fn get(&self, _: &str) -> Result<String, Down> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let answer = *self.answer.lock().expect("no poison");
        if answer == Some("hang") {
            std::future::pending::<()>().await;
        }
        answer.map(str::to_owned).ok_or(Down)
    }
}

struct Bench {
    store: Arc<Fake>,
    parameter: Parameter<Fake>,
    start: Instant,
}

impl Bench {
    fn new(answer: Option<&'static str>) -> Self {
        let store = Arc::new(Fake::default());
        let parameter = Parameter::new("/wild-rydes-ride-record/dev/URL", Arc::clone(&store), SETTINGS);
        let bench = Self { store, parameter, start: Instant::now() };
        bench.answer(answer);
        bench
    }

    fn answer(&self, answer: Option<&'static str>) {
        *self.store.answer.lock().expect("no poison") = answer;
    }

    /// What a request gets this many seconds after the start.
    async fn after(&self, seconds: u64) -> Option<String> {
        self.after_ms(seconds * 1_000).await
    }

    async fn after_ms(&self, milliseconds: u64) -> Option<String> {
        let moment = self.start + Duration::from_millis(milliseconds);
        let value = self.parameter.get_at(moment, &Budget::lasting(Duration::from_secs(9))).await;
        value.ok().map(|url| url.as_url().to_string())
    }

    fn reads(&self) -> usize {
        self.store.reads.load(Ordering::Relaxed)
    }
}

const OLD: &str = "https://old.example.com/record";
const NEW: &str = "https://new.example.com/record";

#[tokio::test]
async fn a_value_is_read_once_and_again_when_it_is_old() {
    let bench = Bench::new(Some(OLD));
    assert_eq!(bench.after(0).await.as_deref(), Some(OLD));
    bench.answer(Some(NEW));
    assert_eq!(bench.after(59).await.as_deref(), Some(OLD));
    assert_eq!(bench.reads(), 1);
    assert_eq!(bench.after(60).await.as_deref(), Some(NEW));
    assert_eq!(bench.reads(), 2);
}

#[tokio::test]
async fn the_old_value_is_kept_when_the_store_fails_hangs_or_turns_hostile() {
    for trouble in [None, Some("hang"), Some("http://169.254.169.254/"), Some("http://evil.example.com/"), Some("")] {
        let bench = Bench::new(Some(OLD));
        assert_eq!(bench.after(0).await.as_deref(), Some(OLD));
        bench.answer(trouble);
        assert_eq!(bench.after(61).await.as_deref(), Some(OLD), "{trouble:?}");
        assert_eq!(bench.after(62).await.as_deref(), Some(OLD), "{trouble:?}");
        assert_eq!(bench.reads(), 2, "not every request tries again");
        bench.answer(Some(NEW));
        assert_eq!(bench.after(66).await.as_deref(), Some(NEW), "{trouble:?}");
    }
}

#[tokio::test]
async fn without_any_value_requests_fail_at_once_until_the_next_try_which_is_soon() {
    let bench = Bench::new(None);
    assert_eq!(bench.after_ms(0).await, None);
    assert_eq!(bench.after_ms(199).await, None);
    assert_eq!(bench.reads(), 1);
    bench.answer(Some(OLD));
    assert_eq!(bench.after_ms(200).await.as_deref(), Some(OLD));
}

#[tokio::test]
async fn requests_at_the_same_time_share_one_read() {
    let bench = Bench::new(Some(OLD));
    let (first, second, third) = tokio::join!(bench.after(0), bench.after(0), bench.after(0));
    assert!(first.is_some() && first == second && second == third);
    assert_eq!(bench.reads(), 1);
}

#[tokio::test]
async fn a_spent_budget_does_not_wait_for_the_store() {
    let bench = Bench::new(Some("hang"));
    let spent = Budget::lasting(Duration::ZERO);
    assert!(bench.parameter.get_at(bench.start, &spent).await.is_err());
}
