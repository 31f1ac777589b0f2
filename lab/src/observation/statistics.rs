//! Percentiles of small samples.

/// The value that so many percent do not exceed (nearest rank); `None` of none.
pub(crate) fn percentile(values: &mut [f64], percent: f64) -> Option<f64> {
    let rank = (percent / 100.0 * values.len() as f64).ceil().max(1.0) as usize;
    let place = rank.min(values.len()).checked_sub(1)?;
    // Not sorted: a map of ten thousand traces asks for percentiles of a hundred thousand values.
    Some(*values.select_nth_unstable_by(place, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_occurred() {
        let mut values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 50.0), Some(50.0));
        assert_eq!(percentile(&mut values, 99.0), Some(99.0));
        assert_eq!(percentile(&mut [7.0], 99.0), Some(7.0));
        assert_eq!(percentile(&mut [], 99.0), None);
    }
}
