//! `GET /payments`.

use crate::cursor::Cursor;
use crate::store::{First, Lists, StoreError, written};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use shared::budget::Budget;
use shared::payments::{Payment, Status};
use shared::problem::{FieldError, Problem};
use shared::service::{Answer, Call, json};

/// The most payments of one answer, in JSON or as the page.
pub(crate) const MOST_PAYMENTS: usize = 100;

/// How much of finance's answer is shown of each payment, in characters: a hundred whole ones could be more than Lambda
/// lets through.
const SHOWN: usize = 4_000;

/// In which order a list without a status goes through them: what needs a person first.
const ORDER: [Status; 4] = [Status::Failed, Status::Processing, Status::Queued, Status::Complete];

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    status: Option<Status>,
    cursor: Option<Cursor>,
    limit: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    payments: Vec<Shown<'a>>,
    cursor: Option<String>,
    as_of: String,
}

/// A payment as its row has it, with the answer shortened.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown<'a> {
    ride_id: String,
    status: &'static str,
    placed_at: String,
    status_since: String,
    attempts: u32,
    redrives: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    rider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    processed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

pub(crate) async fn list(payments: &impl Lists, call: &Call) -> Answer {
    let wish = Wish::parse(|name| call.query(name)).map_err(Problem::InvalidFields)?;
    let now = Timestamp::now();
    let (payments, cursor) = page(payments, wish, &call.context.budget).await?;
    let payments = payments.iter().map(shown).collect();
    json(StatusCode::OK, &Listed { payments, cursor: cursor.map(Cursor::to_text), as_of: written(now) })
}

/// One page, and where the next begins.
async fn page(
    payments: &impl Lists,
    wish: Wish,
    budget: &Budget,
) -> Result<(Vec<Payment>, Option<Cursor>), StoreError> {
    let mut found = Vec::new();
    let first = wish.cursor.map(|cursor| cursor.status).or(wish.status).unwrap_or(ORDER[0]);
    let mut after = wish.cursor.and_then(|cursor| cursor.after);
    let from_here = ORDER.into_iter().skip_while(|status| *status != first);
    for status in from_here.filter(|status| wish.status.is_none_or(|only| only == *status)) {
        let left = wish.limit - found.len();
        if left == 0 {
            return Ok((found, Some(Cursor { status, after: None })));
        }
        let slice = payments.list(status, First::Oldest, after.take(), left, budget).await?;
        found.extend(slice.payments);
        if slice.next.is_some() {
            return Ok((found, Some(Cursor { status, after: slice.next })));
        }
    }
    Ok((found, None))
}

impl Wish {
    fn parse<'a>(query: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |name: &str, detail: String| errors.push(FieldError { pointer: format!("/{name}"), detail });
        let status = query("status")
            .and_then(|text| Status::try_from(text).inspect_err(|error| wrong("status", error.to_string())).ok());
        let limit = match query("limit") {
            None => MOST_PAYMENTS,
            Some(text) => whole(text, MOST_PAYMENTS).unwrap_or_else(|| {
                wrong("limit", format!("must be a whole number from 1 to {MOST_PAYMENTS}"));
                MOST_PAYMENTS
            }),
        };
        let cursor = query("cursor")
            .and_then(|text| Cursor::parse(text).inspect_err(|error| wrong("cursor", error.to_string())).ok());
        if let (Some(status), Some(cursor)) = (status, cursor)
            && status != cursor.status
        {
            wrong("cursor", "belongs to a list of another status".into());
        }
        if errors.is_empty() { Ok(Self { status, cursor, limit }) } else { Err(errors) }
    }
}

/// A plain whole number from 1 to `most`.
pub(crate) fn whole(text: &str, most: usize) -> Option<usize> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| plain && (1..=most).contains(number))
}

fn shown(payment: &Payment) -> Shown<'_> {
    let answer = payment.answer.as_deref();
    Shown {
        ride_id: payment.ride_id.to_string(),
        status: payment.status.as_str(),
        placed_at: payment.placed_at.to_string(),
        status_since: payment.status_since.to_string(),
        attempts: payment.attempts,
        redrives: payment.redrives,
        rider: payment.rider.as_ref().map(shared::ride::Label::as_str),
        processed_at: payment.processed_at.map(|at| at.to_string()),
        reason: payment.reason.as_deref(),
        answer: answer.map(|answer| cut(answer, SHOWN)),
        request_id: payment.request_id.as_deref(),
    }
}

/// At most so many characters of a text.
pub(crate) fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests;
