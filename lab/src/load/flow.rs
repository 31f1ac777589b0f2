//! What a rider does: scenarios and their steps, as Artillery writes them.
//! <https://www.artillery.io/docs/reference/engines/http>

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::duration::Length;

/// What some of the riders do.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// For people and for the counter `vusers.created_by_name.NAME`.
    pub name: Option<String>,
    /// Its share among the scenarios; above 0.
    #[serde(default = "one")]
    pub weight: f64,
    /// The steps, one after the other.
    pub flow: Vec<Step>,
}

fn one() -> f64 {
    1.0
}

/// A step.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// GET.
    Get(Request),
    /// POST.
    Post(Request),
    /// PUT.
    Put(Request),
    /// PATCH.
    Patch(Request),
    /// DELETE.
    Delete(Request),
    /// HEAD.
    Head(Request),
    /// A while between two requests.
    Think(Think),
}

/// How long a rider thinks.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(from = "Length")]
pub struct Think(pub Duration);

impl From<Length> for Think {
    fn from(Length(length): Length) -> Self {
        Self(length)
    }
}

/// A request, but for its method.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// For people.
    pub name: Option<String>,
    /// Path and query, with a leading slash: the target comes before it.
    pub url: String,
    /// The body, sent as `application/json`.
    pub json: Option<Value>,
    /// The body as it is; only without `json`.
    pub body: Option<String>,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What the answer must be.
    #[serde(default)]
    pub expect: Vec<Expectation>,
}

/// Something that an answer must be. <https://www.artillery.io/docs/reference/extensions/expect>
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Expectation {
    /// The status is this, or one of these.
    StatusCode(Codes),
    /// `json` for any kind of JSON, or exactly this media type.
    ContentType(String),
    /// The body is a JSON object with this property; dots lead into it.
    HasProperty(String),
}

/// One status or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "must be a status code or a list of them")]
pub enum Codes {
    /// One.
    One(u16),
    /// Any of them.
    Any(Vec<u16>),
}

impl Step {
    /// Method and request, where the step is one.
    pub(super) fn request(&self) -> Option<(Method, &Request)> {
        Some(match self {
            Self::Get(request) => (Method::GET, request),
            Self::Post(request) => (Method::POST, request),
            Self::Put(request) => (Method::PUT, request),
            Self::Patch(request) => (Method::PATCH, request),
            Self::Delete(request) => (Method::DELETE, request),
            Self::Head(request) => (Method::HEAD, request),
            Self::Think(_) => return None,
        })
    }
}

impl Expectation {
    /// Artillery's name of the kind, part of counters.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::StatusCode(_) => "statusCode",
            Self::ContentType(_) => "contentType",
            Self::HasProperty(_) => "hasProperty",
        }
    }

    /// Whether an answer is so. `json` is its body, where it says that it is JSON and is.
    pub(super) fn holds(&self, status: u16, content_type: &str, json: Option<&Value>) -> bool {
        match self {
            Self::StatusCode(Codes::One(code)) => status == *code,
            Self::StatusCode(Codes::Any(codes)) => codes.contains(&status),
            Self::ContentType(wanted) if wanted == "json" => {
                json.is_some_and(|json| json.is_object() || json.is_array())
            }
            Self::ContentType(wanted) => wanted.eq_ignore_ascii_case(content_type),
            Self::HasProperty(path) => {
                json.and_then(|json| path.split('.').try_fold(json, |inner, key| inner.get(key))).is_some()
            }
        }
    }
}
