//! SSM Parameter Store: `GetParameter`, `GetParameters`, `GetParametersByPath` and `PutParameter`, in memory.
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::aws::{self, Guard, Outage, Switch};
use crate::listen::{self, Answer};
use crate::template::SsmParameter;

/// Largest request taken; a parameter's value has at most 8 KB.
const REQUEST_LIMIT: usize = 64 * 1024;

/// Past versions that are kept: "Parameter Store retains up to 100 past versions of a parameter."
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html>
const PAST_VERSIONS: usize = 100;

/// What the lab's store can do.
pub(crate) const OPERATIONS: [&str; 4] = ["GetParameter", "GetParameters", "GetParametersByPath", "PutParameter"];

#[derive(Debug, Clone)]
struct Stored {
    kind: String,
    value: String,
    version: u64,
    modified: jiff::Timestamp,
}

/// The store. Clones share it.
#[derive(Debug, Clone)]
pub struct Ssm {
    region: String,
    account_id: String,
    /// The versions of each, the oldest first; never none.
    parameters: Arc<Mutex<BTreeMap<String, VecDeque<Stored>>>>,
    /// What parameters were before somebody overwrote them on purpose.
    originals: Arc<Mutex<BTreeMap<String, String>>>,
    guard: Guard,
    /// Makes the service fail or slow.
    pub switch: Switch,
}

impl Ssm {
    /// A store with the template's parameters.
    pub fn new<'a>(
        region: &str,
        account_id: &str,
        parameters: impl Iterator<Item = &'a SsmParameter>,
        guard: Guard,
    ) -> Self {
        let ssm = Self {
            region: region.to_owned(),
            account_id: account_id.to_owned(),
            parameters: Arc::default(),
            originals: Arc::default(),
            guard,
            switch: Switch::default(),
        };
        for parameter in parameters {
            ssm.put(&parameter.name, &parameter.kind, &parameter.value);
        }
        ssm
    }

    /// Sets a parameter, one version up.
    pub fn put(&self, name: &str, kind: &str, value: &str) -> u64 {
        let mut parameters = self.lock();
        let versions = parameters.entry(name.to_owned()).or_default();
        let version = versions.back().map_or(1, |stored| stored.version + 1);
        if versions.len() > PAST_VERSIONS {
            versions.pop_front();
        }
        let (kind, value, modified) = (kind.to_owned(), value.to_owned(), jiff::Timestamp::now());
        versions.push_back(Stored { kind, value, version, modified });
        version
    }

    /// A parameter's value.
    pub fn get(&self, name: &str) -> Option<String> {
        self.stored(name).map(|stored| stored.value)
    }

    fn stored(&self, name: &str) -> Option<Stored> {
        self.lock().get(name)?.back().cloned()
    }

    /// Overwrites a parameter as somebody in a hurry would: one version up, for all to read.
    pub(crate) fn overwrite(&self, name: &str, value: &str) {
        let Some(stored) = self.stored(name) else { return };
        let mut originals = self.originals.lock().unwrap_or_else(PoisonError::into_inner);
        originals.entry(name.to_owned()).or_insert(stored.value);
        self.put(name, &stored.kind, value);
    }

    /// Undoes [`overwrite`](Self::overwrite), one version up again.
    pub(crate) fn put_back(&self, name: &str) {
        let original = self.originals.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        let kind = self.stored(name).map(|stored| stored.kind);
        if let (Some(original), Some(kind)) = (original, kind) {
            self.put(name, &kind, &original);
        }
    }

    /// Serves the API until dropped.
    pub(crate) async fn serve(self, listener: TcpListener) {
        listen::serve(listener, move |request, _| {
            let ssm = self.clone();
            async move { ssm.answer(request).await }
        })
        .await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let operation = aws::operation(request.headers()).unwrap_or_default();
        let (parts, body) = request.into_parts();
        let Ok(body) = listen::read_body(body, REQUEST_LIMIT).await else {
            return aws::error(StatusCode::BAD_REQUEST, "SerializationException", "the body could not be read");
        };
        let action = format!("ssm:{operation}");
        let name = aws::member(&body, "Name").or_else(|| aws::member(&body, "Path"));
        let resource = self.arn(name.as_deref().map_or("*", |name| selected(name).0));
        let resources = [resource.clone()];
        let refused = match self.guard.refusal(&parts.headers, &action, &resource) {
            None => self.switch.before(&action, &resources).await.map(outage),
            refused => refused,
        };
        let answer = refused.unwrap_or_else(|| self.dispatch(&operation, &body));
        // Before the answer is held back: who gives up on it has made the call all the same.
        self.guard.record(&parts.headers, action.clone(), resource, answer.status());
        self.switch.after(&action, &resources).await;
        answer
    }

    /// ARN of a parameter.
    pub(crate) fn arn(&self, name: &str) -> String {
        format!("arn:aws:ssm:{}:{}:parameter/{}", self.region, self.account_id, name.trim_start_matches('/'))
    }

    fn dispatch(&self, operation: &str, body: &Bytes) -> Answer {
        let Ok(request) = serde_json::from_slice::<Value>(body) else {
            return aws::error(StatusCode::BAD_REQUEST, "SerializationException", "the body is not JSON");
        };
        let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match operation {
            "GetParameter" => match self.describe(&text("Name")) {
                Some(parameter) => ok(&json!({"Parameter": parameter})),
                None if self.stored(selected(&text("Name")).0).is_some() => {
                    aws::error(StatusCode::BAD_REQUEST, "ParameterVersionNotFound", "")
                }
                None => aws::error(StatusCode::BAD_REQUEST, "ParameterNotFound", ""),
            },
            "GetParameters" => {
                let names = request.get("Names").and_then(Value::as_array).cloned().unwrap_or_default();
                let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
                let found: Vec<Value> = names.iter().filter_map(|name| self.describe(name)).collect();
                let invalid: Vec<&&str> = names.iter().filter(|name| self.describe(name).is_none()).collect();
                ok(&json!({"Parameters": found, "InvalidParameters": invalid}))
            }
            "GetParametersByPath" => {
                let path = format!("{}/", text("Path").trim_end_matches('/'));
                let recursive = request.get("Recursive").and_then(Value::as_bool).unwrap_or(false);
                let below = |name: &str| name.strip_prefix(&path).is_some_and(|rest| recursive || !rest.contains('/'));
                let names: Vec<String> = self.lock().keys().filter(|name| below(name)).cloned().collect();
                let found: Vec<Value> = names.iter().filter_map(|name| self.describe(name)).collect();
                ok(&json!({"Parameters": found}))
            }
            "PutParameter" => self.put_request(&request),
            other => aws::error(
                StatusCode::BAD_REQUEST,
                "UnknownOperationException",
                &format!("the lab's SSM does not know the operation '{other}'"),
            ),
        }
    }

    fn put_request(&self, request: &Value) -> Answer {
        let text = |name: &str| request.get(name).and_then(Value::as_str);
        let (Some(name), Some(value)) = (text("Name"), text("Value")) else {
            return aws::error(StatusCode::BAD_REQUEST, "ValidationException", "Name and Value are required");
        };
        let overwrite = request.get("Overwrite").and_then(Value::as_bool).unwrap_or(false);
        if self.get(name).is_some() && !overwrite {
            let message = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
            return aws::error(StatusCode::BAD_REQUEST, "ParameterAlreadyExists", message);
        }
        ok(&json!({"Version": self.put(name, text("Type").unwrap_or("String"), value), "Tier": "Standard"}))
    }

    /// A parameter by its name, or one version of it by `name:version`.
    fn describe(&self, name: &str) -> Option<Value> {
        let (name, version) = selected(name);
        let parameters = self.lock();
        let versions = parameters.get(name)?;
        let stored = match version {
            Some(version) => versions.iter().find(|stored| stored.version == version)?,
            None => versions.back()?,
        };
        let mut described = json!({
            "ARN": self.arn(name),
            "DataType": "text",
            "LastModifiedDate": stored.modified.as_millisecond() as f64 / 1000.0,
            "Name": name,
            "Type": stored.kind,
            "Value": stored.value,
            "Version": stored.version,
        });
        if let Some(version) = version {
            described["Selector"] = format!(":{version}").into();
        }
        Some(described)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, VecDeque<Stored>>> {
        self.parameters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Name and version of `name:version`: "To query by parameter version, use \"Name\": \"name:version\"."
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>
fn selected(name: &str) -> (&str, Option<u64>) {
    let version = name.rsplit_once(':').and_then(|(name, version)| Some((name, Some(version.parse().ok()?))));
    version.unwrap_or((name, None))
}

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html#API_GetParameter_Errors> and
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html>. Throttling's words, `Rate exceeded`, are
/// of <https://repost.aws/knowledge-center/ssm-parameter-store-rate-exceeded>.
fn outage(outage: Outage) -> Answer {
    let (status, kind, message) = match outage {
        Outage::Failed => {
            (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "An error occurred on the server side.")
        }
        Outage::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            "The request has failed due to a temporary failure of the server.",
        ),
        Outage::Throttled => (StatusCode::BAD_REQUEST, "ThrottlingException", "Rate exceeded"),
    };
    aws::error(status, kind, message)
}

fn ok(body: &Value) -> Answer {
    listen::answer(StatusCode::OK, "application/x-amz-json-1.1", body.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn call(ssm: &Ssm, operation: &str, body: Value) -> (u16, Value) {
        let answer = ssm.dispatch(operation, &body.to_string().into());
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.expect("a whole body").to_bytes();
        (status, serde_json::from_slice(&body).expect("JSON"))
    }

    fn store() -> Ssm {
        let ssm = Ssm::new("eu-west-1", "123456789012", std::iter::empty(), Guard::default());
        ssm.put("/a/b", "String", "one");
        ssm.put("/a/b/c", "String", "two");
        ssm
    }

    #[tokio::test]
    async fn a_parameter_is_read_with_its_arn_and_version() {
        let (status, body) = call(&store(), "GetParameter", json!({"Name": "/a/b"})).await;
        assert_eq!(status, 200);
        assert_eq!(body["Parameter"]["Value"], "one");
        assert_eq!(body["Parameter"]["ARN"], "arn:aws:ssm:eu-west-1:123456789012:parameter/a/b");
        assert_eq!(body["Parameter"]["Version"], 1);
    }

    #[tokio::test]
    async fn an_unknown_parameter_is_named_by_its_error_type() {
        let (status, body) = call(&store(), "GetParameter", json!({"Name": "/x"})).await;
        assert_eq!((status, body["__type"].as_str()), (400, Some("ParameterNotFound")));
    }

    #[tokio::test]
    async fn a_path_lists_its_own_level_unless_recursive() {
        let (_, flat) = call(&store(), "GetParametersByPath", json!({"Path": "/a"})).await;
        let (_, deep) = call(&store(), "GetParametersByPath", json!({"Path": "/a/", "Recursive": true})).await;
        assert_eq!(flat["Parameters"].as_array().map(Vec::len), Some(1));
        assert_eq!(deep["Parameters"].as_array().map(Vec::len), Some(2));
    }

    #[tokio::test]
    async fn an_existing_parameter_is_overwritten_only_when_asked() {
        let ssm = store();
        let (status, _) = call(&ssm, "PutParameter", json!({"Name": "/a/b", "Value": "x"})).await;
        assert_eq!(status, 400);
        let (_, body) = call(&ssm, "PutParameter", json!({"Name": "/a/b", "Value": "x", "Overwrite": true})).await;
        assert_eq!(body["Version"], 2);
        assert_eq!(ssm.get("/a/b").as_deref(), Some("x"));
    }

    #[tokio::test]
    async fn an_older_version_is_read_by_its_number() {
        let ssm = store();
        for value in 2..=150 {
            ssm.put("/a/b", "String", &value.to_string());
        }
        let read = async |name: &str| call(&ssm, "GetParameter", json!({"Name": name})).await;
        let (_, newest) = read("/a/b").await;
        assert_eq!((&newest["Parameter"]["Value"], &newest["Parameter"]["Version"]), (&json!("150"), &json!(150)));
        let (_, older) = read("/a/b:50").await;
        assert_eq!((&older["Parameter"]["Value"], &older["Parameter"]["Selector"]), (&json!("50"), &json!(":50")));
        assert_eq!(older["Parameter"]["Name"], "/a/b");
        for (gone, kind) in [
            ("/a/b:49", "ParameterVersionNotFound"),
            ("/a/b:151", "ParameterVersionNotFound"),
            ("/x:1", "ParameterNotFound"),
        ] {
            assert_eq!(read(gone).await.1["__type"], kind, "{gone}");
        }
    }

    #[tokio::test]
    async fn an_unknown_operation_is_refused_by_name() {
        let (status, body) = call(&store(), "DeleteParameter", json!({})).await;
        assert_eq!(status, 400);
        assert!(body["message"].as_str().is_some_and(|message| message.contains("DeleteParameter")));
    }
}
