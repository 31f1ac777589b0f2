//! Load profiles: the part of Artillery's file format that the project uses. The rest is refused by name.
//! <https://www.artillery.io/docs/reference/test-script>

use std::path::Path;
use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::duration::Length;
use super::ensure::Ensure;
use super::flow::{Request, Scenario};
use super::phase::Phase;
use crate::document::{self, DocumentError};

/// Artillery's time limit where a profile has none.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// A load profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Base URL as it is written: a URL, or `{{ $env.NAME }}`.
    pub target: Option<String>,
    /// The phases, one after the other.
    pub phases: Vec<Phase>,
    /// After so much time without a whole answer a request is given up.
    pub timeout: Duration,
    /// What riders do.
    pub scenarios: Vec<Scenario>,
    /// What must hold in the end.
    pub ensure: Ensure,
}

/// A profile that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// No such file, or none that may be read.
    #[error("could not read the profile {path}")]
    Unreadable {
        /// Path.
        path: String,
        #[source]
        /// Cause.
        source: std::io::Error,
    },
    /// It is wrong, or says what is not known here.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    config: Config,
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    target: Option<String>,
    phases: Vec<Phase>,
    #[serde(default)]
    http: Http,
    #[serde(default)]
    plugins: Plugins,
    ensure: Option<Ensure>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Http {
    timeout: Option<Length>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plugins {
    ensure: Option<Ensure>,
    #[serde(rename = "expect")]
    _expect: Option<Expect>,
}

/// How Artillery prints failed expectations; here the summary counts them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Expect {
    #[serde(rename = "outputFormat")]
    _output_format: Option<IgnoredAny>,
}

impl Profile {
    /// Reads a profile from its file.
    ///
    /// # Errors
    /// When the file is unreadable, wrong, or says what is not known here; the error names the line.
    pub fn read(path: &Path) -> Result<Self, ProfileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ProfileError::Unreadable { path: path.display().to_string(), source })?;
        Ok(Self::parse(&text, &path.display().to_string())?)
    }

    /// Reads a profile from text; `origin` is its name in errors.
    ///
    /// # Errors
    /// As [`Profile::read`].
    pub fn parse(text: &str, origin: &str) -> Result<Self, DocumentError> {
        let File { config, scenarios } = document::read(text, origin)?;
        let Config { target, phases, http, plugins, ensure } = config;
        // As in Artillery, the settings beside the plugins win.
        let ensure = ensure.or(plugins.ensure).unwrap_or_default();
        let timeout = http.timeout.map_or(DEFAULT_TIMEOUT, |Length(timeout)| timeout);
        let profile = Self { target, phases, timeout, scenarios, ensure };
        profile.check().map_err(|message| DocumentError::whole(origin, message))?;
        Ok(profile)
    }

    /// Whether the parts make sense together: for profiles that were not read but built.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        if self.phases.is_empty() {
            return Err("config.phases: there is none".to_owned());
        }
        if self.scenarios.is_empty() {
            return Err("scenarios: there is none".to_owned());
        }
        if self.timeout.is_zero() {
            return Err("config.http.timeout: must be above 0".to_owned());
        }
        for (number, scenario) in self.scenarios.iter().enumerate() {
            let at = format!("scenarios[{number}]");
            if !(scenario.weight.is_finite() && scenario.weight > 0.0) {
                return Err(format!("{at}.weight: must be above 0"));
            }
            if scenario.flow.iter().all(|step| step.request().is_none()) {
                return Err(format!("{at}.flow: there is no request in it"));
            }
            for (step, request) in
                scenario.flow.iter().enumerate().filter_map(|(at, step)| Some((at, step.request()?.1)))
            {
                check(request).map_err(|message| format!("{at}.flow[{step}].{message}"))?;
            }
        }
        Ok(())
    }

    /// The base URL, its environment variable looked up with `variable`. `None` where the profile names no target, or
    /// the variable is not set.
    ///
    /// # Errors
    /// When the target uses a template that is not known here.
    pub fn target(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Option<String>, String> {
        let Some(target) = &self.target else { return Ok(None) };
        let Some(inner) = target.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) else {
            return match target.contains("{{") {
                true => Err(unknown_template("config.target", target)),
                false => Ok(Some(target.clone())),
            };
        };
        match inner.trim().strip_prefix("$env.").or_else(|| inner.trim().strip_prefix("$processEnvironment.")) {
            Some(name) => Ok(variable(name).filter(|value| !value.is_empty())),
            None => Err(unknown_template("config.target", target)),
        }
    }
}

fn unknown_template(place: &str, text: &str) -> String {
    format!("{place}: {text:?} is a template that is not known here; only config.target may be {{{{ $env.NAME }}}}")
}

fn check(request: &Request) -> Result<(), String> {
    if !request.url.starts_with('/') {
        return Err(format!("url: must begin with a slash, the target comes before it; it is {:?}", request.url));
    }
    if request.json.is_some() && request.body.is_some() {
        return Err("json, body: one of them, not both".to_owned());
    }
    let texts = [("url", Some(request.url.clone())), ("json", request.json.as_ref().map(ToString::to_string))];
    for (key, text) in texts.into_iter().chain([("body", request.body.clone())]) {
        if let Some(text) = text.filter(|text| text.contains("{{")) {
            return Err(unknown_template(key, &text));
        }
    }
    for (name, value) in &request.headers {
        if name.parse::<HeaderName>().is_err() || value.parse::<HeaderValue>().is_err() {
            return Err(format!("headers.{name}: cannot be sent as a header"));
        }
        if value.contains("{{") {
            return Err(unknown_template(&format!("headers.{name}"), value));
        }
    }
    Ok(())
}
