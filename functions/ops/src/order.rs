//! Redrives as they are ordered and answered: in JSON, or by a form of the page.

use crate::list;
use crate::page::Told;
use crate::redrive::{self, Redriven};
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;
use shared::json::{self as read, FieldErrors};
use shared::problem::{Failure, FieldError, Problem};
use shared::service::{Answer, Call, json};
use std::error::Error;

/// Why a payment is not redriven that is neither Failed nor Complete.
const UNDER_WAY: &str =
    "Somebody is at the payment, or it is tried again at a time that has not come. Either is over within half an hour.";

/// `{"limit":N}`, or `limit=N` from the page's form.
pub(crate) fn limit(call: &Call) -> Result<usize, Problem> {
    let detail = || format!("must be a whole number from 1 to {}", redrive::MOST_LETTERS);
    if is_form(call) {
        let body = std::str::from_utf8(call.body()?).unwrap_or_default();
        let limit = body.split('&').find_map(|pair| pair.strip_prefix("limit="));
        let limit = limit.and_then(|limit| list::whole(limit, redrive::MOST_LETTERS));
        let error = || FieldError { pointer: "/limit".into(), detail: detail() };
        return limit.ok_or_else(|| Problem::InvalidFields(vec![error()]));
    }
    let mut fields = read::object(call.json_body()?).map_err(|error| Problem::NotAnObject(error.to_string()))?;
    let mut errors = FieldErrors::default();
    let limit = fields.number("limit", &mut errors, |number| {
        let fits = number.fract() == 0.0 && (1.0..=redrive::MOST_LETTERS as f64).contains(&number);
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
pub(crate) fn back_to_page(call: &Call, told: Result<Told, &Failure>, page: &str) -> Option<Answer> {
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

/// The answer to an order of one redrive.
pub(crate) fn redriven(redriven: Redriven) -> Answer {
    match redriven {
        Redriven::Queued => json(StatusCode::ACCEPTED, &json!({"status": "Queued"})),
        Redriven::Complete => Err(Problem::Conflict("The payment is Complete, so there is nothing to redrive.").into()),
        Redriven::UnderWay => Err(Problem::Conflict(UNDER_WAY).into()),
        Redriven::Unknown => Err(Problem::NotFound.into()),
    }
}
