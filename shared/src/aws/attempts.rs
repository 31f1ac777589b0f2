use std::cell::Cell;
use std::future::Future;

tokio::task_local! {
    /// How many attempts were made so far in what runs inside [`counted`]. A value of the task, and only while its
    /// future is polled: several requests in one process have one each, also when they share a thread.
    static ATTEMPTS: Cell<u32>;
}

/// Runs SDK calls of this task and says how many attempts they made in all, retries included: 0 when none was made.
///
/// It counts what has happened also when the calls were given up in the middle, as long as what gives them up is inside:
/// `counted(within(budget, call))`, not the other way round. Calls on other tasks are not counted.
pub fn counted<T>(calls: impl Future<Output = T>) -> impl Future<Output = (T, u32)> {
    let mut calls = Box::pin(ATTEMPTS.scope(Cell::new(0), calls)); // the SDK's futures are large, and would be kept twice
    async move {
        let result = calls.as_mut().await;
        let attempts = calls.as_mut().take_value().map_or(0, Cell::into_inner);
        add(attempts); // to a count around this one
        (result, attempts)
    }
}

/// Adds attempts to the count under way, if there is one.
pub(super) fn add(attempts: u32) {
    let _ = ATTEMPTS.try_with(|count| count.set(count.get() + attempts));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn side_by_side_each_counts_its_own_and_an_outer_count_has_both() {
        let calls = |attempts: u32| async move {
            for _ in 0..attempts {
                tokio::task::yield_now().await;
                add(1);
            }
        };
        let both = async { tokio::join!(counted(calls(2)), counted(calls(3))) };
        assert_eq!(counted(both).await, ((((), 2), ((), 3)), 5));
        assert_eq!(counted(async { 7 }).await, (7, 0));
    }

    #[tokio::test]
    async fn what_is_given_up_inside_is_counted() {
        let endless = async {
            add(1);
            std::future::pending::<()>().await;
        };
        let (result, attempts) = counted(tokio::time::timeout(std::time::Duration::from_millis(1), endless)).await;
        assert!(result.is_err() && attempts == 1, "{attempts}");
    }
}
