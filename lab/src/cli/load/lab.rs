//! What a load has to do with the running lab: its address, its riders' tokens, its table.

use std::io::Write;

use crate::cli::state::State;
use crate::cli::{rows, token};
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
        let rows = rows::of(&self.state, &self.state.rides_table).await?;
        Ok(Agreement::of(ledger, profile, &rows))
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
