//! What a load has to do with the running lab: its address, its riders' tokens, its table.

use std::io::Write;

use anyhow::Context;
use http::Request;
use serde_json::Value;

use crate::cli::state::State;
use crate::cli::{ride, terminal, token};
use crate::console::SECRET_HEADER;
use crate::load::{Agreement, Ledger, Profile};

/// The running lab.
#[derive(Debug)]
pub(super) struct Running {
    state: State,
    /// Base URL of its API, stage included.
    pub(super) base: String,
}

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

    /// Read by the lab itself, past the table's own troubles and capacity, and when nobody writes any more.
    async fn rows(&self) -> anyhow::Result<Vec<Value>> {
        let url = format!("{}/api/items?table={}", self.state.console, self.state.rides_table);
        let request =
            Request::get(url).header(SECRET_HEADER, &self.state.console_secret).body(http_body_util::Full::default())?;
        let (status, _, mut answer) = ride::send(request).await.context("the lab's console did not answer")?;
        anyhow::ensure!(status.is_success(), "the table could not be read: {status} {answer}");
        if answer["at_rest"] == false {
            terminal::warn("the functions were still at work when the table was read: rows may have come since");
        }
        serde_json::from_value(answer["items"].take()).context("the lab's console answered with no rows")
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
