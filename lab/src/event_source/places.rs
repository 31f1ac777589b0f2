//! Who polls: as many at a time as are wanted, each at a place of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

/// How long after a poller has panicked another takes its place: what made it panic may still be there.
const AFTER_A_PANIC: Duration = Duration::from_secs(1);

/// Has every place up to the wanted number polled at, until dropped. A poller that ends leaves its place, also one that panics, of
/// which somebody is told. `grown` wakes it when more are wanted.
pub(super) async fn keep<F>(wanted: impl Fn() -> u32, grown: &Notify, poll: impl Fn(u32) -> F, tell: impl Fn(String))
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut pollers = JoinSet::new();
    let mut places = BTreeMap::new();
    loop {
        for place in 0..wanted() {
            places.entry(place).or_insert_with(|| pollers.spawn(poll(place)).id());
        }
        tokio::select! {
            () = grown.notified() => {}
            Some(ended) = pollers.join_next_with_id() => {
                let (ended, error) = match ended {
                    Ok((id, ())) => (id, None),
                    Err(error) => (error.id(), Some(error)),
                };
                places.retain(|_, id| *id != ended);
                if let Some(error) = error {
                    tell(format!("a poller has ended, and another takes its place: {error}"));
                    tokio::time::sleep(AFTER_A_PANIC).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test]
    async fn a_place_whose_poller_panicked_is_taken_again_and_somebody_is_told() {
        let (begun, told) = (Arc::new(AtomicU32::new(0)), Mutex::new(Vec::new()));
        let done = Arc::new(Notify::new());
        let poll = |place: u32| {
            let (begun, done) = (begun.clone(), done.clone());
            async move {
                match (place, begun.fetch_add(1, Ordering::Relaxed)) {
                    (1, 0..2) => panic!("on purpose"),
                    (1, _) => done.notify_one(),
                    _ => {}
                }
                std::future::pending().await
            }
        };
        let grown = Notify::new();
        tokio::select! {
            () = keep(|| 2, &grown, poll, |text| told.lock().expect("whole").push(text)) => {}
            again = tokio::time::timeout(Duration::from_secs(60), done.notified()) => again.expect("polled again"),
        }
        let told = told.into_inner().expect("whole");
        assert!(told.len() == 1 && told[0].contains("panic"), "{told:?}");
        assert_eq!(begun.load(Ordering::Relaxed), 3, "the other was left alone");
    }

    #[tokio::test]
    async fn there_are_as_many_as_are_wanted() {
        let (wanted, grown) = (AtomicU32::new(2), Notify::new());
        let (begun, mut places) = tokio::sync::mpsc::unbounded_channel();
        let poll = |place: u32| {
            let begun = begun.clone();
            async move {
                begun.send(place).expect("the test listens");
                std::future::pending().await
            }
        };
        let grow = async {
            let mut next = async || places.recv().await.expect("a poller");
            assert_eq!([next().await, next().await], [0, 1]);
            wanted.store(4, Ordering::Relaxed);
            grown.notify_one();
            assert_eq!([next().await, next().await], [2, 3]);
        };
        tokio::select! {
            () = keep(|| wanted.load(Ordering::Relaxed), &grown, poll, drop) => {}
            () = grow => {}
        }
    }
}
