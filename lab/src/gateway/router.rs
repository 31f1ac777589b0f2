//! Which route a request takes.
//!
//! The resource is chosen by path alone: literal parts before `{parameters}` before `{greedy+}`; then the method, its own before `ANY`.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html>

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::template::{Authorization, Integration, Route};

#[derive(Debug)]
pub(super) struct Router {
    /// Most specific first.
    resources: Vec<Resource>,
}

#[derive(Debug)]
struct Resource {
    path: String,
    parts: Vec<Part>,
    methods: BTreeMap<String, Method>,
}

#[derive(Debug)]
struct Method {
    authorization: Authorization,
    integration: Integration,
}

#[derive(Debug, PartialEq)]
enum Part {
    Literal(String),
    Parameter(String),
    Greedy(String),
}

/// A request's route.
#[derive(Debug)]
pub(super) struct Matched<'a> {
    pub(super) resource: &'a str,
    pub(super) authorization: &'a Authorization,
    pub(super) integration: &'a Integration,
    pub(super) parameters: BTreeMap<String, String>,
}

impl Router {
    pub(super) fn new(routes: &[Route]) -> Self {
        let mut resources: Vec<Resource> = Vec::new();
        for route in routes {
            let at = resources.iter().position(|resource| resource.path == route.path).unwrap_or_else(|| {
                let parts = segments(&route.path).map(Part::of).collect();
                resources.push(Resource { path: route.path.clone(), parts, methods: BTreeMap::new() });
                resources.len() - 1
            });
            let method = Method { authorization: route.authorization.clone(), integration: route.integration.clone() };
            resources[at].methods.insert(route.method.clone(), method);
        }
        resources.sort_by_key(|resource| Reverse(resource.parts.iter().map(Part::weight).collect::<Vec<_>>()));
        Self { resources }
    }

    /// `None` where API Gateway has no method for the request.
    pub(super) fn find(&self, method: &str, path: &str) -> Option<Matched<'_>> {
        let (resource, parameters) =
            self.resources.iter().find_map(|resource| Some((resource, resource.parameters(path)?)))?;
        let Method { authorization, integration } =
            resource.methods.get(method).or_else(|| resource.methods.get("ANY"))?;
        Some(Matched { resource: &resource.path, authorization, integration, parameters })
    }
}

impl Resource {
    fn parameters(&self, path: &str) -> Option<BTreeMap<String, String>> {
        let mut parameters = BTreeMap::new();
        let segments: Vec<&str> = segments(path).collect();
        for (at, part) in self.parts.iter().enumerate() {
            match (part, segments.get(at)) {
                (Part::Literal(literal), Some(segment)) if literal == segment => {}
                (Part::Parameter(name), Some(segment)) if !segment.is_empty() => {
                    parameters.insert(name.clone(), (*segment).to_owned());
                }
                (Part::Greedy(name), Some(_)) => {
                    parameters.insert(name.clone(), segments[at..].join("/"));
                    return Some(parameters);
                }
                _ => return None,
            }
        }
        (segments.len() == self.parts.len()).then_some(parameters)
    }
}

impl Part {
    fn of(segment: &str) -> Self {
        let inside = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match inside {
            None => Self::Literal(segment.to_owned()),
            Some(name) => match name.strip_suffix('+') {
                Some(name) => Self::Greedy(name.to_owned()),
                None => Self::Parameter(name.to_owned()),
            },
        }
    }

    fn weight(&self) -> u8 {
        match self {
            Self::Literal(_) => 3,
            Self::Parameter(_) => 2,
            Self::Greedy(_) => 1,
        }
    }
}

/// The parts between the slashes; the root has none.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/').take(if path.is_empty() { 0 } else { usize::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn router() -> Router {
        let route = |path: &str, method: &str| Route {
            path: path.to_owned(),
            method: method.to_owned(),
            authorization: Authorization::None,
            integration: Integration::Lambda { function: format!("{method} {path}"), timeout: Duration::from_secs(29) },
        };
        Router::new(&[
            route("/{proxy+}", "ANY"),
            route("/", "GET"),
            route("/ride", "POST"),
            route("/ride", "ANY"),
            route("/rides/{id}", "GET"),
            route("/rides/latest", "GET"),
        ])
    }

    fn taken(method: &str, path: &str) -> Option<String> {
        match router().find(method, path)?.integration {
            Integration::Lambda { function, .. } => Some(function.clone()),
            Integration::Mock(_) => None,
        }
    }

    #[test]
    fn the_most_specific_resource_wins_and_then_the_method() {
        for (method, path, expected) in [
            ("GET", "/", Some("GET /")),
            ("POST", "/", None),
            ("POST", "/ride", Some("POST /ride")),
            ("GET", "/ride", Some("ANY /ride")),
            ("GET", "/ride/", Some("ANY /{proxy+}")),
            ("GET", "/rides/latest", Some("GET /rides/latest")),
            ("GET", "/rides/7", Some("GET /rides/{id}")),
            ("DELETE", "/rides/7", None),
            ("GET", "/a/b/c", Some("ANY /{proxy+}")),
            ("GET", "//", Some("ANY /{proxy+}")),
        ] {
            assert_eq!(taken(method, path).as_deref(), expected, "{method} {path}");
        }
    }

    #[test]
    fn parameters_are_handed_over() {
        let router = router();
        assert_eq!(router.find("GET", "/rides/7").expect("found").parameters["id"], "7");
        assert_eq!(router.find("GET", "/a/b/c").expect("found").parameters["proxy"], "a/b/c");
    }
}
