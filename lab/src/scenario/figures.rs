//! What metrics said of a run.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::file::MetricRule;
use crate::cloudwatch::Metrics;
use crate::template::Statistic;

/// The figures of a metric that the scenario asks for. None without any value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricSeen {
    /// Which, in the words of its rule.
    pub metric: String,
    /// The sum of its values.
    pub sum: Option<f64>,
    /// The greatest of them.
    pub most: Option<f64>,
}

/// The figures of these metrics from the minute of `began` to that of `ended`, both by CloudWatch's clock.
pub(super) fn seen(rules: &[MetricRule], metrics: &Metrics, began: Timestamp, ended: Timestamp) -> Vec<MetricSeen> {
    let end = ended + SignedDuration::from_mins(1);
    let figures = |rule: &MetricRule| {
        let of = |statistic| metrics.window(&rule.metric(), statistic, None, began, end);
        MetricSeen { metric: rule.to_string(), sum: of(Statistic::Sum), most: of(Statistic::Maximum) }
    };
    rules.iter().map(figures).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudwatch::Datum;

    #[test]
    fn the_figures_are_those_of_the_run() {
        let rule = |name: &str| MetricRule {
            namespace: "N".to_owned(),
            name: name.to_owned(),
            dimensions: [("a".to_owned(), "1".to_owned())].into(),
            sum: None,
            most: None,
        };
        let (metrics, at) =
            (Metrics::default(), |minute: i64| Timestamp::from_second(minute * 60).expect("an instant"));
        for (minute, value) in [(4, 100.0), (5, 2.0), (7, 3.0)] {
            metrics.put(Datum { metric: rule("There").metric(), unit: "Count", at: at(minute), value });
        }
        let seen = seen(&[rule("There"), rule("Elsewhere")], &metrics, at(5), at(7));
        assert_eq!((seen[0].sum, seen[0].most), (Some(5.0), Some(3.0)));
        assert_eq!(seen[0].metric, "N There (a 1)");
        assert_eq!((seen[1].sum, seen[1].most), (None, None));
    }
}
