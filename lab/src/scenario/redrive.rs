//! Somebody redrives what is in the dead letters, as `cargo lab redrive --all` does.

use serde_json::{Value, json};

use super::person;
use crate::assembly::Lab;

/// Where a redrive is ordered.
const ROUTE: &str = "/payments/redrive";

/// Dead letters of an order, and the most of a scenario: more would take longer than one request may.
pub(super) const MOST: u32 = 1_000;

/// How many orders may fail. To order again is no harm: what was redriven is no letter any more.
const FAILURES: u32 = 4;

/// Redrives so many payments at most. One order is as long as a function may take, so there may be several.
///
/// # Errors
/// Orders fail again and again, or one moves none though there are letters: somebody else has them, or nobody can read them.
pub(super) async fn all(lab: &Lab, most: u32) -> Result<(), String> {
    let (mut left, mut failures) = (u64::from(most), 0);
    while left > 0 {
        let told = match person::post(lab, ROUTE, &json!({"limit": left})).await {
            Ok(told) => told,
            Err(error) if failures == FAILURES => return Err(error),
            Err(_) => {
                failures += 1;
                continue;
            }
        };
        let told: Value = serde_json::from_str(&told).map_err(|error| format!("{ROUTE} answered {told}: {error}"))?;
        if told["ended"] == "empty" {
            return Ok(());
        }
        match told["moved"].as_u64() {
            Some(moved @ 1..) => left = left.saturating_sub(moved),
            _ => return Err(format!("{ROUTE} moves nothing: {told}")),
        }
    }
    Ok(())
}
