//! The template's alarms, their table in docs/alarms.md, the runbooks and the saved queries are about the same things.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lab::cloudwatch::alarms::{self, Alarms};
use lab::template::{Alarm, Stack, Urgency};

use crate::alarms_of_the_template::resolved;
use crate::stack::workspace;

const PREFIX: &str = "wild-rydes-dev-";

/// A row of the table, for one of the alarms that it names.
#[derive(Debug)]
struct Row {
    evaluation: String,
    urgency: String,
    runbook: String,
}

fn read(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Texts in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The lines of a table with so many columns, without its head, as cells.
fn table(text: &str, columns: usize) -> impl Iterator<Item = Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .filter(move |row: &Vec<_>| row.len() == columns)
}

/// The table of alarms by alarm; no alarm stands there twice.
fn rows() -> BTreeMap<String, Row> {
    let text = read("docs/alarms.md");
    let mut rows = BTreeMap::new();
    for cells in table(&text, 6) {
        let [names, _, evaluation, urgency, runbook, why] = cells[..] else { unreachable!("six columns") };
        assert!(!why.is_empty(), "{names} has a reason");
        let (shown, link) = runbook.split_once("](").expect("a link");
        let (file, path) = (shown.trim_start_matches('['), link.trim_end_matches(')'));
        assert_eq!(path, format!("../runbooks/{file}"), "{names}");
        for name in quoted(names) {
            let row =
                Row { evaluation: evaluation.into(), urgency: urgency.into(), runbook: format!("runbooks/{file}") };
            assert!(rows.insert(name.to_owned(), row).is_none(), "{name} stands in two rows");
        }
    }
    rows
}

/// Name, description and urgency tag of every alarm.
fn alarms_of(stack: &Stack) -> BTreeMap<String, (&str, Urgency)> {
    let plain = stack.alarms.values().map(|alarm| (&alarm.logical_id, &alarm.name, &alarm.description));
    let composite = stack.composite_alarms.values().map(|alarm| (&alarm.logical_id, &alarm.name, &alarm.description));
    let alarms = plain.chain(composite).map(|(id, name, description)| {
        let name = name.strip_prefix(PREFIX).unwrap_or_else(|| panic!("{name} begins with {PREFIX}"));
        (name.to_owned(), (description.as_str(), stack.urgencies[id]))
    });
    alarms.collect()
}

fn runbook_of<'a>(name: &str, description: &'a str) -> &'a str {
    let (_, path) =
        description.rsplit_once("Runbook: ").unwrap_or_else(|| panic!("{name} names no runbook: {description}"));
    path.trim()
}

#[test]
fn every_alarm_has_its_row_and_every_row_its_alarm() {
    let stack = resolved();
    let (alarms, rows) = (alarms_of(&stack), rows());
    let (of_template, of_table): (BTreeSet<_>, BTreeSet<_>) = (alarms.keys().collect(), rows.keys().collect());
    assert_eq!(of_template.difference(&of_table).collect::<Vec<_>>(), Vec::<&&String>::new(), "not in docs/alarms.md");
    assert_eq!(of_table.difference(&of_template).collect::<Vec<_>>(), Vec::<&&String>::new(), "not in template.yaml");
    assert!(alarms.len() > 30, "{}", alarms.len());
}

#[test]
fn tag_description_table_and_console_agree_on_the_urgency() {
    let stack = resolved();
    let rows = rows();
    let (plain, composite) = (stack.alarms.values().cloned(), stack.composite_alarms.values().cloned());
    let now = jiff::Timestamp::UNIX_EPOCH;
    let engine = Alarms::new(plain, composite, stack.topics.values().cloned(), now).expect("alarms");
    let shown: BTreeMap<_, _> =
        engine.snapshot(now).alarms.into_iter().map(|alarm| (alarm.name.clone(), alarm)).collect();
    for (name, (description, tag)) in alarms_of(&stack) {
        let (word, first, console) = match tag {
            Urgency::Page => ("page", "Page.", alarms::Urgency::Page),
            Urgency::Ticket => ("ticket", "Ticket.", alarms::Urgency::Ticket),
            Urgency::None => ("none", "No notice.", alarms::Urgency::None),
        };
        assert_eq!(rows[&name].urgency, word, "{name} in docs/alarms.md");
        assert!(description.starts_with(first), "{name}: {description}");
        assert_eq!(shown[&format!("{PREFIX}{name}")].urgency, console, "{name} in the console");
    }
}

#[test]
fn every_alarm_leads_to_its_runbook_and_every_runbook_is_led_to() {
    let stack = resolved();
    let rows = rows();
    let mut linked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, (description, _)) in alarms_of(&stack) {
        let runbook = runbook_of(&name, description);
        assert!(workspace().join(runbook).is_file(), "{name}: there is no {runbook}");
        assert_eq!(rows[&name].runbook, runbook, "{name} in docs/alarms.md");
        linked.entry(runbook.to_owned()).or_default().insert(name);
    }
    for entry in std::fs::read_dir(workspace().join("runbooks")).expect("runbooks").flatten() {
        let path = format!("runbooks/{}", entry.file_name().to_string_lossy());
        let alarms = linked.remove(&path).unwrap_or_else(|| panic!("no alarm leads to {path}"));
        let text = read(&path);
        let head =
            text.lines().find(|line| line.starts_with("Alarms: ")).unwrap_or_else(|| panic!("{path} names no alarms"));
        let named: BTreeSet<_> = quoted(head).map(|name| name.replace("wild-rydes-{stage}-", "")).collect();
        assert_eq!(named, alarms, "{path}");
        for heading in ["## What it means to riders", "## Confirm", "## Mitigate", "## Prevent"] {
            assert!(text.contains(heading), "{path} has no \"{heading}\"");
        }
    }
    assert!(linked.is_empty(), "{linked:?}");
}

#[test]
fn every_saved_query_is_in_the_table_and_every_query_that_is_named_is_saved() {
    let stack = resolved();
    let saved = stack.query_definitions.values().map(|query| {
        query.name.strip_prefix("wild-rydes-dev/").unwrap_or_else(|| panic!("{} has a folder", query.name)).to_owned()
    });
    let saved: BTreeSet<String> = saved.collect();
    let text = read("docs/alarms.md");
    let listed: BTreeSet<String> =
        table(&text, 2).flat_map(|cells| quoted(cells[0]).map(str::to_owned).collect::<Vec<_>>()).collect();
    assert_eq!(listed, saved, "docs/alarms.md");

    let mut used = BTreeSet::new();
    for (name, (description, tag)) in alarms_of(&stack) {
        let query =
            description.split_once("First query: ").map(|(_, rest)| rest.split(['.', ' ']).next().unwrap_or_default());
        assert!(query.is_some() || tag == Urgency::None, "{name} names no first query: {description}");
        used.extend(query.map(|query| (name, query.to_owned())));
    }
    for entry in std::fs::read_dir(workspace().join("runbooks")).expect("runbooks").flatten() {
        let path = format!("runbooks/{}", entry.file_name().to_string_lossy());
        let text = read(&path);
        // Where somebody is led to a query it must be there; elsewhere its name alone tells.
        let led_to = text.split("Queries > `wild-rydes-$STAGE` > `").skip(1).filter_map(|rest| rest.split('`').next());
        let named = quoted(&text).filter(|word| saved.contains(*word));
        used.extend(led_to.chain(named).map(|query| (path.clone(), query.to_owned())));
    }
    for (by, query) in &used {
        assert!(saved.contains(query), "{by} names the query {query}, which is not saved");
    }
    for query in saved {
        assert!(used.iter().any(|(_, named)| *named == query), "nobody names the saved query {query}");
    }
}

/// `> 5 %, 3 of 5 of 1 min`: threshold where it is a plain number, M, N and period.
fn stated(evaluation: &str) -> Option<(Option<f64>, u32, u32, Duration)> {
    let (limit, rest) = evaluation
        .split_once(", ")
        .filter(|_| !evaluation.contains(" of the timeout"))
        .or_else(|| evaluation.split_once("), "))?;
    let number = limit.trim_start_matches(['>', '<', '≥', ' ']).trim_end_matches([' ', '%']);
    let words: Vec<&str> = rest.split([' ', ',']).collect();
    let [m, "of", n, "of", count, unit, ..] = words[..] else { return None };
    let seconds = match unit {
        "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let period = Duration::from_secs(count.parse::<u64>().ok()? * seconds);
    Some((number.parse().ok(), m.parse().ok()?, n.parse().ok()?, period))
}

fn period_of(alarm: &Alarm) -> Duration {
    alarm.queries.iter().map(|query| query.period).max().expect("a query")
}

#[test]
fn the_table_says_when_each_alarm_fires() {
    let stack = resolved();
    let rows = rows();
    for name in stack.composite_alarms.values().map(|alarm| &alarm.name[PREFIX.len()..]) {
        assert!(rows[name].evaluation.starts_with("composite"), "{name}: {}", rows[name].evaluation);
    }
    let mut thresholds = 0;
    for alarm in stack.alarms.values() {
        let evaluation = &rows[&alarm.name[PREFIX.len()..]].evaluation;
        let (threshold, m, n, period) = stated(evaluation).unwrap_or_else(|| panic!("{}: {evaluation}", alarm.name));
        let of_template = (alarm.datapoints_to_alarm, alarm.evaluation_periods, period_of(alarm));
        assert_eq!((m, n, period), of_template, "{}: {evaluation}", alarm.name);
        if let Some(threshold) = threshold {
            assert_eq!(threshold, alarm.threshold, "{}: {evaluation}", alarm.name);
            thresholds += 1;
        }
    }
    assert!(thresholds > 20, "thresholds were compared: {thresholds}");
}
