//! `["AWS/Lambda", "Errors", "FunctionName", "f"]`, and the short form of what the row before it says already.

use std::collections::BTreeMap;

use crate::template::watched::MetricName;

/// Writes out a row. `.` is what stands there in the row before; `...` is as much of the row before as makes the rest end
/// where that one ends. CloudWatch's console writes `...`, but no page of AWS describes it.
pub(crate) fn expand(row: &[&str], before: &[String]) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    if let Some(at) = row.iter().position(|word| *word == "...") {
        let after = &row[at + 1..];
        let end = before.len().checked_sub(after.len()).filter(|end| at <= *end);
        words.extend(row[..at].iter().copied());
        words.extend(before[at..end.ok_or("is longer than the row that ... repeats")?].iter().map(String::as_str));
        words.extend(after.iter().copied());
    } else {
        words.extend(row.iter().copied());
    }
    let full = words.iter().enumerate().map(|(at, word)| match *word {
        "." => before.get(at).cloned().ok_or("has a . with nothing above it"),
        "..." => Err("has more than one ..."),
        word => Ok(word.to_owned()),
    });
    full.collect()
}

/// The metric of a full row.
pub(crate) fn metric(row: &[String]) -> Result<MetricName, &'static str> {
    let [namespace, name, dimensions @ ..] = row else { return Err("has no namespace and name") };
    if dimensions.len() % 2 == 1 {
        return Err("has a dimension without a value");
    }
    let dimensions: BTreeMap<_, _> =
        dimensions.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    if dimensions.len() * 2 + 2 != row.len() {
        return Err("has a dimension twice");
    }
    Ok(MetricName { namespace: namespace.clone(), name: name.clone(), dimensions })
}
