//! SAM's `Globals`: maps merge, lists are concatenated with the global items first, anything else is overridden.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>

use super::error::TemplateError;
use super::properties::Known;
use super::resources::Kind;
use super::tree::{Entry, Node, Value};

const SECTION: Known = Known { what: "Globals", used: &["Function", "Api"], without_effect: &[] };

/// What SAM allows here: everything but Role, Policies, FunctionName and Events. Those the lab does not know are
/// refused where they are merged in.
const FUNCTION: Known = Known {
    what: "Globals.Function",
    used: &[
        "Handler",
        "Runtime",
        "CodeUri",
        "Description",
        "MemorySize",
        "Timeout",
        "Environment",
        "EventInvokeConfig",
        "Tags",
        "PropagateTags",
        "Tracing",
        "KmsKeyArn",
        "RolePath",
        "PermissionsBoundary",
        "ReservedConcurrentExecutions",
        "AssumeRolePolicyDocument",
        "Architectures",
        "EphemeralStorage",
        "LoggingConfig",
        "RuntimeManagementConfig",
        "RecursiveLoop",
    ],
    without_effect: &[],
};

/// Everything but DefinitionBody and StageName.
const API: Known = Known {
    what: "Globals.Api",
    used: &[
        "Name",
        "EndpointConfiguration",
        "MethodSettings",
        "GatewayResponses",
        "AccessLogSetting",
        "TracingEnabled",
        "OpenApiVersion",
        "AlwaysDeploy",
        "PropagateTags",
    ],
    without_effect: &[],
};

#[derive(Debug)]
pub(crate) struct Globals<'t> {
    function: Option<&'t Node>,
    api: Option<&'t Node>,
    /// Whether the template asks for SAM at all.
    pub(crate) transformed: bool,
}

impl<'t> Globals<'t> {
    pub(crate) fn read(root: &'t Node) -> Result<Self, TemplateError> {
        let mut transformed = false;
        if let Some(transform) = root.get("Transform") {
            let names = match &transform.value {
                Value::List(names) => names.as_slice(),
                _ => std::slice::from_ref(transform),
            };
            for name in names {
                match name.text()?.as_str() {
                    "AWS::Serverless-2016-10-31" => transformed = true,
                    other => return Err(name.error(format!("the lab does not know the transform {other}"))),
                }
            }
        }
        let Some(section) = root.get("Globals") else { return Ok(Self { function: None, api: None, transformed }) };
        if !transformed {
            return Err(section.error("Globals needs \"Transform: AWS::Serverless-2016-10-31\""));
        }
        SECTION.check(section)?;
        let (function, api) = (section.get("Function"), section.get("Api"));
        function.map_or(Ok(()), |node| FUNCTION.check(node))?;
        api.map_or(Ok(()), |node| API.check(node))?;
        Ok(Self { function, api, transformed })
    }

    pub(crate) fn merged(&self, kind: Kind, own: &Node) -> Node {
        let global = match kind {
            Kind::Function => self.function,
            Kind::Api => self.api,
            _ => None,
        };
        global.map_or_else(|| own.clone(), |global| merge(global, own))
    }
}

fn merge(global: &Node, own: &Node) -> Node {
    match (&global.value, &own.value) {
        (Value::Map(defaults), Value::Map(entries)) if !is_function(defaults) && !is_function(entries) => {
            let inherited = defaults.iter().map(|default| match own.get(&default.key) {
                Some(value) => Entry { value: merge(&default.value, value), ..default.clone() },
                None => default.clone(),
            });
            let added = entries.iter().filter(|entry| global.get(&entry.key).is_none()).cloned();
            Node::map_at(&own.at, inherited.chain(added).collect())
        }
        (Value::List(defaults), Value::List(items)) => {
            Node::list_at(&own.at, defaults.iter().chain(items).cloned().collect())
        }
        _ => own.clone(),
    }
}

/// SAM takes an intrinsic function for a scalar.
fn is_function(entries: &[Entry]) -> bool {
    matches!(entries, [Entry { key, .. }] if key == "Ref" || key == "Condition" || key.starts_with("Fn::"))
}
