//! What a person has in hand at night: that alarm, saved query, runbook and table of docs/alarms.md say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect(path)
}

/// With a reserve, since one alarm is on it.
fn stack() -> Stack {
    resolve(&text("template.yaml"), &[("ReservedConcurrency", "10")]).expect("a stack")
}

/// An alarm as a person meets it.
struct Known {
    description: String,
    urgency: Urgency,
    tells: Vec<String>,
    /// `3 of 5 of 1 min`; none of a composite.
    evaluation: Option<String>,
}

/// Of every alarm, by its name without the stack's.
fn alarms(stack: &Stack) -> BTreeMap<String, Known> {
    let topic = |arn: &String| stack.topics.values().find(|topic| topic.arn == *arn).expect("a topic").name.clone();
    let short = |name: &str| name.strip_prefix("wild-rydes-dev-").expect("the prefix").to_owned();
    let tells = |actions: &Actions| actions.alarm.iter().map(topic).collect();
    let metrics = stack.alarms.values().map(|alarm| {
        let evaluation = evaluation(alarm.datapoints_to_alarm, alarm.evaluation_periods, alarm.queries[0].period);
        let known = Known {
            description: alarm.description.clone(),
            urgency: stack.urgencies[&alarm.logical_id],
            tells: tells(&alarm.actions),
            evaluation: Some(evaluation),
        };
        (short(&alarm.name), known)
    });
    let composites = stack.composite_alarms.values().map(|alarm| {
        let known = Known {
            description: alarm.description.clone(),
            urgency: stack.urgencies[&alarm.logical_id],
            tells: tells(&alarm.actions),
            evaluation: None,
        };
        (short(&alarm.name), known)
    });
    metrics.chain(composites).collect()
}

fn evaluation(m: u32, n: u32, period: std::time::Duration) -> String {
    let period = match period.as_secs() {
        seconds if seconds % 86_400 == 0 => format!("{} d", seconds / 86_400),
        seconds if seconds % 3_600 == 0 => format!("{} h", seconds / 3_600),
        seconds => format!("{} min", seconds / 60),
    };
    format!("{m} of {n} of {period}")
}

/// The rows of the table by the alarms that they are about.
fn rows() -> BTreeMap<String, Vec<String>> {
    let mut rows = BTreeMap::new();
    for line in text("docs/alarms.md").lines().filter(|line| line.starts_with("| `") && line.contains("/runbooks/")) {
        let cells: Vec<String> = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        for name in cells[0].split('`').filter(|name| !name.trim().is_empty()) {
            assert!(rows.insert(name.to_owned(), cells.clone()).is_none(), "{name} twice");
        }
    }
    rows
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {text:?}")).1;
    rest.split(after).next().unwrap_or(rest).trim()
}

#[test]
fn every_alarm_stands_in_the_table_as_it_is_and_nothing_else_does() {
    let (known, rows) = (alarms(&stack()), rows());
    assert_eq!(known.keys().collect::<Vec<_>>(), rows.keys().collect::<Vec<_>>());
    for (name, alarm) in known {
        let [_, _, evaluation, urgency, runbook, _] = rows[&name].as_slice() else { panic!("{name}: six columns") };
        let expected = alarm.evaluation.unwrap_or_else(|| "composite".to_owned());
        assert!(evaluation.contains(&expected), "{name}: {evaluation}, and it is {expected}");
        assert_eq!(*urgency, format!("{:?}", alarm.urgency).to_lowercase(), "{name}");
        let runbook = between(runbook, "](../", ")");
        assert!(alarm.description.ends_with(&format!("Runbook: {runbook}")), "{name}: {}", alarm.description);
    }
}

#[test]
fn every_alarm_names_a_query_that_is_saved_and_a_runbook_that_is_about_it() {
    let stack = stack();
    let (known, queries) = (alarms(&stack), stack.query_definitions.values());
    let queries: BTreeSet<_> =
        queries.map(|query| query.name.trim_start_matches("wild-rydes-dev/").to_owned()).collect();
    let mut pages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, alarm) in &known {
        let query = between(&alarm.description, "First query: ", ".");
        assert!(queries.contains(query), "{name}: no saved query {query}");
        let page = between(&alarm.description, "Runbook: ", " ");
        pages.entry(page.to_owned()).or_default().insert(name.clone());
    }
    let files = std::fs::read_dir(root().join("runbooks")).expect("the folder");
    let files: BTreeSet<_> =
        files.map(|file| format!("runbooks/{}", file.expect("a file").file_name().display())).collect();
    assert_eq!(pages.keys().cloned().collect::<BTreeSet<_>>(), files, "alarms' pages, and the pages that there are");
    for (page, about) in pages {
        let text = std::fs::read_to_string(root().join(&page)).expect("a page");
        let line =
            text.lines().find(|line| line.starts_with("Alarms: ")).unwrap_or_else(|| panic!("{page}: no Alarms:"));
        let named = line.split('`').filter_map(|name| name.strip_prefix("wild-rydes-{stage}-"));
        assert_eq!(named.map(str::to_owned).collect::<BTreeSet<_>>(), about, "{page}: {line}");
        for section in ["## What it means to riders", "## Confirm", "## Mitigate", "## Prevent"] {
            assert!(text.contains(section), "{page}: no {section}");
        }
    }
}

/// The lights, which page, and what must page whatever light is on: the one is on for a minute, the other for two weeks.
const LIGHTS: [&str; 2] = ["warning-light", "payment-light"];
const ALONE: [&str; 2] = ["payment-failed", "dead-letters"];

/// An urgency is the first word, the tag, and who is told: a page goes through one light, but for those that go alone.
#[test]
fn an_alarm_tells_whom_its_urgency_says() {
    let stack = stack();
    let light = |name: &&str| {
        let whole = format!("wild-rydes-dev-{name}");
        stack.composite_alarms.values().find(|alarm| alarm.name == whole).expect("the light")
    };
    let lights = LIGHTS.each_ref().map(light);
    for (name, alarm) in alarms(&stack) {
        let (word, tells) = match alarm.urgency {
            Urgency::Page if LIGHTS.contains(&&*name) || ALONE.contains(&&*name) => {
                ("Page. ", vec!["wild-rydes-dev-page".to_owned()])
            }
            Urgency::Page => ("Page. ", vec![]),
            Urgency::Ticket => ("Ticket. ", vec!["wild-rydes-dev-ticket".to_owned()]),
            Urgency::None => ("No notice. ", vec![]),
        };
        assert!(alarm.description.starts_with(word), "{name}: {}", alarm.description);
        assert_eq!(alarm.tells, tells, "{name}");
        let lit =
            lights.iter().filter(|light| light.rule.contains(&format!("ALARM(\"wild-rydes-dev-{name}\")"))).count();
        assert_eq!(lit, usize::from(alarm.urgency == Urgency::Page && alarm.tells.is_empty()), "lights of {name}");
    }
}

/// Silence is bad news of the heartbeat alone, and nothing is left to a default.
#[test]
fn silence_is_good_news_but_of_the_heartbeat() {
    for alarm in stack().alarms.values() {
        let heartbeat = alarm.name.ends_with("-heartbeat");
        let expected = if heartbeat { MissingData::Breaching } else { MissingData::NotBreaching };
        assert_eq!(alarm.missing_data, expected, "{}", alarm.name);
    }
}

/// A line of metrics has no message and no level: a query either asks for what only log lines have, or leaves them out by name.
#[test]
fn saved_queries_read_no_lines_of_metrics_but_the_one_that_counts_retries() {
    let of_log_lines = ["message = ", "type = \"platform.", "not ispresent(`_aws.Timestamp`)", "reason like "];
    for query in stack().query_definitions.values() {
        let filter =
            query.query.lines().find(|line| line.contains("filter ")).unwrap_or_else(|| panic!("{}", query.name));
        assert!(of_log_lines.iter().any(|part| filter.contains(part)), "{}: {filter}", query.name);
        assert_eq!(query.name.ends_with("/retries"), query.query.contains("Retries"), "{}", query.name);
    }
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>: success, failure, error, timeout.
#[test]
fn whatever_ended_an_invocation_is_counted_once() {
    let stack = stack();
    for function in [
        "request-ride",
        "put-ride-record",
        "request-unicorn",
        "seed-fleet",
        "probe",
        "place-payment",
        "process-payment",
        "finance",
        "ops",
    ] {
        for (status, expected) in [("success", 0), ("failure", 1), ("error", 1), ("timeout", 1)] {
            let line = format!(r#"{{"type":"platform.report","record":{{"status":"{status}"}}}}"#);
            let filters =
                stack.metric_filters.values().filter(|filter| filter.log_group.ends_with(&format!("-{function}")));
            let counts = filters.filter(|filter| {
                let pattern =
                    crate::cloudwatch::filter_pattern::FilterPattern::parse(&filter.pattern).expect("a pattern");
                pattern.matches(&line)
            });
            assert_eq!(counts.count(), expected, "{function}: {status}");
        }
    }
}
