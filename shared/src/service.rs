//! Everything that an HTTP function does for every request, whatever the function is for.
//!
//! Three tower services, one inside the other: [`Invocations`] gives a request its id, its budget and its log line,
//! [`CatchPanic`] turns a panic into a 500 while the process lives, [`Router`] finds the route and asks the handler.

mod call;
mod faulty;
mod invocation;
mod panic;
mod route;

pub use crate::settings::Settings;
pub use call::Call;
pub use invocation::Invocations;
pub use panic::CatchPanic;
pub use route::{Handler, Route, Router, Routes};

use lambda_http::Body;
use lambda_http::tower::ServiceBuilder;

/// What a handler gives back.
pub type Answer = Result<http::Response<String>, crate::problem::Failure>;

/// The longest body that a handler sees, in bytes.
pub const LONGEST_BODY: usize = 8 * 1024;

/// The whole service around a handler: what [`run`] runs and what the tests call.
pub fn service<H: Handler>(settings: Settings, routes: Routes, handler: H) -> Invocations<CatchPanic<Router<H>>> {
    ServiceBuilder::new()
        .layer_fn(|inner| Invocations::new(settings.clone(), routes.clone(), inner))
        .layer_fn(CatchPanic::new)
        .service(Router::new(settings.service, routes.clone(), handler))
}

/// Serves invocations until the process is ended.
///
/// # Errors
/// The Lambda Runtime API cannot be spoken to.
pub async fn run<H: Handler>(settings: Settings, routes: Routes, handler: H) -> Result<(), lambda_http::Error> {
    lambda_http::run(service(settings, routes, handler)).await
}

/// A JSON answer.
pub fn json(status: http::StatusCode, value: &impl serde::Serialize) -> Answer {
    let body = serde_json::to_string(value)
        .map_err(|error| crate::problem::Failure::caused_by(crate::problem::Problem::Internal, error))?;
    Ok(json_text(status, body))
}

/// An answer that is JSON already.
pub fn json_text(status: http::StatusCode, body: String) -> http::Response<String> {
    content(status, "application/json", body)
}

/// An answer of this media type, such as `text/html; charset=utf-8`.
///
/// # Panics
/// The media type has bytes that no header has: it is a text of the program, so this is a bug.
pub fn content(status: http::StatusCode, media_type: &'static str, body: String) -> http::Response<String> {
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(media_type));
    response
}

/// The bytes of a body, as they came.
fn bytes(body: &Body) -> &[u8] {
    match body {
        Body::Text(text) => text.as_bytes(),
        Body::Binary(bytes) => bytes,
        // `Empty`, and whatever a later version adds: nothing that could be read.
        _ => &[],
    }
}
