//! The parameter that holds the faults: the lab's, or that of a deployed stack. Both through the AWS SDK, so that what the
//! tests do against the lab is what happens in AWS.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::{Parameter, ParameterType};
use serde_json::{Map, Value, json};
use shared::aws::{ClientLimits, sdk_config};
use shared::config::Environment;

use super::edit;
use crate::cli::state::State;
use crate::cli::{nearest_template, workspace_of};

/// A person waits.
const LIMITS: ClientLimits =
    ClientLimits { attempts: 3, attempt_timeout: Duration::from_secs(10), connect_timeout: Duration::from_secs(5) };

/// The largest value of a standard parameter, in bytes.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html>
pub(super) const LARGEST: usize = 4096;

/// As often as this, several people do not meet by chance.
const TRIES: u32 = 10;

/// Who has met others goes on after a chance part of so many times what a write takes, so that they do not meet again.
const APART: f64 = 4.0;

/// Where the faults of one stage are written.
#[derive(Debug)]
pub(super) struct Store {
    client: Client,
    name: String,
    stage: String,
    /// What a stage without the parameter should have been given.
    advice: &'static str,
}

impl Store {
    /// That of the lab that runs from this workspace.
    ///
    /// # Errors
    /// No lab runs, or one of a production stage.
    pub(super) fn of_the_lab(template: Option<PathBuf>) -> anyhow::Result<Self> {
        let template = template.map_or_else(nearest_template, Ok)?;
        let state = State::read(&workspace_of(&template)).context("no lab runs here; start one with `cargo lab up`")?;
        anyhow::ensure!(!state.ssm.is_empty(), "the lab that runs is of another version; stop it and start it again");
        // Any key but a function's is the person's at the machine.
        let keys = [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "lab"), ("AWS_SECRET_ACCESS_KEY", "lab")];
        let keys = keys.into_iter().chain([("AWS_ENDPOINT_URL_SSM", state.ssm.as_str())]);
        Self::new(&state.stage, &keys.collect(), "start the lab with `cargo lab up --parameter FaultInjection=on`")
    }

    /// That of a deployed stack.
    ///
    /// # Errors
    /// It is a production stage, or region or credentials are missing.
    pub(super) fn deployed(stage: &str, region: Option<String>) -> anyhow::Result<Self> {
        let environment = aws(region)?;
        Self::new(stage, &environment, "deploy the stack with FaultInjection=on")
    }

    fn new(stage: &str, environment: &Environment, advice: &'static str) -> anyhow::Result<Self> {
        check_name(stage)?;
        let config = sdk_config(environment, "SSM", &LIMITS).context(
            "credentials come out of the environment; `eval \"$(aws configure export-credentials --format env)\"` puts those of a profile there",
        )?;
        let (name, stage) = (format!("/wild-rydes/{stage}/faults"), stage.to_owned());
        Ok(Self { client: Client::new(&config), name, stage, advice })
    }

    /// Whoever enables something asks this first. Looking and ending are allowed everywhere.
    ///
    /// # Errors
    /// It is a production stage.
    pub(super) fn refuse_production(&self) -> anyhow::Result<()> {
        refuse_production(&self.stage)
    }

    /// The configuration as it is stored.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub(super) async fn read(&self) -> anyhow::Result<String> {
        Ok(self.get(&self.name).await?.text)
    }

    /// Stores what `change` makes of the configuration, and returns that. Where others have stored theirs in the meantime, what they
    /// changed is kept, and `change` is asked again. A stack without the parameter gets none.
    ///
    /// # Errors
    /// The change cannot be made, the parameter cannot be read or written, or others change it all the time.
    pub(super) async fn change(
        &self,
        change: impl Fn(&str) -> anyhow::Result<Map<String, Value>>,
    ) -> anyhow::Result<Map<String, Value>> {
        let Read { text: before, mut version } = self.get(&self.name).await?;
        let mut text = before.clone();
        for _ in 0..TRIES {
            let changed = change(&text)?;
            let began = Instant::now();
            let stored = self.put(json!(changed).to_string()).await?;
            if stored == version + 1 {
                return Ok(changed);
            }
            // What came between is overwritten now.
            let meanwhile = self.with(&before, text, version + 1..stored).await;
            text = meanwhile.with_context(|| half_done(stored))?;
            tokio::time::sleep(began.elapsed().mul_f64(APART * fastrand::f64())).await;
            let newest = self.get(&self.name).await.with_context(|| half_done(stored))?.version;
            let since = self.with(&before, text, stored + 1..newest + 1).await;
            text = since.with_context(|| half_done(stored))?;
            version = newest;
        }
        anyhow::bail!(
            "others change the parameter {} all the time; look at it with `cargo lab faults status`",
            self.name
        )
    }

    /// A configuration with what these versions have changed since `before`. Each is compared with that and not with the one before it:
    /// whoever has not read the other's version takes nothing back by not having it. The price is that a fault which somebody has
    /// begun and ended within these moments can be on again.
    async fn with(&self, before: &str, text: String, versions: std::ops::Range<i64>) -> anyhow::Result<String> {
        let mut text = text;
        for version in versions {
            let theirs = self.get(&format!("{}:{version}", self.name)).await?.text;
            text = edit::merged(before, &text, &theirs);
        }
        Ok(text)
    }

    async fn get(&self, name: &str) -> anyhow::Result<Read> {
        let answer = self.client.get_parameter().name(name).send().await;
        let output = answer.map_err(|error| match error.as_service_error() {
            Some(refusal) if refusal.is_parameter_not_found() => {
                anyhow::anyhow!("there is no parameter {name}, so no faults can be injected; {}", self.advice)
            }
            _ => anyhow::Error::from(error).context(format!("could not read the parameter {name}")),
        })?;
        let parameter = output.parameter.unwrap_or_else(|| Parameter::builder().build());
        let version = parameter.version;
        let text = parameter.value.with_context(|| format!("the parameter {name} has no value"))?;
        Ok(Read { text, version })
    }

    /// SSM has no conditional write; what it answers is the version that the write has become.
    /// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>
    async fn put(&self, text: String) -> anyhow::Result<i64> {
        let put =
            self.client.put_parameter().name(&self.name).value(text).overwrite(true).r#type(ParameterType::String);
        let put = put.send().await.with_context(|| format!("could not write the parameter {}", self.name))?;
        Ok(put.version)
    }
}

/// The environment of this process, in the region that is asked for or else its own.
///
/// # Errors
/// Nobody says which region.
pub(in crate::cli) fn aws(region: Option<String>) -> anyhow::Result<Environment> {
    let own = std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    let region = region.or_else(|| std::env::var("AWS_REGION").ok().filter(|region| !region.is_empty()));
    let region = region.or_else(|| std::env::var("AWS_DEFAULT_REGION").ok());
    let region = region.context("in which region? Name it with --region or AWS_REGION")?;
    Ok(own.chain([("AWS_REGION".to_owned(), region)]).collect())
}

/// A configuration and its version.
#[derive(Debug)]
struct Read {
    text: String,
    version: i64,
}

/// That it is no longer than a parameter may be. What ends faults is stored however long it is: the parameter may have been made larger
/// than ours by hand.
///
/// # Errors
/// It is longer.
pub(super) fn check_length(flags: &Map<String, Value>) -> anyhow::Result<()> {
    let length = json!(flags).to_string().len();
    anyhow::ensure!(
        length <= LARGEST,
        "nothing was changed: the configuration would have {length} bytes, and a parameter has at most {LARGEST}"
    );
    Ok(())
}

/// The template knows production as `prod`; whatever begins so is meant so.
fn refuse_production(stage: &str) -> anyhow::Result<()> {
    anyhow::ensure!(!stage.starts_with("prod"), "{stage} is a production stage: no faults there");
    Ok(())
}

pub(in crate::cli) fn check_name(stage: &str) -> anyhow::Result<()> {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let name = (1..=16).contains(&stage.len()) && stage.bytes().all(legal) && stage.as_bytes()[0].is_ascii_lowercase();
    anyhow::ensure!(
        name,
        "{stage:?} is no stage: at most 16 lower-case letters, digits and hyphens, the first a letter"
    );
    Ok(())
}

/// What holds when the change is made and what others changed meanwhile cannot be read.
fn half_done(version: i64) -> String {
    format!(
        "the change was stored as version {version}, over what others had changed meanwhile, and that could not be put back; look at it with `cargo lab faults status`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_refused_however_it_is_spelt_and_so_is_what_is_no_stage() {
        for wrong in ["prod", "production", "Prod", "prod-eu", "", "a/b", "../x", "dev faults"] {
            assert!(refuse_production(wrong).is_err() || check_name(wrong).is_err(), "{wrong}");
        }
        for stage in ["dev", "staging", "load-2", "reprod"] {
            assert!(refuse_production(stage).is_ok() && check_name(stage).is_ok(), "{stage}");
        }
    }
}
