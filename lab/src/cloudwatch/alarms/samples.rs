//! Percentiles of few values.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html>

/// How many values in the evaluation periods a percentile, 0 to 100, needs to say something: 10/(1-p) from the median up, and
/// 10/p below it. AWS has no rule for p0 and p100.
pub(super) fn needed(percent: f64) -> f64 {
    let tail = if percent >= 50.0 { 100.0 - percent } else { percent };
    if tail <= 0.0 {
        return 0.0;
    }
    // 100 - 99.9 is not exactly 0.1.
    (10.0 * 100.0 / tail - 1e-6).ceil()
}

#[cfg(test)]
mod tests {
    use super::needed;

    #[test]
    fn p99_wants_a_thousand_and_the_median_twenty() {
        for (percent, wanted) in
            [(99.0, 1000.0), (99.9, 10_000.0), (90.0, 100.0), (50.0, 20.0), (10.0, 100.0), (100.0, 0.0)]
        {
            assert_eq!(needed(percent), wanted, "p{percent}");
        }
    }
}
