//! Which alarms a composite alarm's rule names. The rule itself is parsed by what evaluates it, in the lab's CloudWatch.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html>

use std::collections::BTreeSet;

const STATES: &[&str] = &["ALARM", "OK", "INSUFFICIENT_DATA"];

/// Names or ARNs, each once, or what is wrong.
pub(crate) fn alarms(rule: &str) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    let mut rest = rule;
    while let Some(first) = rest.chars().next() {
        if !first.is_ascii_alphabetic() {
            if !first.is_whitespace() && first != '(' && first != ')' {
                return Err(format!("'{first}' does not belong in a rule"));
            }
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        if STATES.contains(&word) {
            let open =
                after.trim_start().strip_prefix('(').ok_or_else(|| format!("{word} takes an alarm in brackets"))?;
            let (name, after) = argument(open.trim_start())?;
            found.insert(name.to_owned());
            rest = after.trim_start().strip_prefix(')').ok_or_else(|| format!("{word}(\"{name}\" is not closed"))?;
        } else if !["AND", "OR", "NOT", "TRUE", "FALSE"].contains(&word) {
            return Err(format!("the lab does not know {word} in a rule"));
        }
    }
    Ok(found)
}

/// A name in quotes, or a bare one up to the bracket.
fn argument(text: &str) -> Result<(&str, &str), String> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.split_once('"').ok_or_else(|| "a quote is not closed".to_owned());
    }
    let end = text.find(')').unwrap_or(text.len());
    let name = text[..end].trim_end();
    if name.is_empty() { Err("an alarm has no name".to_owned()) } else { Ok((name, &text[end..])) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alarms_of_a_rule_are_found() {
        let check = |rule: &str, expected: &[&str]| {
            let found = alarms(rule).expect(rule);
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{rule}");
        };
        check("ALARM(\"a b\") AND NOT (OK(c) OR ALARM ( \"a b\" ))", &["a b", "c"]);
        check("TRUE", &[]);
        check("INSUFFICIENT_DATA(arn:aws:cloudwatch:eu-west-1:1:alarm:x)", &["arn:aws:cloudwatch:eu-west-1:1:alarm:x"]);
    }

    #[test]
    fn a_rule_that_is_none_is_refused() {
        let check = |rule: &str, expected: &str| assert_eq!(alarms(rule).expect_err(rule), expected);
        check("ALARM(\"a\" AND OK(\"b\")", "ALARM(\"a\" is not closed");
        check("ALARM", "ALARM takes an alarm in brackets");
        check("ALARM(\"a)", "a quote is not closed");
        check("ALARM()", "an alarm has no name");
        check("AT_LEAST(1, ALARM, (a))", "the lab does not know AT_LEAST in a rule");
        check("a & b", "the lab does not know a in a rule");
    }
}
