//! Percentiles, by nearest rank: each is a figure that occurred. The one rule by which the lab's figures are made.

/// The place, counted from 0, of the figure that so many per mille of `count` sorted ones do not exceed; `None` of none.
pub(crate) fn place(count: usize, per_mille: usize) -> Option<usize> {
    // In whole numbers: 99.9 % of 1000 in binary fractions are a little more than 999.
    let rank = count.checked_mul(per_mille).map_or(count, |share| share.div_ceil(1000));
    rank.clamp(1, count.max(1)).min(count).checked_sub(1)
}

/// The figure that so many percent, to a tenth, do not exceed; `None` of none.
pub(crate) fn percentile(figures: &mut [f64], percent: f64) -> Option<f64> {
    let place = place(figures.len(), (percent * 10.0).round() as usize)?;
    // Not sorted: a map of ten thousand traces asks for percentiles of a hundred thousand figures.
    Some(*figures.select_nth_unstable_by(place, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_figure_that_occurred() {
        let mut figures: Vec<f64> = (1..=1000).rev().map(f64::from).collect();
        for (percent, figure) in [(0.0, 1.0), (50.0, 500.0), (99.0, 990.0), (99.9, 999.0), (100.0, 1000.0)] {
            assert_eq!(percentile(&mut figures, percent), Some(figure), "p{percent}");
        }
        let mut few: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(percentile(&mut few, 99.0), Some(198.0));
        assert_eq!(percentile(&mut [7.0], 99.0), Some(7.0));
        assert_eq!(percentile(&mut [], 99.0), None);
    }
}
