//! Who may call a method: OpenAPI's security with API Gateway's extensions.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html>

use std::collections::BTreeMap;

use super::error::{TemplateError, did_you_mean};
use super::model::{Authorization, Stack};
use super::properties::Known;
use super::tree::Node;

const COMPONENTS: Known = Known {
    what: "components",
    used: &["securitySchemes"],
    without_effect: &[("schemas", "without a request validator API Gateway checks nothing of it")],
};
const SCHEME: Known = Known {
    what: "a security scheme",
    used: &["type", "name", "in", "x-amazon-apigateway-authtype", "x-amazon-apigateway-authorizer"],
    without_effect: &[("description", "is for people")],
};
const AUTHORIZER: Known = Known {
    what: "x-amazon-apigateway-authorizer",
    used: &["type", "providerARNs", "identitySource", "identityValidationExpression"],
    without_effect: &[("authorizerResultTtlInSeconds", "the lab looks at every token")],
};
const AUTH: Known = Known { what: "x-amazon-apigateway-auth", used: &["type"], without_effect: &[] };

/// Security schemes by name.
#[derive(Debug, Default)]
pub(crate) struct Schemes(BTreeMap<String, Authorization>);

impl Schemes {
    /// Reads `components`, where stated.
    pub(crate) fn read(components: Option<&Node>, stack: &Stack) -> Result<Self, TemplateError> {
        let Some(components) = components else { return Ok(Self::default()) };
        COMPONENTS.check(components)?;
        let mut schemes = BTreeMap::new();
        for entry in components.get("securitySchemes").map_or(Ok(Default::default()), Node::map)? {
            schemes.insert(entry.key.clone(), scheme(&entry.value, stack)?);
        }
        Ok(Self(schemes))
    }

    /// Who may call an operation. Two words on it that differ are an error, since one of them would leave the route open.
    pub(crate) fn of(&self, operation: &Node) -> Result<Authorization, TemplateError> {
        let required = operation.get("security").map(|security| self.required(security)).transpose()?;
        let Some(auth) = operation.get("x-amazon-apigateway-auth") else { return Ok(required.unwrap_or_default()) };
        AUTH.check(auth)?;
        let kind = auth.require("type")?;
        let stated = match kind.text()?.to_ascii_uppercase().as_str() {
            "NONE" => Authorization::None,
            "AWS_IAM" => Authorization::Iam,
            other => return Err(kind.error(format!("must be NONE or AWS_IAM, not \"{other}\""))),
        };
        match required {
            Some(required) if required != stated => {
                Err(auth.error("security and x-amazon-apigateway-auth name different callers"))
            }
            _ => Ok(stated),
        }
    }

    fn required(&self, security: &Node) -> Result<Authorization, TemplateError> {
        let requirement = match security.list()? {
            [] => return Ok(Authorization::None),
            [one] => one,
            _ => return Err(security.error("API Gateway takes one authorisation a method")),
        };
        let [scheme] = requirement.map()? else {
            return Err(requirement.error("API Gateway takes one authorisation a method"));
        };
        let Some(found) = self.0.get(&scheme.key) else {
            let hint = did_you_mean(&scheme.key, self.0.keys().map(String::as_str));
            return Err(scheme.at.error(format!("there is no security scheme \"{}\"{hint}", scheme.key)));
        };
        let wanted = scheme.value.list()?.iter().map(Node::text).collect::<Result<Vec<_>, _>>()?;
        match found {
            Authorization::Cognito { pools, clients, .. } => {
                let (pools, clients) = (pools.clone(), clients.clone());
                Ok(Authorization::Cognito { pools, clients, scopes: wanted })
            }
            other if wanted.is_empty() => Ok(other.clone()),
            _ => Err(scheme.value.error("only a user pool's tokens have scopes")),
        }
    }
}

fn scheme(node: &Node, stack: &Stack) -> Result<Authorization, TemplateError> {
    SCHEME.check(node)?;
    node.require("type")?.one_of(&["apiKey"])?;
    node.require("in")?.one_of(&["header"])?;
    let name = node.require("name")?;
    if !name.text()?.eq_ignore_ascii_case("authorization") {
        return Err(name.error("the lab knows the header Authorization only, and no API keys"));
    }
    let kind = node.require("x-amazon-apigateway-authtype")?;
    let authorizer = node.get("x-amazon-apigateway-authorizer");
    match (kind.text()?.to_ascii_lowercase().as_str(), authorizer) {
        ("awssigv4", None) => Ok(Authorization::Iam),
        ("awssigv4", Some(authorizer)) => Err(authorizer.error("awsSigv4 has no authoriser")),
        ("cognito_user_pools", Some(authorizer)) => of_pool(authorizer, stack),
        ("cognito_user_pools", None) => Err(node.error("\"x-amazon-apigateway-authorizer\" is missing")),
        (other, _) => Err(kind.error(format!("the lab knows awsSigv4 and cognito_user_pools, not {other}"))),
    }
}

fn of_pool(node: &Node, stack: &Stack) -> Result<Authorization, TemplateError> {
    AUTHORIZER.check(node)?;
    node.require("type")?.one_of(&["cognito_user_pools"])?;
    if let Some(source) = node.get("identitySource")
        && !source.text()?.eq_ignore_ascii_case("method.request.header.authorization")
    {
        return Err(source.error("the lab reads the header Authorization only"));
    }
    let mut pools = Vec::new();
    let mut clients = Vec::new();
    let arns = node.require("providerARNs")?;
    for arn_node in arns.list()? {
        let arn = arn_node.text()?;
        let pool = stack.user_pools.values().find(|pool| pool.arn == arn);
        let pool = pool.ok_or_else(|| arn_node.error(format!("\"{arn}\" is no user pool of this template")))?;
        clients.extend(pool.clients.iter().cloned());
        pools.push(arn);
    }
    if pools.is_empty() {
        return Err(arns.error("an authoriser needs a user pool"));
    }
    let clients = match node.get("identityValidationExpression") {
        Some(expression) => vec![client(expression, &clients)?],
        None => Vec::new(),
    };
    Ok(Authorization::Cognito { pools, clients, scopes: Vec::new() })
}

/// The one client that an expression over the audience lets in.
fn client(expression: &Node, clients: &[String]) -> Result<String, TemplateError> {
    let text = expression.text()?;
    let id = text.strip_prefix('^').and_then(|text| text.strip_suffix('$'));
    id.filter(|id| clients.iter().any(|client| client == id))
        .map(str::to_owned)
        .ok_or_else(|| expression.error(format!("\"{text}\" is not ^${{Client}}$ with a client of the pool")))
}
