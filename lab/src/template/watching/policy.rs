//! Whether the policy of a resource lets a service of AWS do something.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
//!
//! What a policy says beyond the elements and conditions below is not judged, and so counts as a refusal with that reason.

use serde_json::Value as Json;

use crate::template::wildcard;

/// A service and what it asks.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Caller<'a> {
    /// `cloudwatch.amazonaws.com`
    pub(crate) service: &'a str,
    /// `sns:Publish`
    pub(crate) action: &'a str,
    /// ARN of the resource.
    pub(crate) resource: &'a str,
    /// Condition keys in lower case, with their values.
    pub(crate) context: &'a [(&'a str, &'a str)],
}

/// Why the statements refuse the caller; `None` where they let it in.
pub(crate) fn refusal(statements: &[Json], caller: &Caller<'_>) -> Option<String> {
    let Caller { service, action, .. } = caller;
    let mut reason = Some(format!("lets {service} do no {action}"));
    for statement in statements {
        let denies = statement["Effect"] == "Deny";
        match applies(statement, caller) {
            Ok(false) => {}
            Ok(true) if denies => return Some(format!("denies {action} to {service}")),
            Ok(true) => reason = None,
            Err(why) if denies => return Some(format!("may deny {action} to {service}: {why}")),
            Err(why) => reason = reason.map(|_| format!("lets {service} do {action} only on a condition: {why}")),
        }
    }
    reason
}

/// Whether a statement is about this caller, or why that cannot be told.
fn applies(statement: &Json, caller: &Caller<'_>) -> Result<bool, String> {
    if let Some(unknown) = ["NotAction", "NotPrincipal", "NotResource"].iter().find(|key| statement.get(key).is_some())
    {
        return Err(format!("the lab does not judge {unknown} of a resource's policy"));
    }
    let principal = &statement["Principal"];
    // "*" and {"AWS": "*"} are everybody, services among them: the default policy of a topic is written so.
    let everybody = principal == "*" || principals_of(statement, "AWS").contains(&"*");
    if !everybody && !principals_of(statement, "Service").contains(&caller.service) {
        return Ok(false);
    }
    let resources = texts(&statement["Resource"]);
    let resource = |pattern: &&str| wildcard::matches(pattern.as_bytes(), caller.resource.as_bytes());
    if !actions_of(statement, caller) || !resources.iter().any(resource) {
        return Ok(false);
    }
    conditions(&statement["Condition"], caller)
}

/// Whether a statement names the caller's action.
pub(crate) fn actions_of(statement: &Json, caller: &Caller<'_>) -> bool {
    let action = caller.action.to_ascii_lowercase();
    let matches = |pattern: &&str| wildcard::matches(pattern.to_ascii_lowercase().as_bytes(), action.as_bytes());
    texts(&statement["Action"]).iter().any(matches)
}

/// The principals of one kind: `AWS`, `Service`.
pub(crate) fn principals_of<'s>(statement: &'s Json, kind: &str) -> Vec<&'s str> {
    texts(&statement["Principal"][kind])
}

/// All conditions must hold, and of each key one value.
fn conditions(node: &Json, caller: &Caller<'_>) -> Result<bool, String> {
    let mut all = true;
    for (operator, keys) in node.as_object().into_iter().flatten() {
        for (key, wanted) in keys.as_object().into_iter().flatten() {
            let lower = key.to_ascii_lowercase();
            let Some((_, value)) = caller.context.iter().find(|(known, _)| *known == lower) else {
                return Err(format!("the lab does not judge the condition key {key}"));
            };
            let matches = |wanted: &&str| match operator.as_str() {
                "StringEquals" => Ok(wanted == value),
                "Bool" => Ok(wanted.eq_ignore_ascii_case(value)),
                "StringLike" | "ArnLike" | "ArnEquals" => Ok(wildcard::matches(wanted.as_bytes(), value.as_bytes())),
                other => Err(format!("the lab does not judge the condition operator {other}")),
            };
            let wanted = texts(wanted).iter().map(matches).collect::<Result<Vec<bool>, _>>()?;
            all &= wanted.contains(&true);
        }
    }
    Ok(all)
}

fn texts(node: &Json) -> Vec<&str> {
    match node {
        Json::String(text) => vec![text],
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(statement: Json, expected: Option<&str>) {
        let caller = Caller {
            service: "cloudwatch.amazonaws.com",
            action: "sns:Publish",
            resource: "arn:aws:sns:eu-west-1:1:page",
            context: &[("aws:sourceaccount", "1"), ("aws:securetransport", "true")],
        };
        let refusal = refusal(std::slice::from_ref(&statement), &caller);
        assert_eq!(refusal.as_deref(), expected, "{statement}");
    }

    #[test]
    fn a_service_is_let_in_by_name_or_with_everybody() {
        let service = json!({"Service": ["events.amazonaws.com", "cloudwatch.amazonaws.com"]});
        check(json!({"Effect": "Allow", "Principal": service, "Action": "sns:Publish", "Resource": "*"}), None);
        check(json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "SNS:*", "Resource": "*"}), None);
        let refused = Some("lets cloudwatch.amazonaws.com do no sns:Publish");
        let account = json!({"AWS": "arn:aws:iam::1:root"});
        check(json!({"Effect": "Allow", "Principal": account, "Action": "*", "Resource": "*"}), refused);
        check(json!({"Effect": "Allow", "Principal": service, "Action": "sns:Subscribe", "Resource": "*"}), refused);
        check(json!({"Effect": "Allow", "Principal": service, "Action": "sns:Publish", "Resource": "arn:x"}), refused);
    }

    #[test]
    fn a_condition_is_judged_or_refused() {
        let with = |condition: Json| json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition});
        check(with(json!({"StringEquals": {"AWS:SourceAccount": "1"}})), None);
        check(
            with(json!({"StringEquals": {"aws:SourceAccount": "2"}})),
            Some("lets cloudwatch.amazonaws.com do no sns:Publish"),
        );
        check(
            with(json!({"StringEquals": {"aws:PrincipalOrgID": "o"}})),
            Some(
                "lets cloudwatch.amazonaws.com do sns:Publish only on a condition: the lab does not judge the condition key aws:PrincipalOrgID",
            ),
        );
        check(
            json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
            Some("lets cloudwatch.amazonaws.com do no sns:Publish"),
        );
        check(
            json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}),
            Some("denies sns:Publish to cloudwatch.amazonaws.com"),
        );
    }
}
