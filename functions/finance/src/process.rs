//! `POST /finance/ProcessPayment`.

use crate::ledger::{Charge, Charged, Charges, Scenes, Tries};
use crate::order::Order;
use crate::scenario::{Luck, Moment};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;
use shared::budget::Budget;
use shared::idempotency::{ClaimId, Key, Payload};
use shared::problem::{Failure, Problem};
use shared::service::{Answer, Call, content, json_text};
use uuid::Uuid;

/// What the workshop's service says when it could not, for now.
const LOCKED: &str = "The payment could not be processed: the 'payments' table is locked. Try again.";

pub(crate) async fn process(books: &(impl Charges + Tries + Scenes), call: &Call) -> Answer {
    let order = Order::parse(call.json_body()?)?;
    // Without a key every request is a charge of its own, as in the workshop.
    let key = Key::of(call.headers()).map_err(|error| Problem::BadHeader(error.to_string()))?;
    let key = match key {
        Some(key) => key,
        None => Key::parse(Uuid::new_v4().to_string().as_bytes()).map_err(|_| Problem::Internal)?,
    };
    let now = Timestamp::now();
    order.judge(now).map_err(|error| Problem::BadRequest(error.to_string()))?;
    let (id, budget) = (id(&key), &call.context.budget);
    let behaviour = books.behaviour(budget).await?;
    let luck = match behaviour.is_calm() {
        true => Luck::default(),
        false => Luck::of(&behaviour, id.as_str(), books.count(&id, budget).await?),
    };
    pass(luck, Moment::Before, budget).await?;
    if luck.failure == Some(Moment::Before) {
        return Ok(locked());
    }
    let charge = charge(id, order, now);
    let charged = books.charge(&charge, budget).await?;
    pass(luck, Moment::After, budget).await?;
    if luck.failure == Some(Moment::After) {
        return Ok(locked());
    }
    match charged {
        Charged::New => Ok(json_text(StatusCode::OK, charge.answer)),
        Charged::Before(answer) => Ok(json_text(StatusCode::OK, answer)),
        Charged::Other => Err(Problem::KeyReused.into()),
    }
}

/// Where the charge of a key is kept.
pub(crate) fn id(key: &Key) -> ClaimId {
    ClaimId::new("ProcessPayment", None, key)
}

fn charge(id: ClaimId, order: Order, at: Timestamp) -> Charge {
    let parts = [order.product.as_str(), order.customer.as_str(), &order.date];
    let payload = Payload::of(&parts.map(str::as_bytes));
    let answer =
        json!({"status": "Charged", "charge": Uuid::new_v4().to_string(), "chargedAt": format!("{at:.6}")}).to_string();
    Charge { id, payload, order, at, answer }
}

/// Lets the time of a slow answer go by. Who has less of it is told so at the end of it.
async fn pass(luck: Luck, moment: Moment, budget: &Budget) -> Result<(), Failure> {
    if luck.slow != moment || luck.latency.is_zero() {
        return Ok(());
    }
    let left = budget.remaining();
    tokio::time::sleep(luck.latency.min(left)).await;
    if luck.latency < left {
        return Ok(());
    }
    Err(Problem::Unavailable { detail: "There is not enough time left to answer.", retry_after_s: 1 }.into())
}

/// A 500 that says more than a bug of ours may: it is not ours.
fn locked() -> http::Response<String> {
    let body = json!({"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": LOCKED});
    content(StatusCode::INTERNAL_SERVER_ERROR, "application/problem+json", body.to_string())
}
