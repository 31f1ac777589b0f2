//! Somebody redrives what is in the dead letters, as `cargo lab redrive --all` does.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::person;
use crate::assembly::Lab;

/// Where a redrive is ordered.
const ROUTE: &str = "/payments/redrive";

/// Logical id of the queue with the letters.
const LETTERS: &str = "PaymentsDeadLetters";

/// Dead letters of an order, and the most of a scenario: more would take longer than one request may.
pub(super) const MOST: u32 = 1_000;

/// How long all of it may take, of the machine's time. An order that fails hides the letters that it has taken, for a minute.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often somebody looks whether hidden letters are there again, or an order that failed is given again.
const LOOK: Duration = Duration::from_millis(250);

/// Redrives so many payments at most, until no letter is left, hidden ones included. To order again is no harm: what was redriven is no
/// letter any more.
///
/// # Errors
/// Letters are left after all: orders fail, somebody else has them, or nobody can read them.
pub(super) async fn all(lab: &Lab, most: u32) -> Result<(), String> {
    let letters = &lab.stack.queues.get(LETTERS).ok_or("the stack has no dead letters")?.name;
    let deadline = Instant::now() + PATIENCE;
    let (mut left, mut said) = (u64::from(most), "nothing was ordered".to_owned());
    while left > 0 && lab.sqs.depth(letters).all() > 0 {
        if Instant::now() > deadline {
            return Err(format!("letters are left after {} s: {said}", PATIENCE.as_secs()));
        }
        let order = async {
            let told = person::post(lab, ROUTE, &json!({"limit": left})).await?;
            let moved = serde_json::from_str(&told).map(|told: Value| told["moved"].as_u64().unwrap_or_default());
            Ok::<_, String>((moved.map_err(|error| format!("{ROUTE} answered {told}: {error}"))?, told))
        };
        if lab.sqs.depth(letters).visible > 0 {
            match order.await {
                Ok((moved, told)) => (left, said) = (left.saturating_sub(moved), told),
                Err(error) => said = error,
            }
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
