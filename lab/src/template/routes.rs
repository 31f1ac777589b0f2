//! An OpenAPI definition into routes.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>

use std::collections::{BTreeMap, BTreeSet};

use super::error::TemplateError;
use super::integration;
use super::model::{GatewayResponse, Route, Stack};
use super::properties::{Known, TAGS};
use super::responses;
use super::security::Schemes;
use super::tree::{Entry, Node};

const DEFINITION: Known = Known {
    what: "an OpenAPI definition",
    used: &["components", "openapi", "info", "paths", "x-amazon-apigateway-gateway-responses"],
    without_effect: &[
        ("externalDocs", "is for people"),
        ("servers", "API Gateway does not serve from it"),
        ("tags", "is for people"),
    ],
};
const INFO: Known = Known {
    what: "info",
    used: &["title"],
    without_effect: &[
        ("contact", "is for people"),
        ("description", "is for people"),
        ("license", "is for people"),
        ("termsOfService", "is for people"),
        ("version", "is for people"),
    ],
};
const UNCHECKED: &str = "without a request validator API Gateway checks nothing of it";
const PATH: Known = Known {
    what: "a path",
    used: &["get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"],
    without_effect: &[("description", "is for people"), ("summary", "is for people"), ("parameters", UNCHECKED)],
};
const OPERATION: Known = Known {
    what: "an operation",
    used: &["responses", "security", "x-amazon-apigateway-auth", "x-amazon-apigateway-integration"],
    without_effect: &[
        ("deprecated", "is for people"),
        ("description", "is for people"),
        ("operationId", "is for people"),
        ("parameters", UNCHECKED),
        ("requestBody", UNCHECKED),
        ("summary", "is for people"),
        ("tags", TAGS.1),
    ],
};
const METHOD_RESPONSE: Known = Known {
    what: "a method response",
    used: &["headers"],
    without_effect: &[("content", "API Gateway checks no response"), ("description", "is for people")],
};

#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) title: Option<String>,
    pub(crate) routes: Vec<Route>,
    pub(crate) gateway_responses: BTreeMap<String, GatewayResponse>,
}

pub(crate) fn read(body: &Node, stack: &Stack) -> Result<Definition, TemplateError> {
    DEFINITION.check(body)?;
    let version = body.require("openapi")?;
    if !version.text()?.starts_with("3.0.") {
        return Err(version.error("the lab reads OpenAPI 3.0.x, as API Gateway does"));
    }
    let mut title = None;
    if let Some(info) = body.get("info") {
        INFO.check(info)?;
        title = info.get("title").map(Node::text).transpose()?;
    }
    let schemes = Schemes::read(body.get("components"), stack)?;
    let mut routes = Vec::new();
    let mut shapes = BTreeMap::new();
    let mut variables = BTreeMap::new();
    for entry in body.require("paths")?.map()? {
        let shape = shape(entry)?;
        if let Some(first) = shapes.insert(shape, entry.key.as_str()) {
            return Err(entry
                .at
                .error(format!("answers the same requests as {first}; API Gateway takes only one of them")));
        }
        refuse_sibling_variables(entry, &mut variables)?;
        PATH.check(&entry.value)?;
        for operation in entry.value.map()? {
            let method = match operation.key.as_str() {
                "x-amazon-apigateway-any-method" => "ANY".to_owned(),
                key @ ("get" | "put" | "post" | "delete" | "options" | "head" | "patch") => key.to_ascii_uppercase(),
                _ => continue,
            };
            OPERATION.check(&operation.value)?;
            let integration = operation.value.require("x-amazon-apigateway-integration")?;
            let declared = declared_headers(operation.value.get("responses"))?;
            let integration = integration::read(integration, &declared, stack)?;
            let authorization = schemes.of(&operation.value)?;
            routes.push(Route { path: entry.key.clone(), method, authorization, integration });
        }
    }
    if routes.is_empty() {
        return Err(body.error("has no routes; API Gateway cannot deploy an API without a method"));
    }
    let gateway_responses = body.get("x-amazon-apigateway-gateway-responses");
    let gateway_responses = gateway_responses.map_or(Ok(BTreeMap::new()), responses::of_open_api)?;
    Ok(Definition { title, routes, gateway_responses })
}

/// A path with its parameters' names left out, once it is known to be one that API Gateway takes.
fn shape(entry: &Entry) -> Result<String, TemplateError> {
    let path = entry.key.as_str();
    let wrong = |why: &str| Err(entry.at.error(format!("{path}: {why}")));
    let Some(rest) = path.strip_prefix('/') else { return wrong("a path begins with /") };
    if rest.is_empty() {
        return Ok(path.to_owned());
    }
    let parts: Vec<&str> = rest.split('/').collect();
    let mut names = BTreeSet::new();
    let mut shape = String::new();
    for (index, part) in parts.iter().enumerate() {
        let word = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:$".contains(&byte))
        };
        shape.push('/');
        match part.strip_prefix('{').map(|part| part.strip_suffix('}')) {
            None if word(part) => shape.push_str(part),
            Some(Some(name)) => {
                let greedy = name.ends_with('+');
                if greedy && index + 1 < parts.len() {
                    return wrong("{name+} takes the rest of the path and must stand last");
                }
                let name = name.trim_end_matches('+');
                if !word(name) || !names.insert(name) {
                    return wrong("a parameter needs a name of its own");
                }
                shape.push_str(if greedy { "{+}" } else { "{}" });
            }
            _ => return wrong("a part of a path is a word of letters, digits and -_.:$, or {name}, or {name+}"),
        }
    }
    Ok(shape)
}

/// "A sibling of this resource already has a variable path part -- only one is allowed", says API Gateway at deployment.
fn refuse_sibling_variables<'e>(
    entry: &'e Entry,
    variables: &mut BTreeMap<String, &'e str>,
) -> Result<(), TemplateError> {
    let mut prefix = String::new();
    for part in entry.key.split('/').skip(1) {
        if part.starts_with('{') {
            let first = *variables.entry(prefix.clone()).or_insert(part);
            if first != part {
                return Err(entry.at.error(format!(
                    "{part} stands beside {first} under {prefix}/; API Gateway allows one parameter at a place"
                )));
            }
        }
        prefix.push('/');
        prefix.push_str(part);
    }
    Ok(())
}

/// Response headers by status, which a mock may then set.
pub(crate) type DeclaredHeaders = BTreeMap<String, BTreeSet<String>>;

fn declared_headers(responses: Option<&Node>) -> Result<DeclaredHeaders, TemplateError> {
    let mut declared = DeclaredHeaders::new();
    for entry in responses.map_or(Ok(Default::default()), Node::map)? {
        METHOD_RESPONSE.check(&entry.value)?;
        let headers = entry.value.get("headers").map_or(Ok(Default::default()), Node::map)?;
        declared.insert(entry.key.clone(), headers.iter().map(|header| header.key.to_ascii_lowercase()).collect());
    }
    Ok(declared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::tree::Place;

    #[test]
    fn a_path_is_one_that_api_gateway_takes() {
        let check = |path: &str, expected: Option<&str>| {
            let value = Node::text_at(&Place::default(), "");
            let entry = Entry { key: path.to_owned(), at: Place::default(), value };
            assert_eq!(shape(&entry).ok().as_deref(), expected, "{path}");
        };
        check("/", Some("/"));
        check("/record/health", Some("/record/health"));
        check("/{proxy+}", Some("/{+}"));
        check("/a/{b}", Some("/a/{}"));
        check("ride", None);
        check("/a//b", None);
        check("/a/", None);
        check("/{a+}/b", None);
        check("/{a}/{a}", None);
        check("/x{a}", None);
        check("/{}", None);
    }
}
