use super::{Answer, Call, json};
use crate::problem::{Failure, Problem};
use http::{HeaderMap, Method, StatusCode};
use lambda_http::tower::Service;
use serde_json::json;
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
pub(super) fn name_of(segment: &str) -> Option<&str> {
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
