//! Names of statistics.

use crate::template::Statistic;

/// The statistic of a name: `Sum`, `p99.9`. Trimmed means and the like are none that the lab computes.
pub fn statistic(name: &str) -> Option<Statistic> {
    Some(match name {
        "SampleCount" => Statistic::SampleCount,
        "Average" => Statistic::Average,
        "Sum" => Statistic::Sum,
        "Minimum" => Statistic::Minimum,
        "Maximum" => Statistic::Maximum,
        _ => {
            let digits =
                name.strip_prefix('p').filter(|digits| digits.chars().all(|c| c.is_ascii_digit() || c == '.'))?;
            Statistic::Percentile(digits.parse().ok().filter(|percent| (0.0..=100.0).contains(percent))?)
        }
    })
}
