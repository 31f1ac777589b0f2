//! The `Resources` section: which types there are, and what a resource carries beside its properties.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html>

use std::collections::BTreeMap;

use super::error::{TemplateError, did_you_mean};
use super::globals::Globals;
use super::properties::Known;
use super::tree::Node;

const ATTRIBUTES: Known = Known {
    what: "a resource",
    used: &["Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"],
    without_effect: &[],
};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>.
/// The lab's stack is gone or kept as a whole, with `--data`: neither policy has an effect.
const POLICIES: &[&str] = &["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Function,
    Api,
    Table,
    SsmParameter,
    LogGroup,
    Role,
    Permission,
    ApiAccount,
    Policy,
    UserPool,
    UserPoolClient,
    UsagePlan,
    WebAclAssociation,
    Alarm,
    CompositeAlarm,
    Dashboard,
    Topic,
    Subscription,
    TopicPolicy,
    Key,
    KeyAlias,
    MetricFilter,
    QueryDefinition,
    SamplingRule,
    TraceGroup,
    Schedule,
    EventInvokeConfig,
    Pipe,
    Queue,
    QueuePolicy,
    EventSourceMapping,
    Custom,
}

const TYPES: &[(&str, Kind)] = &[
    ("AWS::Serverless::Function", Kind::Function),
    ("AWS::Serverless::Api", Kind::Api),
    ("AWS::DynamoDB::Table", Kind::Table),
    ("AWS::SSM::Parameter", Kind::SsmParameter),
    ("AWS::Logs::LogGroup", Kind::LogGroup),
    ("AWS::IAM::Role", Kind::Role),
    ("AWS::Lambda::Permission", Kind::Permission),
    ("AWS::ApiGateway::Account", Kind::ApiAccount),
    ("AWS::IAM::Policy", Kind::Policy),
    ("AWS::Cognito::UserPool", Kind::UserPool),
    ("AWS::Cognito::UserPoolClient", Kind::UserPoolClient),
    ("AWS::ApiGateway::UsagePlan", Kind::UsagePlan),
    ("AWS::WAFv2::WebACLAssociation", Kind::WebAclAssociation),
    ("AWS::CloudWatch::Alarm", Kind::Alarm),
    ("AWS::CloudWatch::CompositeAlarm", Kind::CompositeAlarm),
    ("AWS::CloudWatch::Dashboard", Kind::Dashboard),
    ("AWS::SNS::Topic", Kind::Topic),
    ("AWS::SNS::Subscription", Kind::Subscription),
    ("AWS::SNS::TopicPolicy", Kind::TopicPolicy),
    ("AWS::KMS::Key", Kind::Key),
    ("AWS::KMS::Alias", Kind::KeyAlias),
    ("AWS::Logs::MetricFilter", Kind::MetricFilter),
    ("AWS::Logs::QueryDefinition", Kind::QueryDefinition),
    ("AWS::XRay::SamplingRule", Kind::SamplingRule),
    ("AWS::XRay::Group", Kind::TraceGroup),
    ("AWS::Scheduler::Schedule", Kind::Schedule),
    ("AWS::Lambda::EventInvokeConfig", Kind::EventInvokeConfig),
    ("AWS::Pipes::Pipe", Kind::Pipe),
    ("AWS::SQS::Queue", Kind::Queue),
    ("AWS::SQS::QueuePolicy", Kind::QueuePolicy),
    ("AWS::Lambda::EventSourceMapping", Kind::EventSourceMapping),
    ("AWS::CloudFormation::CustomResource", Kind::Custom),
];

/// A resource as declared, with the globals of its type merged in.
#[derive(Debug)]
pub(crate) struct Resource<'t> {
    pub(crate) kind: Kind,
    pub(crate) type_name: String,
    /// The whole resource.
    pub(crate) body: &'t Node,
    pub(crate) properties: Node,
    pub(crate) condition: Option<String>,
    pub(crate) depends_on: Vec<(String, &'t Node)>,
}

pub(crate) fn declare<'t>(
    section: &'t Node,
    globals: &Globals<'_>,
) -> Result<BTreeMap<String, Resource<'t>>, TemplateError> {
    let entries = section.map()?;
    // CloudFormation's quota, and what bounds the walks over references.
    if entries.len() > 500 {
        return Err(section.error(format!("{} resources, and CloudFormation allows 500", entries.len())));
    }
    let mut resources = BTreeMap::new();
    for entry in entries {
        if entry.key.is_empty() || !entry.key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(entry.at.error("a logical id has letters and digits only"));
        }
        resources.insert(entry.key.clone(), resource(&entry.value, globals)?);
    }
    for resource in resources.values() {
        for (id, node) in &resource.depends_on {
            if !resources.contains_key(id) {
                let hint = did_you_mean(id, resources.keys().map(String::as_str));
                return Err(node.error(format!("there is no resource \"{id}\"{hint}")));
            }
        }
    }
    Ok(resources)
}

fn resource<'t>(body: &'t Node, globals: &Globals<'_>) -> Result<Resource<'t>, TemplateError> {
    ATTRIBUTES.check(body)?;
    let type_node = body.require("Type")?;
    let type_name = type_node.text()?;
    let kind = TYPES
        .iter()
        .find(|(name, _)| *name == type_name)
        .map(|(_, kind)| *kind)
        .or_else(|| type_name.strip_prefix("Custom::").filter(|name| !name.is_empty()).map(|_| Kind::Custom))
        .ok_or_else(|| {
            let hint = did_you_mean(&type_name, TYPES.iter().map(|(name, _)| *name));
            type_node.error(format!("the lab does not know the resource type {type_name}{hint}"))
        })?;
    if type_name.starts_with("AWS::Serverless::") && !globals.transformed {
        return Err(type_node
            .error(format!("{type_name} needs \"Transform: AWS::Serverless-2016-10-31\" at the top of the template")));
    }
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        if let Some(policy) = body.get(policy) {
            policy.one_of(POLICIES)?;
        }
    }
    let own = body.get("Properties");
    if let Some(own) = own {
        own.map()?;
    }
    let empty = Node::map_at(&body.at, Vec::new());
    let depends_on = match body.get("DependsOn") {
        None => Vec::new(),
        Some(node) => match node.scalar() {
            Some(id) => vec![(id, node)],
            None => node.list()?.iter().map(|node| Ok((node.text()?, node))).collect::<Result<_, TemplateError>>()?,
        },
    };
    Ok(Resource {
        kind,
        type_name,
        body,
        properties: globals.merged(kind, own.unwrap_or(&empty)),
        condition: body.get("Condition").map(Node::text).transpose()?,
        depends_on,
    })
}
