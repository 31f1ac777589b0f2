use super::route::name_of;
use super::{LONGEST_BODY, bytes};
use crate::context;
use crate::media_type::{is_json, is_utf8};
use crate::problem::Problem;
use http::{HeaderMap, header};
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

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

    /// The path of the route that the call came by, as [`super::Routes`] has it.
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
