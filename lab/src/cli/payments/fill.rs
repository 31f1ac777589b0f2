//! `cargo lab payments --fill N`: completed payments without rides, so that what shows payments can be measured when there are many.

use std::time::{Duration, Instant};

use anyhow::Context;
use http::{Request, StatusCode};
use http_body_util::Full;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cli::ride;
use crate::cli::state::State;
use crate::cli::terminal;

/// So many rows and their two counters are one transaction; DynamoDB takes 100 actions.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const MOST: i64 = 60;

/// How long counts of ten minutes are kept; what expired years ago would not be.
const KEPT: i64 = 7 * 24 * 3_600;

/// A transaction waits where a table is busy, and is sent again where the table throttles it: on a machine that has nothing else to
/// do, rows come faster than an on-demand table takes them.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two attempts at a transaction that was throttled: capacity comes by the second.
const PAUSE: Duration = Duration::from_millis(200);

/// Puts so many completed payments into the running lab's tables, placed a second apart up to now, with their counts.
///
/// # Errors
/// The lab refuses or does not answer; what is there by then is whole, rows and counts.
pub(super) async fn fill(state: &State, payments: u32) -> anyhow::Result<()> {
    let now = Timestamp::now().as_second();
    let mut left = i64::from(payments);
    let mut end = now;
    while left > 0 {
        // The rest of a minute of the clock, backwards: a transaction counts in one minute.
        let begin = (end.div_euclid(60) * 60).max(end + 1 - left).max(end + 1 - MOST);
        write(state, begin, end).await?;
        left -= end + 1 - begin;
        end = begin - 1;
    }
    terminal::print(&format!(
        "{payments} completed payments are there, a second apart, up to now. No rides belong to them."
    ));
    Ok(())
}

/// The payments of these seconds, all of one minute, in one transaction with their counts.
async fn write(state: &State, begin: i64, end: i64) -> anyhow::Result<()> {
    let other = "the lab that runs is of another version; stop it and start it again";
    let payments = state.tables.get("PaymentsTable").context(other)?;
    let counts = state.tables.get("PaymentCountsTable").context(other)?;
    let mut actions = Vec::new();
    for second in begin..=end {
        actions.push(json!({"Put": {"TableName": payments, "Item": row(second)?}}));
    }
    actions.extend(counted(begin, end + 1 - begin).map(|(id, expression, values)| {
        let names = json!({"#placed": "Placed", "#complete": "Complete"});
        let key = json!({"Id": {"S": id}});
        json!({"Update": {"TableName": counts, "Key": key, "UpdateExpression": expression,
                          "ExpressionAttributeNames": names, "ExpressionAttributeValues": values}})
    }));
    let body = json!({"TransactItems": actions}).to_string();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (status, answer) = send(state, body.clone()).await?;
        if status.is_success() {
            return Ok(());
        }
        // Cancelled as a whole: nothing of it is written.
        let throttled = answer["CancellationReasons"].as_array().is_some_and(|reasons| reasons.iter().any(is_throttle));
        if !throttled || Instant::now() >= deadline {
            let why = if throttled { "the table throttles".to_owned() } else { answer.to_string() };
            anyhow::bail!("the payments could not be written: {status} {why}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
fn is_throttle(reason: &Value) -> bool {
    matches!(reason["Code"].as_str(), Some("ThrottlingError" | "ProvisionedThroughputExceeded"))
}

async fn send(state: &State, body: String) -> anyhow::Result<(StatusCode, Value)> {
    let request = Request::post(&state.dynamodb)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", "DynamoDB_20120810.TransactWriteItems")
        .header("x-amz-date", "20260101T000000Z")
        .header("authorization", ride::CREDENTIAL)
        .body(Full::from(body))?;
    let (status, _, answer) =
        ride::send_within(PATIENCE, request).await.context("the lab's DynamoDB did not answer")?;
    Ok((status, answer))
}

/// A payment as process-payment leaves it.
fn row(second: i64) -> anyhow::Result<Value> {
    let placed = Timestamp::from_second(second)?;
    let charged = placed.checked_add(SignedDuration::from_millis(200))?;
    let id = uuid::Timestamp::from_unix(uuid::NoContext, u64::try_from(second)?, 0);
    let text = |text: String| json!({"S": text});
    Ok(json!({
        "RideId": text(Uuid::new_v7(id).to_string()), "Status": text("Complete".to_owned()),
        "PlacedAt": text(format!("{placed:.6}")), "StatusSince": text(format!("{charged:.6}")), "ProcessedAt": text(format!("{charged:.6}")),
        "RequestId": text(Uuid::new_v4().to_string()), "Attempts": {"N": "1"}, "AttemptsBefore": {"N": "0"}, "Redrives": {"N": "0"},
    }))
}

/// The counters of all time and of ten minutes: key, expression, values. One shard takes all, since whoever reads adds them up.
fn counted(second: i64, count: i64) -> [(String, String, Value); 2] {
    let (ten, minute) = (second.div_euclid(600), second.rem_euclid(600) / 60);
    let by = || json!({"N": count.to_string()});
    let expires = json!({"N": ((ten + 1) * 600 + KEPT).to_string()});
    [
        ("total#0".to_owned(), "ADD #placed :by, #complete :by".to_owned(), json!({":by": by()})),
        (
            format!("ten#{ten}#0"),
            format!(
                "ADD #placed :by, #complete :by, Placed{minute} :by, Complete{minute} :by SET ExpiresAt = :expires"
            ),
            json!({":by": by(), ":expires": expires}),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_completed_payment_of_its_second() {
        let row = row(1_795_209_380).expect("a row");
        assert_eq!(row["PlacedAt"]["S"], "2026-11-20T21:16:20.000000Z");
        assert_eq!(row["ProcessedAt"]["S"], "2026-11-20T21:16:20.200000Z");
        assert!(row["RideId"]["S"].as_str().is_some_and(|id| Uuid::parse_str(id).is_ok()), "{row}");
    }

    #[test]
    fn counts_are_of_the_very_minute() {
        let [total, ten] = counted(1_795_209_380, 21);
        assert_eq!((total.0.as_str(), &total.2), ("total#0", &json!({":by": {"N": "21"}})));
        assert_eq!(ten.0, "ten#2992015#0");
        assert!(ten.1.contains("Placed6 :by, Complete6 :by"), "{}", ten.1);
        assert_eq!(ten.2[":expires"]["N"], (2_992_016_i64 * 600 + KEPT).to_string());
    }
}
