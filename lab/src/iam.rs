//! IAM: whether a role's statements let it do something.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
//!
//! Only what the project's roles use is evaluated. Whatever else a statement says is refused by its name: a policy
//! that is judged by half is worse than none.

use serde_json::Value;

use crate::template::wildcard;

/// What the statements say of one action on one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// A statement denies it, whatever the others say.
    ExplicitlyDenied,
    /// No statement speaks of it.
    ImplicitlyDenied,
}

/// Why a statement cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// An element that would change the outcome and that the lab does not evaluate.
    #[error("the lab does not evaluate '{0}' in an IAM statement, only Effect, Action and Resource")]
    UnknownElement(String),
    /// A policy variable.
    #[error("the lab does not evaluate policy variables, and '{0}' has one")]
    Variable(String),
    /// An element is missing or has a form that IAM does not take.
    #[error("an IAM statement needs {0}")]
    Malformed(&'static str),
}

/// Judges one action on one resource. Every statement that names the action is read, so that one which cannot be
/// judged is always found, whatever the resource.
///
/// # Errors
/// The first such statement that the lab cannot judge.
pub fn evaluate(statements: &[Value], action: &str, resource: &str) -> Result<Decision, PolicyError> {
    let mut decision = Decision::ImplicitlyDenied;
    for statement in statements {
        let Some(Statement { allows, resources }) = Statement::about(action, statement)? else { continue };
        if resources.iter().any(|pattern| arn_matches(pattern, resource)) {
            match allows {
                false => decision = Decision::ExplicitlyDenied,
                true if decision == Decision::ImplicitlyDenied => decision = Decision::Allowed,
                true => {}
            }
        }
    }
    Ok(decision)
}

struct Statement<'a> {
    allows: bool,
    resources: Vec<&'a str>,
}

impl<'a> Statement<'a> {
    /// `None` where the statement is about other actions.
    fn about(action: &str, statement: &'a Value) -> Result<Option<Self>, PolicyError> {
        let elements = statement.as_object().ok_or(PolicyError::Malformed("to be an object"))?;
        if !elements.contains_key("NotAction") {
            let actions = texts(elements.get("Action"));
            let actions = actions.ok_or(PolicyError::Malformed("an Action, a text or a list of texts"))?;
            if !actions.iter().any(|pattern| action_matches(pattern, action)) {
                return Ok(None);
            }
        }
        let known = ["Sid", "Effect", "Action", "Resource"];
        if let Some(unknown) = elements.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(PolicyError::UnknownElement(unknown.clone()));
        }
        let allows = match elements.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err(PolicyError::Malformed("an Effect, Allow or Deny")),
        };
        let resources = texts(elements.get("Resource"));
        let resources = resources.ok_or(PolicyError::Malformed("a Resource, a text or a list of texts"))?;
        for resource in &resources {
            if resource.contains("${") {
                return Err(PolicyError::Variable((*resource).to_owned()));
            }
            if *resource != "*" && !resource.starts_with("arn:") {
                return Err(PolicyError::Malformed("a Resource that is an ARN or *"));
            }
        }
        Ok(Some(Self { allows, resources }))
    }
}

/// A text or a list of at least one.
fn texts(element: Option<&Value>) -> Option<Vec<&str>> {
    match element? {
        Value::String(text) => Some(vec![text]),
        Value::Array(texts) if !texts.is_empty() => texts.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Actions are compared without regard to case.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
fn action_matches(pattern: &str, action: &str) -> bool {
    wildcard::matches(pattern.to_ascii_lowercase().as_bytes(), action.to_ascii_lowercase().as_bytes())
}

/// ARNs are compared segment by segment: a wildcard crosses a colon only when it ends the pattern.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn arn_matches(pattern: &str, arn: &str) -> bool {
    const SEGMENTS: usize = 6;
    let patterns: Vec<&str> = pattern.splitn(SEGMENTS, ':').collect();
    // A pattern that ends early takes all the rest with its last segment.
    let segments: Vec<&str> = arn.splitn(patterns.len(), ':').collect();
    let whole = patterns.len() == SEGMENTS || pattern.ends_with('*');
    whole
        && patterns.len() == segments.len()
        && patterns
            .iter()
            .zip(&segments)
            .all(|(pattern, segment)| wildcard::matches(pattern.as_bytes(), segment.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const RECORD: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc/dev/POST/record";

    fn statement(effect: &str, action: &str, resource: &str) -> Value {
        json!({"Effect": effect, "Action": action, "Resource": resource})
    }

    #[test]
    fn a_role_may_do_what_a_statement_allows_and_nothing_else() {
        let role = [
            statement("Allow", "execute-api:Invoke", RECORD),
            json!({"Sid": "Rows", "Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:GetItem"],
                   "Resource": ["arn:aws:dynamodb:eu-west-1:123456789012:table/rides"]}),
            statement("Allow", "ssm:GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/wild-rydes-*"),
        ];
        let parameter = "arn:aws:ssm:eu-west-1:123456789012:parameter/wild-rydes-ride-fleet/dev/URL";
        for (action, resource, expected) in [
            ("execute-api:Invoke", RECORD, Decision::Allowed),
            ("execute-api:invoke", RECORD, Decision::Allowed),
            ("execute-api:Invoke", &RECORD.replace("POST", "GET"), Decision::ImplicitlyDenied),
            ("execute-api:Invoke", &RECORD.replace("dev", "prod"), Decision::ImplicitlyDenied),
            ("execute-api:Invoke", &RECORD.replace("record", "Record"), Decision::ImplicitlyDenied),
            ("execute-api:Invoke", &format!("{RECORD}/health"), Decision::ImplicitlyDenied),
            ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/rides", Decision::Allowed),
            ("dynamodb:DeleteItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/rides", Decision::ImplicitlyDenied),
            (
                "dynamodb:PutItem",
                "arn:aws:dynamodb:eu-west-1:123456789012:table/rides/index/x",
                Decision::ImplicitlyDenied,
            ),
            ("ssm:GetParameter", parameter, Decision::Allowed),
            ("ssm:PutParameter", parameter, Decision::ImplicitlyDenied),
        ] {
            assert_eq!(evaluate(&role, action, resource), Ok(expected), "{action} {resource}");
        }
    }

    #[test]
    fn a_deny_wins_wherever_it_stands() {
        let allow = statement("Allow", "*", "*");
        let deny = statement("Deny", "execute-api:*", "arn:aws:execute-api:*:*:*/*/POST/*");
        assert_eq!(evaluate(&[], "execute-api:Invoke", RECORD), Ok(Decision::ImplicitlyDenied));
        assert_eq!(evaluate(std::slice::from_ref(&allow), "execute-api:Invoke", RECORD), Ok(Decision::Allowed));
        for role in [[allow.clone(), deny.clone()], [deny, allow]] {
            assert_eq!(evaluate(&role, "execute-api:Invoke", RECORD), Ok(Decision::ExplicitlyDenied));
        }
    }

    #[test]
    fn what_is_not_evaluated_is_refused_by_name() {
        let with = |key: &str, value: Value| {
            let mut statement = statement("Allow", "a:B", "*");
            statement[key] = value;
            evaluate(&[statement], "a:B", "x").expect_err("refused")
        };
        for key in ["Condition", "NotAction", "NotResource", "Principal"] {
            assert_eq!(with(key, json!({})), PolicyError::UnknownElement(key.to_owned()));
        }
        assert!(matches!(with("Resource", json!("arn:aws:s3:::${aws:username}")), PolicyError::Variable(_)));
        for (key, value) in [
            ("Effect", json!("allow")),
            ("Action", json!([])),
            ("Action", json!(1)),
            ("Resource", json!(null)),
            ("Resource", json!("*/POST")),
        ] {
            assert!(matches!(with(key, value), PolicyError::Malformed(_)), "{key}");
        }
        assert!(evaluate(&[json!("Allow")], "a:B", "x").is_err());
        let other = json!({"Effect": "Allow", "Action": "c:D", "Resource": "*", "Condition": {}});
        assert_eq!(evaluate(&[other], "a:B", "x"), Ok(Decision::ImplicitlyDenied), "it is about another action");
    }

    #[test]
    fn a_wildcard_stays_in_its_segment_unless_it_ends_the_pattern() {
        for (pattern, expected) in [
            ("*", true),
            ("arn:aws:execute-api:*", true),
            ("arn:aws:execute-api:eu-west-1:*", true),
            ("arn:aws:execute-api:eu-west-1:123456789012:abc/*", true),
            ("arn:aws:execute-api:*:*:abc/dev/*/record", true),
            ("arn:aws:execute-api:eu-west-?:123456789012:???/dev/POST/r*d", true),
            ("arn:aws:execute-api:*:abc/dev/POST/record", false),
            ("arn:aws:execute-api:eu-west-1:123456789012", false),
            ("arn:aws:execute-api:eu-west-1:123456789012:abc/dev/POST/record?", false),
            ("arn:aws:execute-api:eu-west-1:123456789012:abc/dev/POST", false),
            ("arn:aws:lambda:*", false),
            ("", false),
        ] {
            assert_eq!(arn_matches(pattern, RECORD), expected, "{pattern}");
        }
    }

    #[test]
    fn many_stars_do_not_take_long() {
        let pattern = "*a".repeat(2_000);
        assert!(!wildcard::matches(pattern.as_bytes(), "a".repeat(1_999).as_bytes()));
        assert!(wildcard::matches(pattern.as_bytes(), "a".repeat(2_000).as_bytes()));
    }
}
