//! Asks the console of the running lab.

use anyhow::Context;
use http::{Request, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Common;
use crate::cli::state::State;
use crate::cli::{nearest_template, ride, workspace_of};

/// The console of a running lab.
#[derive(Debug, Clone)]
pub(super) struct Console {
    origin: String,
}

impl Console {
    /// The console of the lab that runs from this workspace.
    ///
    /// # Errors
    /// No lab runs.
    pub(super) fn find(common: &Common) -> anyhow::Result<Self> {
        let template = common.template.clone().map_or_else(nearest_template, Ok)?;
        let state = State::read(&workspace_of(&template)).context("no lab runs here; start one with `cargo lab up`")?;
        Ok(Self { origin: state.console })
    }

    /// The answer to `GET path`, with these parameters; those without a value are left out.
    ///
    /// # Errors
    /// The lab does not answer, or says why it has no answer.
    pub(super) async fn get(&self, path: &str, parameters: &[(&str, Option<String>)]) -> anyhow::Result<Value> {
        let mut url = url::Url::parse(&self.origin)?.join(path)?;
        let given = parameters.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        for (name, value) in given {
            url.query_pairs_mut().append_pair(name, value);
        }
        let request = Request::get(url.as_str()).body(http_body_util::Full::default())?;
        let (status, _, body) = ride::send(request)
            .await
            .with_context(|| format!("{} did not answer; is `cargo lab up` still running?", self.origin))?;
        match (status, body["error"].as_str()) {
            (StatusCode::OK, _) => Ok(body),
            (_, Some(why)) => anyhow::bail!("{why}"),
            (status, None) => anyhow::bail!("the lab's console answered {status}"),
        }
    }
}

/// Reads what the console answered.
pub(super) fn read<T: DeserializeOwned>(answer: Value) -> anyhow::Result<T> {
    serde_json::from_value(answer).context("the lab that runs is of another version; stop it and start it again")
}
