//! The operations page and its data: what became of the payments, and another try for those that failed.
//!
//! Everything is read by key, by index or from counters, so an answer takes the same time at a hundred payments and at
//! a hundred thousand.

mod alarms;
mod assets;
mod count;
mod cursor;
mod list;
mod origin;
mod page;
mod queue;
mod redrive;
mod settings;
pub mod store;
mod table;
mod watch;

pub use alarms::Alarms;
pub use count::Count;
pub use cursor::{Cursor, NotACursor};
pub use queue::Queues;
pub use settings::Settings;
pub use table::PaymentTables;
pub use watch::{Outlook, Watch};

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use page::{Page, Told};
use redrive::Redriven;
use serde_json::json;
use shared::json::{self as read, FieldErrors};
use shared::problem::{Failure, FieldError, Problem};
use shared::ride::RideId;
use shared::service::{Answer, Call, Handler, Route, Routes, content, json};
use std::error::Error;
use std::sync::Arc;
use store::{Changes, Discards, Finds, Lists, Rings, Sends, StoreError, Takes, Tallies, Watches};

/// The name of this service.
pub const SERVICE: &str = "ops";

const PAGE: &str = "/ops";
const ASSET: &str = "/ops/assets/{asset}";
const PAYMENTS: &str = "/payments";
const COUNT: &str = "/count";
const REDRIVE: &str = "/payments/{RideId}/redrive";
const REDRIVE_ALL: &str = "/payments/redrive";

static MORE: [Route; 5] = [
    Route { method: Method::GET, path: ASSET },
    Route { method: Method::GET, path: PAYMENTS },
    Route { method: Method::GET, path: COUNT },
    Route { method: Method::POST, path: REDRIVE_ALL },
    Route { method: Method::POST, path: REDRIVE },
];

/// What the page may do and load: what is its own, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; script-src 'self'; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// The handler, over the tables, the queues and the watch.
#[derive(Debug)]
pub struct Ops<T, Q, W> {
    stage: Arc<str>,
    payments: T,
    queue: Q,
    watch: W,
    page: Page,
}

impl<T, Q, W> Ops<T, Q, W> {
    /// The operations of a stage.
    pub fn new(stage: Arc<str>, payments: T, queue: Q, watch: W) -> Self {
        Self { stage, payments, queue, watch, page: Page::default() }
    }
}

impl<T, Q, W> Handler for Ops<T, Q, W>
where
    T: Lists + Finds + Tallies + Changes,
    Q: Sends + Takes + Discards,
    W: Watches + Rings,
{
    async fn handle(&self, call: Call) -> Answer {
        match call.route() {
            PAGE => self.show(&call).await,
            ASSET => assets::asset(&call),
            PAYMENTS => list::list(&self.payments, &call).await,
            COUNT => count::count(&self.payments, &call).await,
            REDRIVE => {
                let answer = self.redrive(&call).await;
                back_to_page(&call, answer.as_ref().map(|redriven| Told::One(*redriven)), "../../ops")
                    .unwrap_or_else(|| redriven(answer?))
            }
            REDRIVE_ALL => {
                let answer = self.redrive_all(&call).await;
                back_to_page(&call, answer.as_ref().map(|moved| Told::All(*moved)), "../ops")
                    .unwrap_or_else(|| json(StatusCode::ACCEPTED, &answer?))
            }
            _ => Err(Problem::NotFound.into()),
        }
    }
}

impl<T, Q, W> Ops<T, Q, W>
where
    T: Lists + Finds + Tallies + Changes,
    Q: Sends + Takes + Discards,
    W: Watches + Rings,
{
    async fn show(&self, call: &Call) -> Answer {
        let told = call.query("told").and_then(Told::parse);
        let html = self.page.render(&self.stage, &self.payments, &self.watch, told, &call.context).await;
        let html = html.map_err(|error| Failure::caused_by(UNAVAILABLE, error))?;
        Ok(content(StatusCode::OK, "text/html; charset=utf-8", html))
    }

    async fn redrive(&self, call: &Call) -> Result<Redriven, Failure> {
        origin::check(call.headers())?;
        // What is no id is no payment's.
        let ride = call.variable("RideId").and_then(|text| RideId::try_from(text.to_owned()).ok());
        let Some(ride) = ride else { return Ok(Redriven::Unknown) };
        Ok(redrive::one(&self.payments, &self.queue, ride, &call.context.budget).await?)
    }

    async fn redrive_all(&self, call: &Call) -> Result<redrive::Moved, Failure> {
        origin::check(call.headers())?;
        let limit = limit(call)?;
        Ok(redrive::all(&self.payments, &self.queue, limit, &call.context.budget).await?)
    }
}

/// `{"limit":N}`, or `limit=N` from the page's form.
fn limit(call: &Call) -> Result<usize, Problem> {
    let detail = || format!("must be a whole number from 1 to {}", redrive::MOST);
    if is_form(call) {
        let body = std::str::from_utf8(call.body()?).unwrap_or_default();
        let limit = body.split('&').find_map(|pair| pair.strip_prefix("limit="));
        let limit = limit.and_then(|limit| list::whole(limit, redrive::MOST));
        let error = || FieldError { pointer: "/limit".into(), detail: detail() };
        return limit.ok_or_else(|| Problem::InvalidFields(vec![error()]));
    }
    let mut fields = read::object(call.json_body()?).map_err(|error| Problem::NotAnObject(error.to_string()))?;
    let mut errors = FieldErrors::default();
    let limit = fields.number("limit", &mut errors, |number| {
        let fits = number.fract() == 0.0 && (1.0..=redrive::MOST as f64).contains(&number);
        fits.then_some(number as usize).ok_or_else(detail)
    });
    fields.finish(&mut errors);
    errors.into_result().map_err(Problem::InvalidFields)?;
    limit.ok_or(Problem::Internal) // what is not there was noted
}

/// Whether a form of the page sent it.
fn is_form(call: &Call) -> bool {
    let media_type = call.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type
        .is_some_and(|value| value.split(';').next().unwrap_or_default().trim() == "application/x-www-form-urlencoded")
}

/// A form's answer is the page again, by an address that does not order it twice when it is loaded anew.
fn back_to_page(call: &Call, told: Result<Told, &Failure>, page: &str) -> Option<Answer> {
    if !is_form(call) || matches!(told, Err(Failure { problem: Problem::Forbidden(_), .. })) {
        return None;
    }
    let told = told.unwrap_or_else(|failure| {
        let error = failure.cause.as_deref().map(|cause| cause as &(dyn Error + 'static));
        tracing::warn!(error, detail = failure.problem.detail(), "a redrive by the page failed");
        // The only thing that a form can say wrongly.
        if matches!(failure.problem, Problem::InvalidFields(_)) { Told::Limit } else { Told::Failed }
    });
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    // Relative, since the stage or a base path may be in front.
    let location = HeaderValue::from_str(&format!("{page}?told={}", told.to_text())).ok()?;
    response.headers_mut().insert(header::LOCATION, location);
    Some(Ok(response))
}

fn redriven(redriven: Redriven) -> Answer {
    match redriven {
        Redriven::Queued => json(StatusCode::ACCEPTED, &json!({"status": "Queued"})),
        Redriven::NotFailed => {
            Err(Problem::Conflict("The payment is not Failed, so there is nothing to redrive.").into())
        }
        Redriven::Unknown => Err(Problem::NotFound.into()),
    }
}

const UNAVAILABLE: Problem =
    Problem::Unavailable { detail: "The payments cannot be read or changed at the moment.", retry_after_s: 2 };

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::caused_by(UNAVAILABLE, error)
    }
}

/// The paths of this service. What goes for the page goes for its data: none of it is to be framed, guessed at or passed on.
pub fn routes() -> Routes {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"), // for browsers that do not know frame-ancestors
        (header::REFERRER_POLICY, "no-referrer"),
        (http::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (http::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (http::HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
    ];
    let headers: HeaderMap = headers.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect();
    Routes {
        method: Method::GET,
        path: PAGE,
        also: &[],
        more: &MORE,
        health: "/ops/health",
        caller_budget: true,
        headers,
    }
}
