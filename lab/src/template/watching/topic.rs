//! `AWS::SNS::Topic`, `AWS::SNS::Subscription` and `AWS::SNS::TopicPolicy`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Items;
use crate::template::error::TemplateError;
use crate::template::iam;
use crate::template::intrinsics::Scope;
use crate::template::model::Stack;
use crate::template::properties::{Known, TAGS};
use crate::template::references::topic_arn;
use crate::template::resources::Kind;
use crate::template::stack::Resolved;
use crate::template::tree::Node;
use crate::template::watched::Topic;

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html>
const TOPIC: Known = Known {
    what: "AWS::SNS::Topic",
    used: &["KmsMasterKeyId", "Subscription", "TopicName"],
    without_effect: &[
        TAGS,
        ("DisplayName", "is the sender's name in a text message"),
        ("SignatureVersion", "the lab signs no notice"),
        ("TracingConfig", "an alarm's notice is in no trace"),
    ],
};
const INLINE: Known = Known { what: "a subscription of a topic", used: &["Endpoint", "Protocol"], without_effect: &[] };
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html>
const SUBSCRIPTION: Known =
    Known { what: "AWS::SNS::Subscription", used: &["Endpoint", "Protocol", "TopicArn"], without_effect: &[] };
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topicpolicy.html>
const POLICY: Known = Known { what: "AWS::SNS::TopicPolicy", used: &["PolicyDocument", "Topics"], without_effect: &[] };
/// <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>
const PROTOCOLS: &[&str] = &["application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"];

/// Whether it is mute is judged last.
pub(crate) fn read(item: &Resolved<'_>, scope: &Scope<'_>) -> Result<Topic, TemplateError> {
    let node = &item.properties;
    TOPIC.check(node)?;
    let name = item.physical_name(scope)?;
    let well_named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !(1..=256).contains(&name.len()) || !name.bytes().all(well_named) {
        let at = node.get("TopicName").unwrap_or(node);
        return Err(at.error(format!("\"{name}\" is no topic name: 1 to 256 letters, digits, hyphens and underscores")));
    }
    let mut subscriptions = Vec::new();
    for subscription in node.get("Subscription").map_or(Ok(Default::default()), Node::list)? {
        INLINE.check(subscription)?;
        subscriptions.push(subscriber(subscription)?);
    }
    node.get("KmsMasterKeyId").map(Node::text).transpose()?;
    let arn = topic_arn(scope.inputs, &name);
    Ok(Topic { logical_id: item.id.to_owned(), name, arn, subscriptions, mute: None })
}

/// Adds a subscription to its topic.
pub(crate) fn subscribe(item: &Resolved<'_>, stack: &mut Stack) -> Result<(), TemplateError> {
    let node = &item.properties;
    SUBSCRIPTION.check(node)?;
    let subscriber = subscriber(node)?;
    let id = topic_of(node.require("TopicArn")?, stack)?.logical_id.clone();
    stack.topics.entry(id).and_modify(|topic| topic.subscriptions.push(subscriber));
    Ok(())
}

fn subscriber(node: &Node) -> Result<(String, String), TemplateError> {
    let protocol = node.require("Protocol")?.one_of(PROTOCOLS)?;
    let endpoint_node = node.require("Endpoint")?;
    let endpoint = endpoint_node.text()?;
    let wrong = match protocol.as_str() {
        "email" | "email-json" => !endpoint.contains('@'),
        "http" | "https" => !endpoint.starts_with(&format!("{protocol}://")),
        _ => endpoint.is_empty(),
    };
    if wrong {
        return Err(endpoint_node.error(format!("\"{endpoint}\" is no endpoint of the protocol {protocol}")));
    }
    Ok((protocol, endpoint))
}

/// Statements of the topic policies, by the topic's ARN. A topic has one policy: the last one set wins in AWS, in no
/// order that a template could state.
pub(crate) fn policies(items: &Items<'_>, stack: &Stack) -> Result<BTreeMap<String, Vec<Json>>, TemplateError> {
    let mut policies = BTreeMap::new();
    for item in items.of(Kind::TopicPolicy) {
        let node = &item.properties;
        POLICY.check(node)?;
        let statements = iam::document(node.require("PolicyDocument")?)?;
        for topic in node.require("Topics")?.list()? {
            let arn = topic_of(topic, stack)?.arn.clone();
            if policies.insert(arn, statements.clone()).is_some() {
                return Err(topic.error("the topic has another AWS::SNS::TopicPolicy, and only one of them would stay"));
            }
        }
    }
    Ok(policies)
}

/// The topic that an ARN means.
pub(crate) fn topic_of<'s>(node: &Node, stack: &'s Stack) -> Result<&'s Topic, TemplateError> {
    let arn = node.text()?;
    let topic = stack.topics.values().find(|topic| topic.arn == arn);
    topic.ok_or_else(|| node.error(format!("\"{arn}\" is no topic of this template")))
}
