//! Every alarm of the template fires when it should and is silent otherwise: `data/alarms.txt`, through the evaluator.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use lab::cloudwatch::alarms::{Alarms, State};
use lab::cloudwatch::{Datum, Metrics};
use lab::template::{Inputs, MetricName, Stack, Template};

use crate::stack;

const TABLE: &str = include_str!("../data/alarms.txt");

/// An hour before anything is wrong.
const QUIET: i64 = 60;

/// On the hour: alarms over days are evaluated then. 2026-11-16T00:00:00Z.
const START: Timestamp = Timestamp::constant(1_794_787_200, 0);

#[derive(Debug, Default)]
struct Case {
    /// Minutes until a metric alarm fires.
    within: i64,
    /// The alarms that make a composite fire.
    of: Vec<String>,
    series: Vec<Series>,
}

#[derive(Debug, Clone)]
struct Series {
    metric: MetricName,
    ordinary: Option<Values>,
    firing: Option<Values>,
}

/// What a metric gets in a minute.
#[derive(Debug, Clone, Copy)]
struct Values {
    count: usize,
    value: f64,
}

impl Values {
    /// `5`, or `80x1`; none of `-`.
    fn parse(word: &str) -> Option<Self> {
        let (count, value) = word.split_once('x').unwrap_or(("1", word));
        (word != "-").then(|| Self { count: count.parse().expect("a count"), value: value.parse().expect("a number") })
    }
}

fn cases() -> BTreeMap<String, Case> {
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    let mut last = String::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let words: Vec<_> = line.split_whitespace().map(|word| word.trim_end_matches(',')).collect();
        if let (true, [namespace, name, dimensions, ordinary, firing]) = (line.starts_with(' '), words.as_slice()) {
            let pairs = dimensions.split(',').filter_map(|pair| pair.split_once('='));
            let dimensions = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let metric = MetricName { namespace: (*namespace).into(), name: (*name).into(), dimensions };
            let series = Series { metric, ordinary: Values::parse(ordinary), firing: Values::parse(firing) };
            cases.get_mut(&last).expect("a case").series.push(series);
            continue;
        }
        last = format!("wild-rydes-dev-{}", words[0]);
        let case = match words[1] {
            "within" => Case { within: words[2].parse().expect("minutes"), ..Case::default() },
            _ => {
                Case { of: words[2..].iter().map(|word| format!("wild-rydes-dev-{word}")).collect(), ..Case::default() }
            }
        };
        assert!(cases.insert(last.clone(), case).is_none(), "{last} twice");
    }
    cases
}

/// The template with all the alarms that it can have.
pub(crate) fn resolved() -> Stack {
    let inputs = Inputs {
        stack_name: "wild-rydes-dev".to_owned(),
        region: "eu-west-1".to_owned(),
        account_id: "123456789012".to_owned(),
        // Without a reserve there is no alarm on it.
        parameters: [("ReservedConcurrency".to_owned(), "10".to_owned())].into(),
        api_origin: "http://127.0.0.1:3000".to_owned(),
    };
    let template = Template::parse(&stack::template(), "template.yaml").expect("parses");
    template.resolve(&inputs).expect("resolves")
}

fn all(stack: &Stack) -> Alarms {
    let (alarms, composites) = (stack.alarms.values().cloned(), stack.composite_alarms.values().cloned());
    Alarms::new(alarms, composites, stack.topics.values().cloned(), START).expect("alarms that can be evaluated")
}

fn minute(minutes: i64) -> Timestamp {
    START + SignedDuration::from_mins(minutes)
}

/// Its values in each of these minutes; what several cases need is there once.
fn put(metrics: &Metrics, minutes: std::ops::Range<i64>, series: &[Series], of: impl Fn(&Series) -> Option<Values>) {
    let mut seen = BTreeSet::new();
    for series in series.iter().filter(|series| seen.insert(&series.metric)) {
        let Some(Values { count, value }) = of(series) else { continue };
        for at in minutes.clone().flat_map(|at| std::iter::repeat_n(at, count)) {
            metrics.put(Datum { metric: series.metric.clone(), unit: "None", at: minute(at), value });
        }
    }
}

/// The minute in which this alarm first is in ALARM.
fn fires(alarms: &mut Alarms, name: &str, series: &[Series], firing_for: i64) -> Option<i64> {
    let metrics = Metrics::default();
    put(&metrics, 0..QUIET, series, |series| series.ordinary);
    put(&metrics, QUIET..QUIET + firing_for, series, |series| series.firing);
    (1..=QUIET + firing_for).find(|at| {
        alarms.evaluate(minute(*at), &metrics);
        let shown = alarms.snapshot(minute(*at)).alarms.into_iter().find(|alarm| alarm.name == name);
        shown.expect("the alarm").state == State::Alarm
    })
}

#[test]
fn every_alarm_of_the_template_has_its_case_and_every_case_its_alarm() {
    let stack = resolved();
    let names =
        stack.alarms.values().map(|alarm| &alarm.name).chain(stack.composite_alarms.values().map(|alarm| &alarm.name));
    let (names, cases): (BTreeSet<_>, BTreeSet<_>) = (names.cloned().collect(), cases().into_keys().collect());
    assert_eq!(names.difference(&cases).collect::<Vec<_>>(), Vec::<&String>::new(), "alarms without a case");
    assert_eq!(cases.difference(&names).collect::<Vec<_>>(), Vec::<&String>::new(), "cases without an alarm");
}

#[test]
fn every_metric_alarm_fires_in_time_from_metrics_with_the_dimensions_of_aws_and_not_before() {
    let (stack, cases) = (resolved(), cases());
    let mut wrong = Vec::new();
    for alarm in stack.alarms.values() {
        let Some(case) = cases.get(&alarm.name) else { continue };
        let mut alone = alarm.clone();
        alone.actions = Default::default();
        let mut engine = Alarms::new([alone], [], [], START).expect("an alarm");
        match fires(&mut engine, &alarm.name, &case.series, case.within) {
            Some(at) if at > QUIET => {}
            at => wrong.push((alarm.name.clone(), at)),
        }
    }
    assert_eq!(wrong, [], "alarms that never fired, or fired in this minute of ordinary traffic");
}

#[test]
fn every_composite_alarm_fires_with_the_alarms_that_it_is_made_of_and_not_before() {
    let (stack, cases) = (resolved(), cases());
    let mut wrong = Vec::new();
    for alarm in stack.composite_alarms.values() {
        let Some(case) = cases.get(&alarm.name) else { continue };
        let parts: Vec<_> = case.of.iter().map(|name| cases.get(name).expect("a case")).collect();
        let within = parts.iter().map(|part| part.within).max().expect("parts");
        // The probe goes on booking; without it the warning light would be on in any case.
        let heartbeat = cases["wild-rydes-dev-heartbeat"]
            .series
            .iter()
            .map(|series| Series { firing: series.ordinary, ..series.clone() });
        let series: Vec<_> = parts.iter().flat_map(|part| part.series.clone()).chain(heartbeat).collect();
        match fires(&mut all(&stack), &alarm.name, &series, within) {
            Some(at) if at > QUIET => {}
            at => wrong.push((alarm.name.clone(), at)),
        }
    }
    assert_eq!(wrong, [], "alarms that never fired, or fired in this minute of ordinary traffic");
}

#[test]
fn in_an_hour_of_ordinary_traffic_nothing_fires() {
    let (stack, metrics) = (resolved(), Metrics::default());
    let series: Vec<_> = cases().into_values().flat_map(|case| case.series).collect();
    put(&metrics, 0..QUIET, &series, |series| series.ordinary);
    let mut alarms = all(&stack);
    (1..=QUIET).for_each(|at| alarms.evaluate(minute(at), &metrics));
    for alarm in alarms.snapshot(minute(QUIET)).alarms {
        assert_eq!(alarm.state, State::Ok, "{}: {}", alarm.name, alarm.reason);
        assert!(alarm.history.iter().all(|change| change.to == State::Ok), "{}: {:?}", alarm.name, alarm.history);
    }
}
