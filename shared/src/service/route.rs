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
    /// Where `GET` says whether it lives.
    pub health: &'static str,
    /// Whether a caller's `X-Remaining-Ms` counts. Only where all callers are ours: a stranger could make 503s with it.
    pub caller_budget: bool,
    /// Headers on every answer of these paths, whatever its status.
    pub headers: HeaderMap,
}

impl Routes {
    /// The route that a path belongs to, and the method it answers.
    pub(super) fn find(&self, path: &str) -> Option<(&'static str, &Method)> {
        let below = self.path.ends_with('/') && path.starts_with(self.path);
        match path {
            path if path == self.health => Some((self.health, &Method::GET)),
            path if below || path == self.path => Some((self.path, &self.method)),
            path => self.also.iter().find(|also| **also == path).map(|also| (*also, &self.method)),
        }
    }
}

/// One request with what is known about it.
#[derive(Debug)]
pub struct Call {
    /// Its id, its time and its traces.
    pub context: context::RequestContext,
    pub(super) stage: Arc<str>,
    pub(super) request: lambda_http::Request,
}

impl Call {
    /// The body of a request that must carry JSON.
    ///
    /// # Errors
    /// It is too long, or it does not claim to be plain JSON in UTF-8.
    pub fn json_body(&self) -> Result<&[u8], Problem> {
        let body = bytes(self.request.body());
        if body.len() > LONGEST_BODY {
            return Err(Problem::TooLarge(LONGEST_BODY));
        }
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
        // A resource with a variable in it is a pattern and no path.
        if let Some(RequestContext::ApiGatewayV1(context)) = self.request.request_context_ref()
            && let Some(resource) = context.resource_path.as_deref()
            && !resource.is_empty()
            && !resource.contains('{')
        {
            return resource;
        }
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
