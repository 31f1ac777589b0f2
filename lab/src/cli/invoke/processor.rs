//! The processor time that processes have used.

use std::collections::BTreeMap;
use std::time::Duration;

/// What each process has used so far, in user mode and in the kernel together, by its id.
#[derive(Debug, Default)]
pub(super) struct Used(BTreeMap<u32, Duration>);

impl Used {
    /// As of now; `None` where the machine does not tell. A process that has ended is left out.
    pub(super) fn of(process_ids: &[u32]) -> Option<Self> {
        // Asked of ourselves, so that a function's process that has just ended is told from a machine that keeps no count.
        of_process(std::process::id())?;
        Some(Self(process_ids.iter().filter_map(|id| Some((*id, of_process(*id)?))).collect()))
    }

    /// What was used since an earlier look. A process that was not there began with nothing.
    pub(super) fn since(&self, earlier: &Self) -> Duration {
        let used = |(id, now): (&u32, &Duration)| now.saturating_sub(earlier.0.get(id).copied().unwrap_or_default());
        self.0.iter().map(used).sum()
    }
}

/// The sum over a process's threads of the nanoseconds they were on a processor, which Linux keeps where it was built with
/// `CONFIG_SCHED_INFO`. `/proc/PID/stat` and `getrusage` count in hundredths of a second or want the process ended first.
/// <https://docs.kernel.org/scheduler/sched-stats.html>
fn of_process(id: u32) -> Option<Duration> {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).ok()?;
    // A thread may end between the list and the look.
    let times = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok());
    let nanoseconds = times.filter_map(|text| text.split_ascii_whitespace().next()?.parse().ok());
    nanoseconds.map(Duration::from_nanos).reduce(|sum, one| sum + one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_counts_from_the_earlier_look_and_a_new_one_from_its_start() {
        let used =
            |times: &[(u32, u64)]| Used(times.iter().map(|(id, ms)| (*id, Duration::from_millis(*ms))).collect());
        let earlier = used(&[(1, 10), (2, 500)]);
        assert_eq!(used(&[(1, 13), (3, 4)]).since(&earlier), Duration::from_millis(7));
        assert_eq!(used(&[]).since(&earlier), Duration::ZERO);
    }

    #[test]
    fn work_is_seen_where_the_machine_tells() {
        let own = [std::process::id()];
        let Some(before) = Used::of(&own) else { return assert!(cfg!(not(target_os = "linux")) || no_schedstat()) };
        let mut number = 1_u64;
        while Used::of(&own).is_some_and(|now| now.since(&before) < Duration::from_millis(2)) {
            number = std::hint::black_box(number.wrapping_mul(31).wrapping_add(7));
        }
        assert!(Used::of(&[0]).expect("it tells of us").0.is_empty(), "nobody has the id 0");
    }

    fn no_schedstat() -> bool {
        !std::path::Path::new("/proc/self/schedstat").exists()
    }
}
