//! `AWS::CloudWatch::CompositeAlarm`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-compositealarm.html>

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Items, actions, alarm, limits, rule};
use crate::template::dependencies;
use crate::template::error::{TemplateError, did_you_mean};
use crate::template::intrinsics::Scope;
use crate::template::model::Stack;
use crate::template::properties::Known;
use crate::template::references::alarm_arn;
use crate::template::stack::{Edges, Resolved};
use crate::template::tree::Node;
use crate::template::watched::{CompositeAlarm, Suppressor};

const PROPERTIES: Known = Known {
    what: "AWS::CloudWatch::CompositeAlarm",
    used: &[
        "ActionsEnabled",
        "ActionsSuppressor",
        "ActionsSuppressorExtensionPeriod",
        "ActionsSuppressorWaitPeriod",
        "AlarmActions",
        "AlarmDescription",
        "AlarmName",
        "AlarmRule",
        "InsufficientDataActions",
        "OKActions",
        "Tags",
    ],
    without_effect: &[],
};
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html>
const MAX_CHILDREN: usize = 100;
const MAX_RULE: usize = 10_240;

pub(crate) fn read(item: &Resolved<'_>, stack: &Stack, scope: &Scope<'_>) -> Result<CompositeAlarm, TemplateError> {
    let node = &item.properties;
    PROPERTIES.check(node)?;
    let name = alarm::name(item, scope)?;
    Ok(CompositeAlarm {
        logical_id: item.id.to_owned(),
        arn: alarm_arn(scope.inputs, &name),
        name,
        description: alarm::description(node)?,
        actions: actions::read(node, stack)?,
        rule: limits::text(node.require("AlarmRule")?, 1..=MAX_RULE)?,
        suppressor: suppressor(node)?,
    })
}

fn suppressor(node: &Node) -> Result<Option<Suppressor>, TemplateError> {
    let (wait, extension) = ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod");
    let Some(alarm) = node.get("ActionsSuppressor") else {
        return match node.get(wait).or_else(|| node.get(extension)) {
            Some(period) => Err(period.error("there is no ActionsSuppressor to wait for")),
            None => Ok(None),
        };
    };
    let seconds = |key: &str| node.require(key)?.integer(0..=86_400_u64).map(Duration::from_secs);
    Ok(Some(Suppressor { alarm: limits::text(alarm, 1..=1600)?, wait: seconds(wait)?, extension: seconds(extension)? }))
}

/// Whatever a composite alarm names must be an alarm, made before it, and must not depend on it in turn.
pub(crate) fn check_names(item: &Resolved<'_>, stack: &Stack, items: &Items<'_>) -> Result<(), TemplateError> {
    let names = Names::of(stack);
    let rule_node = item.properties.require("AlarmRule")?;
    let children = names.children(rule_node)?;
    if children.len() > MAX_CHILDREN {
        return Err(rule_node.error(format!("{} alarms, and CloudWatch allows {MAX_CHILDREN}", children.len())));
    }
    let suppressor = item.properties.get("ActionsSuppressor");
    let suppressor = suppressor.map(|node| names.find(&node.text()?, node).map(|id| (node, id))).transpose()?;
    let named = children.iter().map(|id| (rule_node, *id)).chain(suppressor);
    for (node, id) in named {
        // https://github.com/awsdocs/aws-cloudformation-user-guide/issues/911
        if !depends(items.edges, item.id, id) && id != item.id {
            return Err(node.error(format!(
                "CloudFormation may make {} before {id}, and CloudWatch refuses a rule on an alarm that does not exist: \
                 name it with ${{{id}}}, or add DependsOn",
                item.id
            )));
        }
    }
    // "The evaluation of composite alarms stops if CloudWatch detects a cycle."
    let mut edges = BTreeMap::new();
    for other in items.resolved.iter().filter(|other| stack.composite_alarms.contains_key(other.id)) {
        let children = names.children(other.properties.require("AlarmRule")?)?;
        edges.insert(other.id.to_owned(), children.into_iter().map(str::to_owned).collect());
    }
    match dependencies::circle(&edges) {
        Some(circle) => Err(rule_node.error(format!("the rules are a circle: {}", circle.join(" -> ")))),
        None => Ok(()),
    }
}

/// Logical ids by name and by ARN.
struct Names<'s>(BTreeMap<&'s str, &'s str>);

impl<'s> Names<'s> {
    fn of(stack: &'s Stack) -> Self {
        let plain = stack.alarms.values().map(|one| (&one.name, &one.arn, &one.logical_id));
        let composite = stack.composite_alarms.values().map(|one| (&one.name, &one.arn, &one.logical_id));
        let both = plain.chain(composite);
        Self(both.flat_map(|(name, arn, id)| [(name.as_str(), id.as_str()), (arn.as_str(), id.as_str())]).collect())
    }

    fn children(&self, rule: &Node) -> Result<BTreeSet<&'s str>, TemplateError> {
        let names = rule::alarms(&rule.text()?).map_err(|message| rule.error(message))?;
        names.iter().map(|name| self.find(name, rule)).collect()
    }

    fn find(&self, name: &str, at: &Node) -> Result<&'s str, TemplateError> {
        self.0.get(name).copied().ok_or_else(|| {
            let hint = did_you_mean(name, self.0.keys().copied());
            at.error(format!("\"{name}\" is no alarm of this template{hint}"))
        })
    }
}

/// Whether CloudFormation makes `of` before `id`.
fn depends(edges: &Edges, id: &str, of: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        for target in edges.get(next).into_iter().flatten() {
            if target == of {
                return true;
            }
            if seen.insert(target) {
                open.push(target);
            }
        }
    }
    false
}
