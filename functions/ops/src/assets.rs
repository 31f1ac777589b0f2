//! The files of the page. They are in the program, so that page and files are always of one version.

use http::{HeaderValue, StatusCode, header};
use shared::problem::Problem;
use shared::service::{Answer, Call, content};

/// What a failed payment means and what to do: the same page that the alarm names.
const RUNBOOK: &str = include_str!("../../../runbooks/payment-failed.md");

pub(crate) fn asset(call: &Call) -> Answer {
    let (media_type, text) = match call.variable("asset") {
        Some("ops.css") => ("text/css; charset=utf-8", include_str!("../assets/ops.css")),
        Some("ops.js") => ("text/javascript; charset=utf-8", include_str!("../assets/ops.js")),
        Some("payment-failed.md") => ("text/plain; charset=utf-8", RUNBOOK),
        _ => return Err(Problem::NotFound.into()),
    };
    let mut response = content(StatusCode::OK, media_type, text.to_owned());
    // Asked for with every page, changed with a deployment: a minute of the old one hurts nobody.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=60"));
    Ok(response)
}
