//! Metric math, as far as a template can be judged by it: which ids and which functions an expression names.
//!
//! The syntax is the evaluator's to judge, in the lab's CloudWatch.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>

use std::collections::BTreeSet;

use super::function::Function;

/// Functions that have no place in an alarm, with the reason.
const NOT_IN_ALARMS: &[(&str, &str)] = &[
    ("ANOMALY_DETECTION_BAND", "the lab trains no models"),
    ("DIFF", "an alarm gives it more periods than it evaluates, so its first value is of another pair than it seems"),
    ("FILL", "it makes values where there are none, so an alarm with it cannot tell silence; say TreatMissingData"),
    ("INSIGHT_RULE_METRIC_DATA", "the lab evaluates no Contributor Insights rules"),
    ("METRICS", "an array is no value to compare; name the metrics"),
    ("RATE", "CloudWatch warns of it in alarms: with sparse data it behaves unpredictably"),
    ("RUNNING_SUM", "it depends on how many periods CloudWatch happens to fetch"),
    ("SEARCH", "CloudWatch allows no alarm on it: it can find any number of metrics"),
    ("SERVICE_QUOTA", "the lab has no quotas"),
];

/// Longest expression. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html>
pub(crate) const MAX_LENGTH: usize = 2048;

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Alarm,
    Dashboard,
}

/// The ids that the expression names, or what is wrong with it.
pub(crate) fn ids(text: &str, place: Place) -> Result<BTreeSet<String>, String> {
    if text.is_empty() || text.len() > MAX_LENGTH {
        return Err(format!("an expression has 1 to {MAX_LENGTH} characters, not {}", text.len()));
    }
    let mut ids = BTreeSet::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '"' || first == '\'' {
            // The text of METRICS("errors").
            let end = rest[1..].find(first).ok_or_else(|| format!("{first} is not closed"))?;
            rest = &rest[end + 2..];
        } else if first.is_ascii_digit() {
            let number = |c: char| c.is_ascii_alphanumeric() || c == '.';
            rest = rest.trim_start_matches(number);
        } else if first.is_ascii_alphabetic() {
            let (word, after) = split_word(rest);
            if after.trim_start().starts_with('(') {
                function(word, place)?;
            } else if first.is_ascii_lowercase() {
                ids.insert(word.to_owned());
            } else if !matches!(word, "AND" | "OR") {
                return Err(format!("{word} is no id: ids begin with a small letter"));
            }
            rest = after;
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    Ok(ids)
}

fn split_word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    text.split_at(end)
}

fn function(name: &str, place: Place) -> Result<(), String> {
    if matches!(name, "AND" | "OR") {
        return Ok(());
    }
    let refused = NOT_IN_ALARMS.iter().find(|(refused, _)| *refused == name);
    match refused {
        Some((_, reason)) if place == Place::Alarm => Err(format!("{name} has no place in an alarm: {reason}")),
        _ if Function::of(name).is_some() => Ok(()),
        Some((_, reason)) => Err(format!("the lab does not evaluate {name}: {reason}")),
        None => Err(format!("the lab does not evaluate {name}, only {}", Function::names())),
    }
}

/// Whether this can be the id of a query: a small letter, then letters, digits and underscores, at most 255.
pub(crate) fn is_id(text: &str) -> bool {
    let word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    text.starts_with(|first: char| first.is_ascii_lowercase()) && word && text.len() <= 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_an_expression_are_found() {
        let check = |text: &str, expected: &[&str]| {
            let found = ids(text, Place::Dashboard).expect(text);
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{text}");
        };
        check("IF(n>0,100*e_1/n,0)", &["e_1", "n"]);
        check("SUM([m1, m2]) + 1e3", &["m1", "m2"]);
        check("a && b OR c", &["a", "b", "c"]);
        check("SUM(METRICS(\"errors\"))", &[]);
        check("a AND (b OR (c))", &["a", "b", "c"]);
    }

    #[test]
    fn a_function_without_a_place_is_refused_with_the_reason() {
        let check = |text: &str, place: Place, expected: &str| {
            assert!(ids(text, place).expect_err(text).contains(expected), "{text}");
        };
        check("FILL(m1, 0)", Place::Alarm, "FILL has no place in an alarm: it makes values");
        check("SEARCH('{AWS/Lambda}', 'Sum', 60)", Place::Alarm, "CloudWatch allows no alarm on it");
        check("FILL(m1, 0)", Place::Dashboard, "the lab does not evaluate FILL");
        check("LOG10(m1)", Place::Alarm, "the lab does not evaluate LOG10, only ABS, ");
        check("M1 + 1", Place::Alarm, "M1 is no id");
        check("'a", Place::Alarm, "is not closed");
        check("", Place::Alarm, "1 to 2048 characters");
        assert!(ids("RUNNING_SUM(m1)", Place::Dashboard).is_ok());
    }
}
