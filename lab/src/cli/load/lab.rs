//! What a load has to do with the running lab: its address, its riders' tokens, its table.

use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use http::Request;
use serde_json::{Value, json};

use crate::cli::state::State;
use crate::cli::{ride, token};
use crate::load::{Agreement, Ledger, Profile};

/// The running lab.
#[derive(Debug)]
pub(super) struct Running {
    state: State,
    /// Base URL of its API, stage included.
    pub(super) base: String,
}

/// A table that throttles is read in the end.
const READS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

impl Running {
    pub(super) fn of(state: State) -> Self {
        let base = state.ride_url.strip_suffix("/ride").unwrap_or(&state.ride_url).to_owned();
        Self { state, base }
    }

    /// Whether a target is this lab: routes are served at the root and under the stage.
    pub(super) fn serves(&self, target: &str) -> bool {
        let origin = |url: &str| url::Url::parse(url).ok().map(|url| url.origin());
        origin(&self.base).is_some_and(|lab| origin(target) == Some(lab))
    }

    /// A rider's token that outlives the run, where the stack has a user pool.
    pub(super) async fn token(&self, profile: &Profile) -> anyhow::Result<Option<String>> {
        let Some(pool) = &self.state.user_pool else { return Ok(None) };
        let length: u64 = profile.phases.iter().map(|phase| phase.length.as_secs()).sum();
        let tokens = token::mint(pool, "load", i64::try_from(length + 600)?).await?;
        Ok(Some(tokens.id_token))
    }

    /// Compares the run with the rides table.
    pub(super) async fn compare(&self, ledger: &Ledger, profile: &Profile) -> anyhow::Result<Agreement> {
        Ok(Agreement::of(ledger, profile, &self.rows().await?))
    }

    async fn rows(&self) -> anyhow::Result<Vec<Value>> {
        let mut rows = Vec::new();
        let mut scan = json!({"TableName": self.state.rides_table, "ConsistentRead": true});
        loop {
            let mut page = self.page(&scan).await?;
            if let Some(Value::Array(items)) = page.get_mut("Items").map(Value::take) {
                rows.extend(items);
            }
            match page.get_mut("LastEvaluatedKey").map(Value::take) {
                Some(key) if key.is_object() => scan["ExclusiveStartKey"] = key,
                _ => return Ok(rows),
            }
        }
    }

    async fn page(&self, scan: &Value) -> anyhow::Result<Value> {
        let credential =
            "AWS4-HMAC-SHA256 Credential=lab/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
        let mut pause = FIRST_PAUSE;
        for left in (0..READS).rev() {
            let request = Request::post(&self.state.dynamodb)
                .header("content-type", "application/x-amz-json-1.0")
                .header("x-amz-target", "DynamoDB_20120810.Scan")
                .header("x-amz-date", "20260101T000000Z")
                .header("authorization", credential)
                .body(scan.to_string().into())?;
            let (status, _, body) = ride::send(request).await.context("the lab's DynamoDB did not answer")?;
            if status.is_success() {
                return Ok(body);
            }
            anyhow::ensure!(left > 0, "the table could not be read: {status} {body}");
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        anyhow::bail!("the table could not be read")
    }
}

/// Writes the ledger, a line a rider.
pub(super) fn write_ledger(ledger: &Ledger, file: &mut impl Write) -> anyhow::Result<()> {
    for entry in &ledger.entries {
        serde_json::to_writer(&mut *file, entry)?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}
