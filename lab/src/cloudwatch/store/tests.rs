//! What is put in comes out as statistics.

use super::*;

const ALL: [Statistic; 5] =
    [Statistic::SampleCount, Statistic::Sum, Statistic::Average, Statistic::Minimum, Statistic::Maximum];

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn name(name: &str) -> MetricName {
    let dimensions = BTreeMap::from([("service".to_owned(), "request-ride".to_owned())]);
    MetricName { namespace: "WildRydes".into(), name: name.into(), dimensions }
}

fn latency(at: i64, value: f64) -> Datum {
    Datum { metric: name("RequestLatency"), unit: "Milliseconds", at: second(at), value }
}

#[test]
fn each_period_with_data_has_its_statistics() {
    let metrics = Metrics::default();
    for (at, value) in [(0, 4.0), (59, 1.0), (60, 7.0), (300, 9.0)] {
        metrics.put(latency(at, value));
    }
    let of = |statistic| {
        let points = metrics.series(&name("RequestLatency"), statistic, minutes(5), second(0), second(600));
        points.into_iter().map(|(at, value)| (at.as_second(), value)).collect::<Vec<_>>()
    };
    assert_eq!(
        ALL.map(of),
        [
            [(0, 3.0), (300, 1.0)],
            [(0, 12.0), (300, 9.0)],
            [(0, 4.0), (300, 9.0)],
            [(0, 1.0), (300, 9.0)],
            [(0, 7.0), (300, 9.0)],
        ]
    );
    assert_eq!(of(Statistic::Percentile(50.0)), [(0, 4.0), (300, 9.0)]);
}

#[test]
fn the_first_period_is_whole_and_the_end_is_not_included() {
    let metrics = Metrics::default();
    for minute in 0..15 {
        metrics.put(latency(minute * 60, 1.0));
    }
    let sum = |from, to| {
        let points = metrics.series(&name("RequestLatency"), Statistic::Sum, minutes(5), second(from), second(to));
        points.into_iter().map(|(at, value)| (at.as_second() / 60, value)).collect::<Vec<_>>()
    };
    assert_eq!(sum(0, 600), [(0, 5.0), (5, 5.0)]);
    assert_eq!(sum(420, 600), [(5, 5.0)]);
    assert_eq!(sum(300, 720), [(5, 5.0), (10, 2.0)]);
    assert_eq!(sum(600, 600), []);
}

#[test]
fn a_window_begins_at_any_minute() {
    let metrics = Metrics::default();
    for minute in 0..15 {
        metrics.put(latency(minute * 60, minute as f64));
    }
    let window = |from, to| metrics.window(&name("RequestLatency"), Statistic::Sum, None, second(from), second(to));
    assert_eq!([window(7 * 60, 12 * 60), window(14 * 60, 99 * 60)], [Some(7.0 + 8.0 + 9.0 + 10.0 + 11.0), Some(14.0)]);
    assert_eq!([window(15 * 60, 20 * 60), window(300, 300), window(600, 300)], [None, None, None]);
    let bytes = metrics.window(&name("RequestLatency"), Statistic::Sum, Some("Bytes"), second(0), second(600));
    assert_eq!(bytes, None);
}

#[test]
fn late_data_land_in_their_minute() {
    let metrics = Metrics::default();
    metrics.put(latency(3600, 1.0));
    metrics.put(latency(119, 5.0));
    let points = metrics.series(&name("RequestLatency"), Statistic::Sum, minutes(1), second(0), second(3660));
    assert_eq!(points, [(second(60), 5.0), (second(3600), 1.0)]);
}

#[test]
fn a_value_counts_as_often_as_it_occurred() {
    let metrics = Metrics::default();
    metrics.put_times(latency(0, 2.0), 3);
    metrics.put_times(latency(0, 8.0), 1);
    let of = |statistic| metrics.series(&name("RequestLatency"), statistic, minutes(1), second(0), second(60))[0].1;
    assert_eq!(ALL.map(of), [4.0, 14.0, 3.5, 2.0, 8.0]);
    assert_eq!([of(Statistic::Percentile(75.0)), of(Statistic::Percentile(76.0))], [2.0, 8.0]);
}

#[test]
fn other_dimensions_are_another_metric_and_other_units_other_values() {
    let metrics = Metrics::default();
    metrics.put(latency(0, 1.0));
    metrics.put(Datum { unit: "Seconds", ..latency(0, 5.0) });
    let bare = MetricName { dimensions: BTreeMap::new(), ..name("RequestLatency") };
    assert_eq!(metrics.series(&bare, Statistic::Sum, minutes(1), second(0), second(60)), []);
    let of_unit =
        |unit| metrics.series_of_unit(&name("RequestLatency"), unit, Statistic::Sum, minutes(1), second(0), second(60));
    assert_eq!(of_unit("Seconds"), [(second(0), 5.0)]);
    assert_eq!(of_unit("Bytes"), []);
    assert_eq!(metrics.list(), [Listed { metric: name("RequestLatency"), unit: "Milliseconds" }]);
}

#[test]
fn percentiles_of_negative_values_and_values_that_are_no_numbers_do_not_exist() {
    let metrics = Metrics::default();
    metrics.put(latency(0, f64::NAN));
    metrics.put(latency(0, f64::INFINITY));
    assert_eq!(metrics.list(), []);
    metrics.put(latency(0, -1.0));
    metrics.put(latency(0, 3.0));
    let of = |statistic| metrics.series(&name("RequestLatency"), statistic, minutes(1), second(0), second(60));
    assert_eq!(of(Statistic::Percentile(99.0)), []);
    assert_eq!(of(Statistic::Minimum), [(second(0), -1.0)]);
}

#[test]
fn old_minutes_lose_their_percentiles_and_then_go() {
    let metrics = Metrics::default();
    for minute in 0..=KEPT as i64 {
        metrics.put(latency(minute * 60, 1.0));
    }
    let of = |statistic| {
        let to = second(KEPT as i64 * 60 + 60);
        metrics.series(&name("RequestLatency"), statistic, minutes(1), second(0), to).len()
    };
    assert_eq!([of(Statistic::Sum), of(Statistic::Percentile(99.0))], [KEPT, DETAILED as usize]);
}

#[test]
fn six_thousand_latencies_a_minute_have_exact_sums_and_percentiles_within_one_percent() {
    let metrics = Metrics::default();
    let mut random = fastrand::Rng::with_seed(1);
    let mut values: Vec<f64> = (0..6000).map(|_| (20.0 + random.f64() * 3000.0).round()).collect();
    values.iter().for_each(|value| metrics.put(latency(0, *value)));
    values.sort_by(f64::total_cmp);
    let of = |statistic| metrics.series(&name("RequestLatency"), statistic, minutes(1), second(0), second(60))[0].1;
    assert_eq!(ALL.map(of)[..2], [6000.0, values.iter().sum()]);
    assert_eq!([of(Statistic::Minimum), of(Statistic::Maximum)], [values[0], values[5999]]);
    for (percent, rank) in [(50.0, 3000), (90.0, 5400), (99.0, 5940), (99.9, 5994)] {
        let estimated = of(Statistic::Percentile(percent));
        assert!((estimated / values[rank - 1] - 1.0).abs() < 0.010_001, "p{percent}: {estimated}");
    }
}

#[test]
fn several_threads_lose_nothing() {
    let metrics = Metrics::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1000).for_each(|at| metrics.put(latency(at, 1.0))));
        }
    });
    let points = metrics.series(&name("RequestLatency"), Statistic::Sum, minutes(60), second(0), second(3600));
    assert_eq!(points, [(second(0), 4000.0)]);
}
