//! The order of resolution: parameters, conditions, rules, resources, outputs.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::Conditions;
use super::error::TemplateError;
use super::globals::Globals;
use super::intrinsics::Scope;
use super::model::{Inputs, Stack};
use super::parameters::{self, Chosen, Parameter};
use super::references::{self, References};
use super::resources::{self, Kind, Resource};
use super::tree::{Node, Value};
use super::{
    api, callers, cognito, custom, dependencies, event_source, function, iam, names, outputs, permission, pipe, pseudo,
    queue, queue_policy, rules, simple, table, watching,
};

/// A resource whose properties are resolved.
pub(crate) struct Resolved<'r> {
    pub(crate) id: &'r str,
    pub(crate) resource: &'r Resource<'r>,
    pub(crate) properties: Node,
}

impl Resolved<'_> {
    pub(crate) fn physical_name(&self, scope: &Scope<'_>) -> Result<String, TemplateError> {
        let references = scope
            .references
            .ok_or_else(|| self.properties.error("the lab resolves resources with their stack only"))?;
        references.physical_name(self.id, scope, self.resource.body)
    }
}

pub(crate) fn resolve(root: &Node, declared: &[Parameter], inputs: &Inputs) -> Result<Stack, TemplateError> {
    let parameters = parameters::choose(declared, &inputs.parameters)?;
    let conditions = Conditions::new(root.get("Conditions"))?;
    let mappings = root.get("Mappings");
    let scope = Scope {
        inputs,
        parameters: &parameters,
        mappings,
        conditions: &conditions,
        references: None,
        owner: None,
        in_rules: false,
        depth: 0,
    };
    conditions.judge_all(&scope)?;
    rules::check(root.get("Rules"), &Scope { in_rules: true, ..scope })?;

    let globals = Globals::read(root)?;
    let resources = resources::declare(root.require("Resources")?, &globals)?;
    if let Some((id, resource)) = resources.iter().find(|(id, _)| parameters.contains_key(*id)) {
        return Err(resource.body.error(format!("\"{id}\" is a parameter too; Ref could mean either")));
    }
    names::check(root, &resources, &scope)?;
    let mut included = BTreeSet::new();
    for (id, resource) in &resources {
        let holds = resource.condition.as_ref().map_or(Ok(true), |name| scope.holds(name, resource.body));
        if holds? {
            included.insert(id.clone());
        }
    }
    let references = References::new(&resources, included);
    let scope = Scope { references: Some(&references), ..scope };
    let origins = Origins::of(&resources, inputs);
    let mut resolved = Vec::new();
    for (id, resource) in &resources {
        if references.includes(id)
            && let Some(mut properties) = scope.owned_by(id).resolve(&resource.properties)?
        {
            origins.replace_in(&mut properties);
            resolved.push(Resolved { id, resource, properties });
        }
    }
    let edges = edges(&references, &resources)?;
    refuse_circles(&edges, &resources)?;

    let mut stack = Stack {
        name: inputs.stack_name.clone(),
        region: inputs.region.clone(),
        account_id: inputs.account_id.clone(),
        parameters: parameters.iter().map(|(name, value)| (name.clone(), shown(value))).collect(),
        ..Stack::default()
    };
    let mut taken = Taken::default();
    read_resources(&mut stack, &resolved, &scope, &mut taken)?;
    watching::read(&mut stack, &watching::Items { resolved: &resolved, scope: &scope, edges: &edges }, &mut taken)?;
    if let Some(section) = root.get("Outputs") {
        stack.outputs = outputs::read(section, &scope, &origins)?;
    }
    Ok(stack)
}

/// Functions first, since permissions, custom resources and routes name them; routes after that, since they need permissions
/// and user pools; pipes when policies stand; last what names a stage.
fn read_resources(
    stack: &mut Stack,
    resolved: &[Resolved<'_>],
    scope: &Scope<'_>,
    taken: &mut Taken,
) -> Result<(), TemplateError> {
    let of = |kind: Kind| resolved.iter().filter(move |resolved| resolved.resource.kind == kind);
    for item in of(Kind::Function) {
        let function = function::read(item, scope)?;
        taken.claim("function", &function.name, item)?;
        stack.functions.insert(item.id.to_owned(), function);
    }
    for item in resolved {
        let id = item.id.to_owned();
        match item.resource.kind {
            // Read before, after, or with what watches the stack.
            Kind::Function
            | Kind::Api
            | Kind::Policy
            | Kind::UserPoolClient
            | Kind::UsagePlan
            | Kind::WebAclAssociation
            | Kind::Alarm
            | Kind::CompositeAlarm
            | Kind::Dashboard
            | Kind::Topic
            | Kind::Subscription
            | Kind::TopicPolicy
            | Kind::Key
            | Kind::KeyAlias
            | Kind::MetricFilter
            | Kind::QueryDefinition
            | Kind::SamplingRule
            | Kind::TraceGroup
            | Kind::Schedule
            | Kind::QueuePolicy
            | Kind::EventSourceMapping
            | Kind::EventInvokeConfig
            | Kind::Pipe => {}
            Kind::Queue => {
                let queue = queue::read(item, scope)?;
                taken.claim("queue", &queue.name, item)?;
                stack.queues.insert(id, queue);
            }
            Kind::Table => {
                let table = table::read(item, scope)?;
                taken.claim("table", &table.name, item)?;
                stack.tables.insert(id, table);
            }
            Kind::SsmParameter => {
                let parameter = simple::ssm_parameter(item, scope)?;
                taken.claim("SSM parameter", &parameter.name, item)?;
                stack.ssm_parameters.insert(id, parameter);
            }
            Kind::LogGroup => {
                let group = simple::log_group(item, scope)?;
                taken.claim("log group", &group.name, item)?;
                stack.log_groups.insert(id, group);
            }
            Kind::Role => {
                let role = iam::role(item, scope)?;
                taken.claim("role", &role.arn, item)?;
                stack.roles.insert(id, role);
            }
            Kind::UserPool => {
                stack.user_pools.insert(id, cognito::user_pool(item, scope)?);
            }
            Kind::Permission => {
                stack.permissions.insert(id, permission::read(item, stack)?);
            }
            Kind::Custom => {
                stack.custom_resources.insert(id, custom::read(item, stack)?);
            }
            Kind::ApiAccount => {
                let reason = simple::api_account(item)?;
                stack.without_effect.push((id, item.resource.type_name.clone(), reason));
            }
        }
    }
    for item in of(Kind::Policy) {
        iam::attach(item, stack)?;
    }
    queued(stack, resolved, taken)?;
    for item in of(Kind::Pipe) {
        let pipe = pipe::read(item, stack, scope, resolved)?;
        taken.claim("pipe", &pipe.name, item)?;
        stack.pipes.insert(item.id.to_owned(), pipe);
    }
    for item in of(Kind::UserPoolClient) {
        cognito::add_client(item, scope, stack)?;
    }
    for item in of(Kind::Api) {
        let api = api::read(item, stack, scope.inputs)?;
        stack.apis.insert(item.id.to_owned(), api);
    }
    for item in resolved {
        let reason = match item.resource.kind {
            Kind::UsagePlan => callers::usage_plan(item, stack)?,
            Kind::WebAclAssociation => callers::web_acl_association(item, stack)?,
            _ => continue,
        };
        stack.without_effect.push((item.id.to_owned(), item.resource.type_name.clone(), reason));
    }
    Ok(())
}

/// What is about queues, once they and the functions are read.
fn queued(stack: &mut Stack, resolved: &[Resolved<'_>], taken: &mut Taken) -> Result<(), TemplateError> {
    for item in resolved {
        match item.resource.kind {
            Kind::Queue => queue::check_redrive(item, stack)?,
            Kind::QueuePolicy => {
                let reason = queue_policy::read(item, stack)?;
                stack.without_effect.push((item.id.to_owned(), item.resource.type_name.clone(), reason));
            }
            Kind::EventSourceMapping => {
                event_source::add(event_source::read(item, stack)?, item, stack, taken)?;
            }
            Kind::Function => {
                for mapping in event_source::of_function(item, stack)? {
                    event_source::add(mapping, item, stack, taken)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// What is made after what: references, and `DependsOn`. What a condition leaves out cannot stand there: AWS's own linter refuses
/// it (cfn-lint E3005), and AWS does not say what CloudFormation makes of it.
fn edges(references: &References<'_>, resources: &BTreeMap<String, Resource<'_>>) -> Result<Edges, TemplateError> {
    let mut edges = references.edges();
    for (id, resource) in resources.iter().filter(|(id, _)| references.includes(id)) {
        if let Some((target, node)) = resource.depends_on.iter().find(|(target, _)| !references.includes(target)) {
            let condition = resources.get(target).and_then(|target| target.condition.as_deref()).unwrap_or_default();
            return Err(node.error(format!(
                "{target} is left out by its condition {condition}; refer to it in an Fn::If of a property instead"
            )));
        }
        let targets = resource.depends_on.iter().map(|(target, _)| target.clone());
        edges.entry(id.clone()).or_default().extend(targets);
    }
    Ok(edges)
}

fn refuse_circles(edges: &Edges, resources: &BTreeMap<String, Resource<'_>>) -> Result<(), TemplateError> {
    let Some(circle) = dependencies::circle(edges) else { return Ok(()) };
    let message = format!("circular dependency between resources: {}", circle.join(" -> "));
    Err(match circle.first().and_then(|id| resources.get(id)) {
        Some(resource) => resource.body.error(message),
        None => TemplateError::whole(message),
    })
}

fn shown(value: &Chosen) -> String {
    match value {
        Chosen::One(text) => text.clone(),
        Chosen::Many(items) => items.join(","),
    }
}

/// Logical ids, each with those that it depends on.
pub(crate) type Edges = BTreeMap<String, BTreeSet<String>>;

/// Physical names: AWS would refuse the second resource of a name.
#[derive(Default)]
pub(crate) struct Taken(BTreeMap<(&'static str, String), String>);

impl Taken {
    pub(crate) fn claim(&mut self, what: &'static str, name: &str, item: &Resolved<'_>) -> Result<(), TemplateError> {
        match self.0.insert((what, name.to_owned()), item.id.to_owned()) {
            Some(first) => Err(item.resource.body.error(format!("the {what} name \"{name}\" is already {first}'s"))),
            None => Ok(()),
        }
    }
}

/// Where the stack's APIs would be in AWS, and where the lab serves them.
pub(crate) struct Origins {
    in_aws: Vec<String>,
    here: String,
}

impl Origins {
    fn of(resources: &BTreeMap<String, Resource<'_>>, inputs: &Inputs) -> Self {
        let apis = resources.iter().filter(|(_, resource)| resource.kind == Kind::Api);
        let in_aws = apis.map(|(id, _)| pseudo::api_origin(inputs, &references::api_id(inputs, id))).collect();
        Self { in_aws, here: inputs.api_origin.clone() }
    }

    /// Every string below `node` that holds an API's address gets the lab's instead.
    pub(crate) fn replace_in(&self, node: &mut Node) {
        match &mut node.value {
            Value::Text(text) => {
                for origin in self.in_aws.iter().filter(|origin| text.contains(origin.as_str())).collect::<Vec<_>>() {
                    *text = text.replace(origin.as_str(), &self.here);
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.replace_in(item)),
            Value::Map(entries) => entries.iter_mut().for_each(|entry| self.replace_in(&mut entry.value)),
            Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
