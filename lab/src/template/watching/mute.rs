//! Whether CloudWatch can publish to a topic. Where it cannot, an alarm fires and nobody hears of it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Items;
use super::key::Key;
use super::policy::{Caller, refusal};
use crate::template::error::TemplateError;
use crate::template::model::{Inputs, Stack};
use crate::template::references::alarm_arn;
use crate::template::tree::Node;
use crate::template::watched::{Actions, Topic};

const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";

/// Writes into every topic why CloudWatch cannot publish to it, if so.
///
/// A policy of the stack replaces the one that SNS writes itself, which lets in whatever comes from the topic's own account:
/// <https://repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger>
pub(crate) fn judge(
    stack: &mut Stack,
    keys: &[Key],
    policies: &BTreeMap<String, Vec<Json>>,
    items: &Items<'_>,
) -> Result<(), TemplateError> {
    let mut reasons = BTreeMap::new();
    for topic in stack.topics.values() {
        let key_id = items.find(&topic.logical_id).and_then(|item| item.properties.get("KmsMasterKeyId"));
        let key_id = key_id.map(Node::text).transpose()?;
        let policy = policies.get(&topic.arn);
        let reason = alarms_of(stack, topic, items.scope.inputs).iter().find_map(|alarm| {
            policy
                .and_then(|statements| by_its_policy(statements, topic, alarm, items.scope.inputs))
                .or_else(|| by_its_key(key_id.as_deref()?, keys, topic, alarm, items.scope.inputs))
        });
        reasons.insert(topic.logical_id.clone(), reason);
    }
    for (id, reason) in reasons {
        stack.topics.entry(id).and_modify(|topic| topic.mute = reason);
    }
    Ok(())
}

/// ARNs of the alarms that tell the topic: a policy may let in some only. Any alarm stands for none.
fn alarms_of(stack: &Stack, topic: &Topic, inputs: &Inputs) -> Vec<String> {
    let tells = |actions: &Actions| {
        [&actions.alarm, &actions.ok, &actions.insufficient_data].iter().any(|list| list.contains(&topic.arn))
    };
    let plain = stack.alarms.values().map(|alarm| (&alarm.actions, &alarm.arn));
    let composite = stack.composite_alarms.values().map(|alarm| (&alarm.actions, &alarm.arn));
    let arns: Vec<String> =
        plain.chain(composite).filter(|(actions, _)| tells(actions)).map(|(_, arn)| arn.clone()).collect();
    if arns.is_empty() { vec![alarm_arn(inputs, "any")] } else { arns }
}

fn by_its_policy(statements: &[Json], topic: &Topic, alarm: &str, inputs: &Inputs) -> Option<String> {
    let account = inputs.account_id.as_str();
    let context = [
        ("aws:sourceaccount", account),
        ("aws:sourceowner", account),
        ("aws:sourcearn", alarm),
        ("aws:securetransport", "true"),
    ];
    let caller = Caller { service: CLOUDWATCH, action: "sns:Publish", resource: &topic.arn, context: &context };
    refusal(statements, &caller).map(|reason| format!("the topic's policy {reason}"))
}

/// SNS asks the key on behalf of whoever publishes.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>
fn by_its_key(id: &str, keys: &[Key], topic: &Topic, alarm: &str, inputs: &Inputs) -> Option<String> {
    if id.ends_with("alias/aws/sns") {
        // https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
        return Some(
            "alias/aws/sns lets CloudWatch neither decrypt nor make data keys, and nobody can change its policy".into(),
        );
    }
    let Some(key) = keys.iter().find(|key| key.names.iter().any(|name| name == id)) else {
        return Some(format!("{id} is no key of this template: whether it lets CloudWatch in cannot be known"));
    };
    if !key.enabled {
        return Some(format!("the key {} is disabled", key.logical_id));
    }
    let context = [
        ("aws:sourceaccount", inputs.account_id.as_str()),
        ("aws:sourcearn", alarm),
        ("aws:securetransport", "true"),
        ("kms:encryptioncontext:aws:sns:topicarn", &topic.arn),
    ];
    ["kms:Decrypt", "kms:GenerateDataKey"].iter().find_map(|action| {
        let caller = Caller { service: CLOUDWATCH, action, resource: &key.arn, context: &context };
        refusal(&key.statements, &caller).map(|reason| format!("the policy of the key {} {reason}", key.logical_id))
    })
}
