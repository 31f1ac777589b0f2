use super::{Answer, LONGEST_BODY, bytes, json};
use crate::context;
use crate::media_type::{is_json, is_utf8};
use crate::problem::{Failure, Problem};
use http::{HeaderMap, Method, StatusCode, header};
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use lambda_http::tower::Service;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The one thing that a function is for.
pub trait Handler: Send + Sync + 'static {
    /// Answers one call. Expected failures are `Err` with their problem; a panic is a bug.
    fn handle(&self, call: Call) -> impl Future<Output = Answer> + Send;
}

/// The paths of a function, without the stage.
#[derive(Debug, Clone)]
pub struct Routes {
    /// The method of the function's own path.
    pub method: Method,
    /// The function's own path. One that ends in `/` stands for everything below it.
    pub path: &'static str,
    /// Other paths that answer the same method with the same work.
    pub also: &'static [&'static str],
    /// Further paths, each with its own method; the handler tells them apart by [`Call::route`].
    pub more: &'static [Route],
    /// Where `GET` says whether it lives.
    pub health: &'static str,
    /// Whether a caller's `X-Remaining-Ms` counts. Only where all callers are ours: a stranger could make 503s with it.
    pub caller_budget: bool,
    /// Headers on every answer of these paths, whatever its status.
    pub headers: HeaderMap,
}

/// A path and the one method that it answers.
#[derive(Debug, Clone)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path. A segment `{Name}` stands for any one segment; it is spelt as in the template, since a REST event has the
    /// pattern for its path.
    pub path: &'static str,
}

impl Route {
    fn is_of(&self, path: &str) -> bool {
        let (mut pattern, mut segments) = (self.path.split('/'), path.split('/'));
        loop {
            match (pattern.next(), segments.next()) {
                (None, None) => return true,
                (Some(expected), Some(segment)) if name_of(expected).is_some() && !segment.is_empty() => {}
                (Some(expected), Some(segment)) if expected == segment => {}
                _ => return false,
            }
        }
    }
}

/// The name in `{Name}`.
fn name_of(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

impl Routes {
    /// The route that a path belongs to, and the method it answers.
    pub(super) fn find(&self, path: &str) -> Option<(&'static str, &Method)> {
        let below = self.path.ends_with('/') && path.starts_with(self.path);
        match path {
            path if path == self.health => Some((self.health, &Method::GET)),
            path if below || path == self.path => Some((self.path, &self.method)),
            path => {
                let also = self.also.iter().find(|also| **also == path).map(|also| (*also, &self.method));
                let more = || self.more.iter().find(|route| route.is_of(path));
                also.or_else(|| more().map(|route| (route.path, &route.method)))
            }
        }
    }
}

/// One request with what is known about it.
#[derive(Debug)]
pub struct Call {
    /// Its id, its time and its traces.
    pub context: context::RequestContext,
    pub(super) stage: Arc<str>,
    pub(super) route: &'static str,
    pub(super) request: lambda_http::Request,
}

impl Call {
    /// The body of a request that must carry JSON.
    ///
    /// # Errors
    /// It is too long, or it does not claim to be plain JSON in UTF-8.
    pub fn json_body(&self) -> Result<&[u8], Problem> {
        let body = self.body()?;
        let content_type = self.request.headers().get(header::CONTENT_TYPE);
        let claims_json =
            content_type.and_then(|value| value.to_str().ok()).is_some_and(|value| is_json(value) && is_utf8(value));
        if !claims_json {
            return Err(Problem::NotJson);
        }
        // Else a compressed body or another charset would be called bad JSON, which it is not.
        let mut encodings = self.request.headers().get_all(header::CONTENT_ENCODING).iter();
        if !body.is_empty() && !encodings.all(|value| value.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Problem::Encoded);
        }
        Ok(body)
    }

    /// The body of a request that may carry anything, or nothing.
    ///
    /// # Errors
    /// It is too long.
    pub fn body(&self) -> Result<&[u8], Problem> {
        let body = bytes(self.request.body());
        if body.len() > LONGEST_BODY { Err(Problem::TooLarge(LONGEST_BODY)) } else { Ok(body) }
    }

    /// The path of the route that the call came by, as [`Routes`] has it.
    pub fn route(&self) -> &'static str {
        self.route
    }

    /// What stands for `{name}` in the path, as it came.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let known = self.request.path_parameters_ref().and_then(|parameters| parameters.first(name));
        known.or_else(|| {
            // An HTTP API's catch-all route names nothing.
            let position = self.route.split('/').position(|segment| name_of(segment) == Some(name))?;
            self.inner_path().split('/').nth(position)
        })
    }

    /// The first value of a parameter of the query string, decoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.request.query_string_parameters_ref()?.first(name)
    }

    /// The headers of the request.
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// What API Gateway's authoriser says about the caller: nothing when the route has none.
    pub fn authorizer(&self) -> Option<&HashMap<String, Value>> {
        let context = self.request.request_context_ref()?;
        context.authorizer().map(|authorizer| &authorizer.fields).filter(|fields| !fields.is_empty())
    }

    /// The path without what gateways put in front: the stage, or the base path of a custom domain, which is part of a
    /// REST event's path but not of its resource.
    pub fn path(&self) -> &str {
        // One that takes all the rest of the path says nothing about it. Any other pattern is that of a route.
        if let Some(RequestContext::ApiGatewayV1(context)) = self.request.request_context_ref()
            && let Some(resource) = context.resource_path.as_deref()
            && !resource.is_empty()
            && !resource.contains("+}")
        {
            return resource;
        }
        self.inner_path()
    }

    /// The path as it came, without the stage.
    fn inner_path(&self) -> &str {
        let path = self.request.raw_http_path();
        let inner = path.strip_prefix('/').and_then(|path| path.strip_prefix(&*self.stage));
        inner.filter(|inner| inner.starts_with('/')).unwrap_or(path)
    }
}

/// Finds the route of a call.
pub struct Router<H> {
    service: &'static str,
    routes: Routes,
    handler: Arc<H>,
}

impl<H> Router<H> {
    pub(super) fn new(service: &'static str, routes: Routes, handler: H) -> Self {
        Self { service, routes, handler: Arc::new(handler) }
    }

    /// What can be answered without the handler.
    fn shortcut(&self, call: &Call) -> Option<Answer> {
        let Some((route, allowed)) = self.routes.find(call.path()) else {
            return Some(Err(Problem::NotFound.into()));
        };
        if call.request.method() != allowed {
            return Some(Err(Problem::MethodNotAllowed(allowed.clone()).into()));
        }
        if route == self.routes.health {
            let health = json!({"status": "ok", "service": self.service, "version": crate::VERSION});
            return Some(json(StatusCode::OK, &health));
        }
        call.context.budget.is_spent().then(|| Err(out_of_time()))
    }
}

fn out_of_time() -> Failure {
    Problem::Unavailable { detail: "There is not enough time left to answer.", retry_after_s: 1 }.into()
}

impl<H: Handler> Service<Call> for Router<H> {
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        if let Some(answer) = self.shortcut(&call) {
            return Box::pin(std::future::ready(Ok(answer)));
        }
        let handler = Arc::clone(&self.handler);
        Box::pin(async move { Ok(handler.handle(call).await) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static MORE: [Route; 3] = [
        Route { method: Method::GET, path: "/payments" },
        Route { method: Method::POST, path: "/payments/redrive" },
        Route { method: Method::POST, path: "/payments/{RideId}/redrive" },
    ];

    fn found(path: &str) -> Option<(&'static str, String)> {
        let routes = Routes {
            method: Method::GET,
            path: "/ops",
            also: &["/count"],
            more: &MORE,
            health: "/ops/health",
            caller_budget: false,
            headers: HeaderMap::new(),
        };
        routes.find(path).map(|(route, method)| (route, method.to_string()))
    }

    #[test]
    fn every_path_has_its_route_and_its_method() {
        for (path, route, method) in [
            ("/ops", "/ops", "GET"),
            ("/count", "/count", "GET"),
            ("/ops/health", "/ops/health", "GET"),
            ("/payments", "/payments", "GET"),
            ("/payments/redrive", "/payments/redrive", "POST"),
            ("/payments/0195/redrive", "/payments/{RideId}/redrive", "POST"),
            ("/payments/{RideId}/redrive", "/payments/{RideId}/redrive", "POST"), // a REST event's resource
        ] {
            assert_eq!(found(path), Some((route, method.to_owned())), "{path}");
        }
        for nowhere in ["/", "/payments/", "/payments//redrive", "/payments/1/2/redrive", "/payments/1", "/ops/"] {
            assert_eq!(found(nowhere), None, "{nowhere}");
        }
    }
}
