//! `AWS::Scheduler::Schedule`: a function that runs at a rate.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html>

use std::time::Duration;

use super::policy::{Caller, refusal};
use super::{Items, limits};
use crate::template::asynchronous::{self, Asynchronous};
use crate::template::error::TemplateError;
use crate::template::iam;
use crate::template::model::{Function, Stack};
use crate::template::permission::function_of;
use crate::template::properties::{DESCRIPTION, Known};
use crate::template::references::schedule_arn;
use crate::template::resources::Kind;
use crate::template::stack::Resolved;
use crate::template::tree::Node;
use crate::template::watched::Schedule;
use crate::template::wildcard;

const PROPERTIES: Known = Known {
    what: "AWS::Scheduler::Schedule",
    used: &["FlexibleTimeWindow", "GroupName", "Name", "ScheduleExpression", "State", "Target"],
    without_effect: &[DESCRIPTION, ("ScheduleExpressionTimezone", "a rate has no time zone")],
};
const WINDOW: Known = Known { what: "FlexibleTimeWindow", used: &["Mode"], without_effect: &[] };
const TARGET: Known =
    Known { what: "the target of a schedule", used: &["Arn", "Input", "RetryPolicy", "RoleArn"], without_effect: &[] };
const RETRIES: Known =
    Known { what: "RetryPolicy", used: &["MaximumEventAgeInSeconds", "MaximumRetryAttempts"], without_effect: &[] };
const SCHEDULER: &str = "scheduler.amazonaws.com";
/// Most and default. <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html>
const MAX_RETRIES: u32 = 185;

pub(crate) fn read(item: &Resolved<'_>, stack: &Stack, items: &Items<'_>) -> Result<Schedule, TemplateError> {
    let node = &item.properties;
    PROPERTIES.check(node)?;
    let name = item.physical_name(items.scope)?;
    let name_node = node.get("Name").unwrap_or(node);
    limits::checked(&name, 1..=64).map_err(|message| name_node.error(message))?;
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        return Err(name_node.error(format!("\"{name}\" is no schedule name: letters, digits, - _ and .")));
    }
    node.get("GroupName").map(|group| group.one_of(&["default"])).transpose()?;
    let window = node.require("FlexibleTimeWindow")?;
    WINDOW.check(window)?;
    window.require("Mode")?.one_of(&["OFF"])?;
    let target = node.require("Target")?;
    TARGET.check(target)?;
    let function_node = target.require("Arn")?;
    let id = function_of(function_node, stack)?;
    let function = stack.functions.get(&id).ok_or_else(|| function_node.error("is no function of this template"))?;
    let arn = schedule_arn(items.scope.inputs, &name);
    may_run(target.require("RoleArn")?, function, &arn, stack, items)?;
    let asynchronous = self::asynchronous(&id, function, items)?;
    Ok(Schedule {
        logical_id: item.id.to_owned(),
        arn,
        name,
        every: rate(node.require("ScheduleExpression")?)?,
        enabled: node.get("State").map_or(Ok("ENABLED".to_owned()), |state| state.one_of(&["ENABLED", "DISABLED"]))?
            == "ENABLED",
        input: input(target)?,
        retries: target.get("RetryPolicy").map_or(Ok(MAX_RETRIES), retries)?,
        function_retries: asynchronous.retries,
        function_event_age: asynchronous.event_age,
        function: id,
    })
}

/// `rate(5 minutes)`. <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based>
fn rate(node: &Node) -> Result<Duration, TemplateError> {
    let text = node.text()?;
    let inner = text.strip_prefix("rate(").and_then(|rest| rest.strip_suffix(')'));
    let (value, unit) = inner.and_then(|inner| inner.trim().split_once(' ')).unwrap_or_default();
    let unit = match unit.trim() {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3_600,
        "day" | "days" => 86_400,
        _ => 0,
    };
    let count = value.parse().ok().filter(|count: &u32| *count > 0 && unit > 0);
    let seconds = count.map(|count| u64::from(count) * unit);
    let seconds =
        seconds.ok_or_else(|| node.error(format!("the lab runs rate(N minutes|hours|days), not \"{text}\"")))?;
    Ok(Duration::from_secs(seconds))
}

/// A function's input is JSON. Without one the scheduler sends an event of its own, which the lab does not make.
fn input(target: &Node) -> Result<String, TemplateError> {
    let node = target.require("Input")?;
    let text = node.text()?;
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(node.error(format!("is no JSON: {error}"))),
    }
}

fn retries(node: &Node) -> Result<u32, TemplateError> {
    RETRIES.check(node)?;
    node.get("MaximumEventAgeInSeconds").map(|age| age.integer(60..=86_400)).transpose()?;
    node.get("MaximumRetryAttempts").map_or(Ok(MAX_RETRIES), |attempts| attempts.integer(0..=MAX_RETRIES))
}

/// The scheduler calls a function without waiting for it; what fails then is tried again by Lambda.
fn asynchronous(id: &str, function: &Function, items: &Items<'_>) -> Result<Asynchronous, TemplateError> {
    let named = |text: String| text == function.arn || text == function.name;
    for config in items.of(Kind::EventInvokeConfig) {
        if config.properties.get("FunctionName").and_then(Node::scalar).is_some_and(named) {
            return asynchronous::of_config(&config.properties);
        }
    }
    items.find(id).map_or(Ok(Asynchronous::default()), |item| asynchronous::of_function(&item.properties))
}

/// The role must trust the scheduler, and allow the call: else the schedule fails without a word.
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role>
fn may_run(
    node: &Node,
    function: &Function,
    schedule: &str,
    stack: &Stack,
    items: &Items<'_>,
) -> Result<(), TemplateError> {
    let arn = node.text()?;
    let found = stack.roles.iter().find(|(_, role)| role.arn == arn);
    let (id, role) = found.ok_or_else(|| node.error(format!("\"{arn}\" is no role of this template")))?;
    let trust = items.find(id).and_then(|item| item.properties.get("AssumeRolePolicyDocument"));
    let trust = trust.map_or(Ok(Vec::new()), iam::document)?;
    // A trust policy names no resource: it is the role's own.
    let trust: Vec<_> = trust
        .into_iter()
        .map(|mut statement| {
            statement["Resource"] = "*".into();
            statement
        })
        .collect();
    let group =
        schedule.rsplit_once('/').map_or(schedule, |(group, _)| group).replace(":schedule/", ":schedule-group/");
    let account = items.scope.inputs.account_id.as_str();
    let refused = |source: &str| {
        let context = [("aws:sourceaccount", account), ("aws:sourcearn", source)];
        let caller = Caller { service: SCHEDULER, action: "sts:AssumeRole", resource: &arn, context: &context };
        refusal(&trust, &caller)
    };
    // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html: the source is the group.
    if let Some(reason) = refused(&group) {
        return Err(node.error(format!("the role's trust policy {reason}, so nothing would ever run")));
    }
    let allows = role.statements.iter().any(|statement| {
        statement["Effect"] == "Allow"
            && any(&statement["Action"], "lambda:invokefunction", true)
            && any(&statement["Resource"], &function.arn, false)
    });
    if !allows {
        let message =
            format!("the role may not do lambda:InvokeFunction on {}, so nothing would ever run", function.arn);
        return Err(node.error(message));
    }
    Ok(())
}

fn any(node: &serde_json::Value, text: &str, folded: bool) -> bool {
    let fold = |pattern: &str| if folded { pattern.to_ascii_lowercase() } else { pattern.to_owned() };
    let matches = |pattern: &str| wildcard::matches(fold(pattern).as_bytes(), text.as_bytes());
    match node {
        serde_json::Value::String(pattern) => matches(pattern),
        serde_json::Value::Array(items) => items.iter().filter_map(serde_json::Value::as_str).any(matches),
        _ => false,
    }
}
