//! How long invocations took, as a table.

use std::time::Duration;

use crate::percentile::percentile;

/// Invocations of one kind.
#[derive(Debug)]
pub(super) struct Figures {
    what: &'static str,
    durations: Vec<Duration>,
    /// The processor time of all of them; `None` where it is not known or counted elsewhere.
    pub(super) processor: Option<Duration>,
}

impl Figures {
    pub(super) fn of(what: &'static str) -> Self {
        Self { what, durations: Vec::new(), processor: None }
    }

    pub(super) fn add(&mut self, duration: Duration) {
        self.durations.push(duration);
    }

    pub(super) fn count(&self) -> usize {
        self.durations.len()
    }

    fn line(&self) -> String {
        let mut durations: Vec<f64> = self.durations.iter().copied().map(milliseconds).collect();
        let mut at = |percent| percentile(&mut durations, percent).unwrap_or_default();
        let (count, p50, p99, max) = (self.count(), at(50.0), at(99.0), at(100.0));
        let mean = |all: Duration| format!("{:.3}", milliseconds(all) / count.max(1) as f64);
        let processor = self.processor.map_or_else(|| "-".to_owned(), mean);
        format!("{:<8} {count:>6} {p50:>9.2} {p99:>9.2} {max:>9.2} {processor:>9}", self.what)
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// The lines of a table.
pub(super) fn table(all: &[&Figures]) -> String {
    let head = format!("{:<8} {:>6} {:>9} {:>9} {:>9} {:>9}", "", "n", "p50 ms", "p99 ms", "max ms", "cpu ms");
    let known = all.iter().any(|figures| figures.processor.is_some());
    let note = if known {
        "cpu ms: processor time of this function's process, user and system, mean of an invocation; init is in the first's"
    } else {
        "cpu ms: not known here"
    };
    let lines = all.iter().map(|figures| figures.line());
    [head].into_iter().chain(lines).chain([note.to_owned()]).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank_and_processor_time_is_a_mean() {
        let mut warm = Figures::of("warm");
        (1..=200).rev().for_each(|ms| warm.add(Duration::from_millis(ms)));
        warm.processor = Some(Duration::from_millis(50));
        let init = Figures::of("init");
        let table = table(&[&init, &warm]);
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["n", "p50", "ms", "p99", "ms", "max", "ms", "cpu", "ms"]);
        assert_eq!(lines[1], ["init", "0", "0.00", "0.00", "0.00", "-"]);
        assert_eq!(lines[2], ["warm", "200", "100.00", "198.00", "200.00", "0.250"]);
        assert!(table.contains("user and system"), "{table}");
    }

    #[test]
    fn where_processor_time_is_not_known_the_table_says_so() {
        let table = table(&[&Figures::of("warm")]);
        assert!(table.ends_with("not known here"), "{table}");
    }
}
