//! Whole tables of the running lab, for whoever compares them with something.

use std::time::Duration;

use anyhow::Context;
use http::Request;
use serde_json::Value;

use super::state::State;
use super::{ride, terminal};
use crate::console::SECRET_HEADER;

/// The lab waits up to 28 s for rest and then reads: a hundred thousand rows take it some seconds.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);

/// Every row of a table, by its physical name, in DynamoDB's JSON. The lab itself reads them: past the table's own troubles
/// and capacity, and when nobody writes any more.
///
/// # Errors
/// The lab does not answer, or has no such table.
pub(super) async fn of(state: &State, table: &str) -> anyhow::Result<Vec<Value>> {
    let url = format!("{}/api/items?table={table}", state.console);
    let request =
        Request::get(url).header(SECRET_HEADER, &state.console_secret).body(http_body_util::Full::default())?;
    let (status, _, mut answer) =
        ride::send_within(ANSWER_LIMIT, request).await.context("the lab's console did not answer")?;
    anyhow::ensure!(status.is_success(), "the table could not be read: {status} {answer}");
    if answer["at_rest"] == false {
        terminal::warn(&format!("the functions were still at work when {table} was read: rows may have come since"));
    }
    serde_json::from_value(answer["items"].take()).context("the lab's console answered with no rows")
}
