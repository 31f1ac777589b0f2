use serde_json::Value;
use shared::json::{self, FieldErrors};
use shared::ride::Unicorn;
use shared::service_url::{RefusedUrl, ServiceUrl};

/// What CloudFormation asks for.
/// See "Custom resource request objects" in the AWS CloudFormation template reference.
#[derive(Debug)]
pub struct Request {
    /// Where the answer goes: a pre-signed URL, which is a secret.
    pub response_url: ServiceUrl,
    /// To be repeated in the answer.
    pub stack_id: String,
    /// To be repeated in the answer.
    pub request_id: String,
    /// To be repeated in the answer.
    pub logical_resource_id: String,
    /// The id that an earlier answer gave; none on create.
    pub physical_resource_id: Option<String>,
    /// Whether a stack that is there is being changed, rather than made or removed.
    pub is_update: bool,
    /// What to do, or why that is not clear.
    pub action: Result<Action, BadRequest>,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Put these unicorns, remove those names.
    Seed {
        /// The fleet as it shall be.
        put: Vec<Unicorn>,
        /// Names that the last fleet had and this one has not.
        remove: Vec<String>,
    },
    /// Nothing: the table goes with its stack, and a fleet that somebody changed by hand is not ours to empty.
    Nothing,
}

/// Why a request is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadRequest {
    /// There is nowhere to answer to.
    #[error("the event has no ResponseURL")]
    NoResponseUrl,
    /// It is not to be called.
    #[error("the ResponseURL {0}")]
    ResponseUrl(RefusedUrl),
    /// A type that CloudFormation does not send.
    #[error("RequestType must be Create, Update or Delete")]
    RequestType,
    /// A property is missing or wrong. Says where and what.
    #[error("property {pointer} {detail}")]
    Property {
        /// JSON pointer below `ResourceProperties`.
        pointer: String,
        /// What is wrong with it.
        detail: String,
    },
}

impl Request {
    /// Reads an event.
    ///
    /// # Errors
    /// There is nowhere to answer to. Everything else that is wrong can be answered, and is in `action`.
    pub fn parse(event: &Value) -> Result<Self, BadRequest> {
        let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let response_url = event.get("ResponseURL").and_then(Value::as_str).ok_or(BadRequest::NoResponseUrl)?;
        let physical = Some(text("PhysicalResourceId")).filter(|id| !id.is_empty());
        Ok(Self {
            response_url: ServiceUrl::try_from(response_url).map_err(BadRequest::ResponseUrl)?,
            stack_id: text("StackId"),
            request_id: text("RequestId"),
            logical_resource_id: text("LogicalResourceId"),
            physical_resource_id: physical,
            is_update: text("RequestType") == "Update",
            action: action(event),
        })
    }
}

fn action(event: &Value) -> Result<Action, BadRequest> {
    let unicorns = |key: &str| unicorns(event.get(key).and_then(|properties| properties.get("Unicorns")));
    match event.get("RequestType").and_then(Value::as_str) {
        Some("Create") => Ok(Action::Seed { put: unicorns("ResourceProperties")?, remove: Vec::new() }),
        Some("Update") => {
            let put = unicorns("ResourceProperties")?;
            // Old properties that cannot be read seeded nothing, so there is nothing of theirs to remove.
            let old = unicorns("OldResourceProperties").unwrap_or_default();
            let gone = |name: &&str| put.iter().all(|unicorn| unicorn.name.as_str() != *name);
            let remove = old.iter().map(|unicorn| unicorn.name.as_str()).filter(gone).map(str::to_owned).collect();
            Ok(Action::Seed { put, remove })
        }
        Some("Delete") => Ok(Action::Nothing),
        _ => Err(BadRequest::RequestType),
    }
}

fn unicorns(property: Option<&Value>) -> Result<Vec<Unicorn>, BadRequest> {
    let wrong = |pointer: String, detail: &str| BadRequest::Property { pointer, detail: detail.to_owned() };
    let list = property.and_then(Value::as_array).ok_or_else(|| wrong("/Unicorns".into(), "must be a list"))?;
    let mut unicorns: Vec<Unicorn> = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let pointer = format!("/Unicorns/{index}");
        let unicorn = unicorn(value, &pointer)?;
        if unicorns.iter().any(|other| other.name == unicorn.name) {
            return Err(wrong(pointer + "/Name", "is there more than once"));
        }
        unicorns.push(unicorn);
    }
    Ok(unicorns)
}

fn unicorn(value: &Value, pointer: &str) -> Result<Unicorn, BadRequest> {
    let wrong = |below: &str, detail: String| BadRequest::Property { pointer: format!("{pointer}{below}"), detail };
    let text = value.to_string();
    let mut fields = json::object(text.as_bytes()).map_err(|_| wrong("", "must be an object".into()))?;
    let mut errors = FieldErrors::default();
    let unicorn = Unicorn::take(&mut fields, &mut errors);
    fields.finish(&mut errors);
    let first = errors.into_result().err().and_then(|errors| errors.into_iter().next());
    match (unicorn, first) {
        (Some(unicorn), None) => Ok(unicorn),
        (_, Some(error)) => Err(wrong(&error.pointer, error.detail)),
        (None, None) => Err(wrong("", "is no unicorn".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(kind: &str, unicorns: Value, old: Value) -> Value {
        json!({
            "RequestType": kind, "ResponseURL": "https://bucket.example.com/key?X-Amz-Signature=secret",
            "StackId": "stack", "RequestId": "request", "LogicalResourceId": "Fleet",
            "ResourceProperties": {"ServiceToken": "arn", "Unicorns": unicorns},
            "OldResourceProperties": {"ServiceToken": "arn", "Unicorns": old},
        })
    }

    fn named(name: &str) -> Value {
        json!({"Name": name, "Color": "White", "DeviceId": "1"})
    }

    fn action_of(event: &Value) -> Result<Action, BadRequest> {
        Request::parse(event).expect("there is an address for the answer").action
    }

    #[test]
    fn an_update_removes_only_what_the_last_one_had() {
        let action = action_of(&event("Update", json!([named("A"), named("B")]), json!([named("B"), named("C")])));
        let Ok(Action::Seed { put, remove }) = action else { panic!("{action:?}") };
        assert_eq!(put.len(), 2);
        assert_eq!(remove, ["C"]);
    }

    #[test]
    fn old_properties_that_cannot_be_read_remove_nothing() {
        let action = action_of(&event("Update", json!([named("A")]), json!("nonsense")));
        assert!(matches!(action, Ok(Action::Seed { remove, .. }) if remove.is_empty()));
    }

    #[test]
    fn a_delete_does_nothing_even_with_wrong_properties() {
        assert_eq!(action_of(&event("Delete", json!(7), json!(null))), Ok(Action::Nothing));
    }

    #[test]
    fn a_wrong_property_is_named() {
        for (unicorns, message) in [
            (json!(null), "property /Unicorns must be a list"),
            (json!([7]), "property /Unicorns/0 must be an object"),
            (json!([named("A"), {"Name": "B", "Color": "White"}]), "property /Unicorns/1/DeviceId is required"),
            (json!([named("A"), named("A")]), "property /Unicorns/1/Name is there more than once"),
            (
                json!([{"Name": "B", "Color": "White", "DeviceId": "1", "Colour": "x"}]),
                "property /Unicorns/0/Colour is unknown",
            ),
        ] {
            let error = action_of(&event("Create", unicorns, json!(null))).expect_err(message);
            assert_eq!(error.to_string(), message);
        }
        assert_eq!(action_of(&event("Destroy", json!([]), json!([]))), Err(BadRequest::RequestType));
    }

    #[test]
    fn an_address_that_must_not_be_called_is_refused_without_being_quoted() {
        let mut event = event("Create", json!([]), json!([]));
        event["ResponseURL"] = json!("http://169.254.169.254/secret");
        let error = Request::parse(&event).map(|_| ()).expect_err("link-local").to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
