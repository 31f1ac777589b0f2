//! `Ref` and `Fn::GetAtt` of resources: names and ARNs as AWS forms them, fixed before anything is made.
//! Return values: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::error::{TemplateError, did_you_mean};
use super::intrinsics::Scope;
use super::model::Inputs;
use super::pseudo::{self, arn, drawn};
use super::resources::{Kind, Resource};
use super::tree::Node;

/// Streams are labelled with the moment they were made; the lab's have one label, so that names stay the same.
const STREAM_LABEL: &str = "2026-01-01T00:00:00.000";

pub(crate) struct References<'t> {
    resources: &'t BTreeMap<String, Resource<'t>>,
    /// Logical ids of those that no condition leaves out.
    included: BTreeSet<String>,
    known: RefCell<BTreeMap<(String, &'static str), Option<String>>>,
    /// Properties being resolved for a reference, outermost first.
    open: RefCell<Vec<(String, &'static str)>>,
    edges: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

impl<'t> References<'t> {
    pub(crate) fn new(resources: &'t BTreeMap<String, Resource<'t>>, included: BTreeSet<String>) -> Self {
        Self { resources, included, known: RefCell::default(), open: RefCell::default(), edges: RefCell::default() }
    }

    pub(crate) fn includes(&self, id: &str) -> bool {
        self.included.contains(id)
    }

    /// What depends on what, as far as it has been resolved.
    pub(crate) fn edges(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.edges.borrow().clone()
    }

    pub(crate) fn reference(&self, name: &str, scope: &Scope<'_>, user: &Node) -> Result<String, TemplateError> {
        // SAM's "referenceable generated resource": the stage of an Api.
        if let Some(id) = name.strip_suffix(".Stage") {
            let resource = self.find(id, scope, user)?;
            if resource.kind == Kind::Api {
                return self
                    .property(id, "StageName", scope, user)?
                    .ok_or_else(|| user.error("the Api has no StageName"));
            }
        }
        let resource = self.find(name, scope, user)?;
        match resource.kind {
            Kind::Api => Ok(api_id(scope.inputs, name)),
            Kind::UserPool => Ok(user_pool_id(scope.inputs, name)),
            Kind::UserPoolClient => Ok(client_id(scope.inputs, name)),
            Kind::UsagePlan => Ok(drawn(scope.inputs, name, pseudo::LOWER_AND_DIGITS, 6)),
            Kind::Topic => Ok(topic_arn(scope.inputs, &self.physical_name(name, scope, user)?)),
            Kind::Subscription => Ok(subscription_arn(scope.inputs, name)),
            Kind::Key => Ok(key_id(scope.inputs, name)),
            Kind::Queue => Ok(queue_url(scope.inputs, &self.physical_name(name, scope, user)?)),
            Kind::EventSourceMapping => Ok(pseudo::uuid(scope.inputs, name)),
            Kind::QueryDefinition => Ok(pseudo::uuid(scope.inputs, name)),
            Kind::SamplingRule => Ok(sampling_rule_arn(scope.inputs, &self.physical_name(name, scope, user)?)),
            Kind::TraceGroup => self.attribute(name, "GroupARN", scope, user),
            // The function chooses its physical id when it runs, after all references are resolved.
            Kind::Custom => Ok(name.to_owned()),
            _ => self.physical_name(name, scope, user),
        }
    }

    pub(crate) fn attribute(
        &self,
        id: &str,
        attribute: &str,
        scope: &Scope<'_>,
        user: &Node,
    ) -> Result<String, TemplateError> {
        let resource = self.find(id, scope, user)?;
        let inputs = scope.inputs;
        let name = || self.physical_name(id, scope, user);
        match (resource.kind, attribute) {
            (Kind::Function, "Arn") => Ok(function_arn(inputs, &name()?)),
            (Kind::Api, "RootResourceId") => Ok(drawn(inputs, &format!("{id}/"), pseudo::LOWER_AND_DIGITS, 10)),
            (Kind::Table, "Arn") => Ok(table_arn(inputs, &name()?)),
            (Kind::Table, "StreamArn") if resource.properties.get("StreamSpecification").is_some() => {
                Ok(stream_arn(inputs, &name()?))
            }
            (Kind::Table, "StreamArn") => {
                Err(user.error(format!("{id} has no StreamSpecification, and so no StreamArn")))
            }
            (Kind::SsmParameter, "Value") => self.required(id, "Value", scope, user),
            (Kind::SsmParameter, "Type") => self.required(id, "Type", scope, user),
            (Kind::LogGroup, "Arn") => Ok(arn(inputs, "logs", &format!("log-group:{}:*", name()?))),
            (Kind::Role, "Arn") => {
                let path = self.property(id, "Path", scope, user)?;
                Ok(role_arn(inputs, path.as_deref(), &name()?))
            }
            (Kind::Role, "RoleId") => Ok(format!("AROA{}", drawn(inputs, id, pseudo::UPPER_AND_DIGITS, 17))),
            (Kind::UserPool, "Arn") => Ok(user_pool_arn(inputs, id)),
            (Kind::UserPool, "UserPoolId") => Ok(user_pool_id(inputs, id)),
            (Kind::UserPool, "ProviderName") => Ok(user_pool_provider(inputs, id)),
            (Kind::UserPool, "ProviderURL") => Ok(format!("https://{}", user_pool_provider(inputs, id))),
            (Kind::UserPoolClient, "ClientId") => Ok(client_id(inputs, id)),
            (Kind::UsagePlan, "Id") => Ok(drawn(inputs, id, pseudo::LOWER_AND_DIGITS, 6)),
            (Kind::Alarm | Kind::CompositeAlarm, "Arn") => Ok(alarm_arn(inputs, &name()?)),
            (Kind::Topic, "TopicArn") => Ok(topic_arn(inputs, &name()?)),
            (Kind::Topic, "TopicName") => name(),
            (Kind::Subscription, "Arn") => Ok(subscription_arn(inputs, id)),
            (Kind::Key, "Arn") => Ok(key_arn(inputs, id)),
            (Kind::Key, "KeyId") => Ok(key_id(inputs, id)),
            (Kind::QueryDefinition, "QueryDefinitionId") => Ok(pseudo::uuid(inputs, id)),
            (Kind::SamplingRule, "RuleARN") => Ok(sampling_rule_arn(inputs, &name()?)),
            (Kind::TraceGroup, "GroupARN") => {
                let drawn = drawn(inputs, id, pseudo::UPPER_AND_DIGITS, 52);
                Ok(arn(inputs, "xray", &format!("group/{}/{drawn}", name()?)))
            }
            (Kind::Schedule, "Arn") => Ok(schedule_arn(inputs, &name()?)),
            (Kind::Pipe, "Arn") => Ok(pipe_arn(inputs, &name()?)),
            (Kind::Queue, "Arn") => Ok(queue_arn(inputs, &name()?)),
            (Kind::Queue, "QueueName") => name(),
            (Kind::Queue, "QueueUrl") => Ok(queue_url(inputs, &name()?)),
            (Kind::EventSourceMapping, "Id") => Ok(pseudo::uuid(inputs, id)),
            (Kind::Custom, _) => Err(user.error(format!(
                "{id}.{attribute} is what the function behind {id} answers when it runs; the lab fixes all names before"
            ))),
            (kind, _) => {
                let hint = did_you_mean(attribute, attributes(kind).iter().copied());
                let of = &resource.type_name;
                Err(user.error(format!("the lab knows no attribute \"{attribute}\" of {id} ({of}){hint}")))
            }
        }
    }

    /// The explicit name, or the stack's and the logical id.
    pub(crate) fn physical_name(&self, id: &str, scope: &Scope<'_>, user: &Node) -> Result<String, TemplateError> {
        let key = match self.find(id, scope, user)?.kind {
            Kind::Function => Some("FunctionName"),
            Kind::Table => Some("TableName"),
            Kind::SsmParameter => Some("Name"),
            Kind::LogGroup => Some("LogGroupName"),
            Kind::Role => Some("RoleName"),
            Kind::Policy => Some("PolicyName"),
            Kind::Alarm | Kind::CompositeAlarm => Some("AlarmName"),
            Kind::Dashboard => Some("DashboardName"),
            Kind::Topic => Some("TopicName"),
            Kind::KeyAlias => Some("AliasName"),
            Kind::MetricFilter => Some("FilterName"),
            Kind::QueryDefinition | Kind::Schedule | Kind::Pipe => Some("Name"),
            Kind::SamplingRule => Some("SamplingRule.RuleName"),
            Kind::TraceGroup => Some("GroupName"),
            Kind::Queue => Some("QueueName"),
            Kind::Subscription
            | Kind::QueuePolicy
            | Kind::EventSourceMapping
            | Kind::TopicPolicy
            | Kind::Key
            | Kind::EventInvokeConfig
            | Kind::Api
            | Kind::Permission
            | Kind::ApiAccount
            | Kind::UserPool
            | Kind::UserPoolClient
            | Kind::UsagePlan
            | Kind::WebAclAssociation
            | Kind::Custom => None,
        };
        let explicit = key.map_or(Ok(None), |key| self.property(id, key, scope, user))?;
        Ok(explicit.unwrap_or_else(|| format!("{}-{id}", scope.inputs.stack_name)))
    }

    fn required(&self, id: &str, key: &'static str, scope: &Scope<'_>, user: &Node) -> Result<String, TemplateError> {
        self.property(id, key, scope, user)?.ok_or_else(|| user.error(format!("{id} has no {key}")))
    }

    /// One property of a resource that something refers to, resolved once; `Outer.Inner` lies within another.
    fn property(
        &self,
        id: &str,
        key: &'static str,
        scope: &Scope<'_>,
        user: &Node,
    ) -> Result<Option<String>, TemplateError> {
        let wanted = (id.to_owned(), key);
        if let Some(known) = self.known.borrow().get(&wanted) {
            return Ok(known.clone());
        }
        let properties = self.resources.get(id).map(|resource| &resource.properties);
        let Some(node) = key.split('.').fold(properties, |node, key| node.and_then(|node| node.get(key))) else {
            return Ok(None);
        };
        {
            let open = self.open.borrow();
            if let Some(first) = open.iter().position(|open| *open == wanted) {
                let circle: Vec<&str> = open[first..].iter().map(|(id, _)| id.as_str()).collect();
                return Err(user.error(format!("circular reference: {} -> {id}", circle.join(" -> "))));
            }
        }
        self.open.borrow_mut().push(wanted.clone());
        let resolved = scope.owned_by(id).resolve(node);
        self.open.borrow_mut().pop();
        let text = resolved?.map(|node| node.text()).transpose()?;
        self.known.borrow_mut().insert(wanted, text.clone());
        Ok(text)
    }

    /// A resource that something refers to: it must exist, and no condition may have left it out.
    fn find(&self, id: &str, scope: &Scope<'_>, user: &Node) -> Result<&'t Resource<'t>, TemplateError> {
        let Some(resource) = self.resources.get(id) else {
            let known = self.resources.keys().chain(scope.parameters.keys()).map(String::as_str);
            return Err(user.error(format!("there is no parameter or resource \"{id}\"{}", did_you_mean(id, known))));
        };
        if !self.included.contains(id) {
            let condition = resource.condition.as_deref().unwrap_or_default();
            return Err(user.error(format!(
                "{id} is left out by its condition {condition}; refer to it only under the same condition"
            )));
        }
        if let Some(owner) = scope.owner {
            self.edges.borrow_mut().entry(owner.to_owned()).or_default().insert(id.to_owned());
        }
        Ok(resource)
    }
}

/// What `Fn::GetAtt` knows of a kind.
fn attributes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Function
        | Kind::LogGroup
        | Kind::Alarm
        | Kind::CompositeAlarm
        | Kind::Subscription
        | Kind::Schedule
        | Kind::Pipe => &["Arn"],
        Kind::Api => &["RootResourceId"],
        Kind::Table => &["Arn", "StreamArn"],
        Kind::SsmParameter => &["Value", "Type"],
        Kind::Role => &["Arn", "RoleId"],
        Kind::UserPool => &["Arn", "UserPoolId", "ProviderName", "ProviderURL"],
        Kind::UserPoolClient => &["ClientId"],
        Kind::UsagePlan => &["Id"],
        Kind::Topic => &["TopicArn", "TopicName"],
        Kind::Key => &["Arn", "KeyId"],
        Kind::QueryDefinition => &["QueryDefinitionId"],
        Kind::SamplingRule => &["RuleARN"],
        Kind::TraceGroup => &["GroupARN"],
        Kind::Queue => &["Arn", "QueueName", "QueueUrl"],
        Kind::EventSourceMapping => &["Id"],
        Kind::Permission
        | Kind::ApiAccount
        | Kind::Policy
        | Kind::WebAclAssociation
        | Kind::Dashboard
        | Kind::TopicPolicy
        | Kind::KeyAlias
        | Kind::MetricFilter
        | Kind::EventInvokeConfig
        | Kind::QueuePolicy
        | Kind::Custom => &[],
    }
}

pub(crate) fn api_id(inputs: &Inputs, id: &str) -> String {
    drawn(inputs, id, pseudo::LOWER_AND_DIGITS, 10)
}

pub(crate) fn user_pool_id(inputs: &Inputs, id: &str) -> String {
    format!("{}_{}", inputs.region, drawn(inputs, id, pseudo::LETTERS_AND_DIGITS, 9))
}

pub(crate) fn user_pool_arn(inputs: &Inputs, id: &str) -> String {
    arn(inputs, "cognito-idp", &format!("userpool/{}", user_pool_id(inputs, id)))
}

/// Who a pool's tokens say has issued them, without the scheme.
fn user_pool_provider(inputs: &Inputs, id: &str) -> String {
    format!("cognito-idp.{}.amazonaws.com/{}", inputs.region, user_pool_id(inputs, id))
}

pub(crate) fn client_id(inputs: &Inputs, id: &str) -> String {
    drawn(inputs, id, pseudo::LOWER_AND_DIGITS, 26)
}

pub(crate) fn function_arn(inputs: &Inputs, name: &str) -> String {
    arn(inputs, "lambda", &format!("function:{name}"))
}

pub(crate) fn table_arn(inputs: &Inputs, name: &str) -> String {
    arn(inputs, "dynamodb", &format!("table/{name}"))
}

pub(crate) fn stream_arn(inputs: &Inputs, table: &str) -> String {
    format!("{}/stream/{STREAM_LABEL}", table_arn(inputs, table))
}

pub(crate) fn role_arn(inputs: &Inputs, path: Option<&str>, name: &str) -> String {
    pseudo::global_arn(inputs, "iam", &format!("role{}{name}", path.unwrap_or("/")))
}

pub(crate) fn alarm_arn(inputs: &Inputs, name: &str) -> String {
    arn(inputs, "cloudwatch", &format!("alarm:{name}"))
}

pub(crate) fn topic_arn(inputs: &Inputs, name: &str) -> String {
    arn(inputs, "sns", name)
}

pub(crate) fn queue_arn(inputs: &Inputs, name: &str) -> String {
    arn(inputs, "sqs", name)
}

pub(crate) fn queue_url(inputs: &Inputs, name: &str) -> String {
    format!("{}/{}/{name}", pseudo::origin(inputs, "sqs"), inputs.account_id)
}

fn subscription_arn(inputs: &Inputs, id: &str) -> String {
    // AWS puts the topic's name before the id; nobody reads it, and the topic may be a parameter.
    arn(inputs, "sns", &format!("{id}:{}", pseudo::uuid(inputs, id)))
}

pub(crate) fn key_id(inputs: &Inputs, id: &str) -> String {
    pseudo::uuid(inputs, id)
}

pub(crate) fn key_arn(inputs: &Inputs, id: &str) -> String {
    arn(inputs, "kms", &format!("key/{}", key_id(inputs, id)))
}

fn sampling_rule_arn(inputs: &Inputs, name: &str) -> String {
    arn(inputs, "xray", &format!("sampling-rule/{name}"))
}

pub(crate) fn pipe_arn(inputs: &Inputs, name: &str) -> String {
    arn(inputs, "pipes", &format!("pipe/{name}"))
}

pub(crate) fn schedule_arn(inputs: &Inputs, name: &str) -> String {
    arn(inputs, "scheduler", &format!("schedule/default/{name}"))
}
