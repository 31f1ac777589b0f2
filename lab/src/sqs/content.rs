//! What a sender gives, judged before it comes into a queue.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::engine::{Attribute, Content, Millis, Value};
use super::error::{Code, SqsError};
use super::request::Members;

/// "A message can contain up to 10 metadata attributes."
const MAX_ATTRIBUTES: usize = 10;

/// A message, and its delay where it has one of its own.
pub(super) fn read(
    members: Members<'_>,
    sender: &str,
    trace: Option<&str>,
) -> Result<(Content, Option<Millis>), SqsError> {
    let members = members.standard()?;
    let body = members.required("MessageBody")?;
    if !body.chars().all(allowed) {
        let message = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";
        return Err(SqsError::new(Code::InvalidMessageContents, message));
    }
    let delay = members.integer("DelaySeconds", 0..=900)?.map(|seconds| seconds * 1000);
    let attributes = attributes(members.get("MessageAttributes"))?;
    let system = self::attributes(members.get("MessageSystemAttributes"))?;
    if let Some(name) = system.keys().find(|name| *name != "AWSTraceHeader") {
        let message =
            format!("The message system attribute name '{name}' is invalid. Only 'AWSTraceHeader' can be sent.");
        return Err(SqsError::invalid(message));
    }
    let header = system.into_values().next().map(|attribute| attribute.value);
    let header = match header {
        Some(Value::Text(header)) => Some(header),
        Some(Value::Binary(_)) => {
            return Err(SqsError::invalid("The message system attribute 'AWSTraceHeader' must be a String."));
        }
        // "The X-Amzn-Trace-Id HTTP header" does the same.
        // https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
        None => trace.map(str::to_owned),
    };
    Ok((Content { body: body.to_owned(), attributes, trace_header: header, sender: sender.to_owned() }, delay))
}

/// XML's characters. <https://www.w3.org/TR/REC-xml/#charsets>
fn allowed(character: char) -> bool {
    matches!(character, '\u{9}' | '\u{A}' | '\u{D}' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn attributes(given: Option<&Json>) -> Result<BTreeMap<String, Attribute>, SqsError> {
    let Some(given) = given.and_then(Json::as_object) else { return Ok(BTreeMap::new()) };
    if given.len() > MAX_ATTRIBUTES {
        let message = format!("Number of message attributes [{}] exceeds the allowed maximum [10].", given.len());
        return Err(SqsError::invalid(message));
    }
    given.iter().map(|(name, value)| Ok((name.clone(), attribute(name, Members(value))?))).collect()
}

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-message-attributes>
fn attribute(name: &str, members: Members<'_>) -> Result<Attribute, SqsError> {
    let invalid = |why: &str| SqsError::invalid(format!("The message attribute '{name}' {why}."));
    let well_named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let lower = name.to_ascii_lowercase();
    if !(1..=256).contains(&name.len())
        || !name.bytes().all(well_named)
        || name.starts_with('.')
        || name.ends_with('.')
        || name.contains("..")
        || lower.starts_with("aws.")
        || lower.starts_with("amazon.")
    {
        return Err(invalid("has a name that is not allowed"));
    }
    let data_type = members.text("DataType").filter(|kind| !kind.is_empty());
    let data_type = data_type.ok_or_else(|| invalid("must contain a non-empty message attribute type"))?;
    let value = match data_type.split('.').next() {
        Some("String") => members.text("StringValue").map(|text| Value::Text(text.to_owned())),
        Some("Number") => {
            let text = members.text("StringValue");
            if text.is_some_and(|text| text.parse::<f64>().is_err()) {
                return Err(invalid("is no number"));
            }
            text.map(|text| Value::Text(text.to_owned()))
        }
        Some("Binary") => members.text("BinaryValue").and_then(|text| STANDARD.decode(text).ok()).map(Value::Binary),
        _ => {
            return Err(invalid(
                "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String",
            ));
        }
    };
    let value = value.filter(|value| !value.bytes().is_empty());
    let value = value.ok_or_else(|| invalid("must contain a non-empty value of its type"))?;
    Ok(Attribute { data_type: data_type.to_owned(), value })
}

/// As the API shows it.
pub(super) fn shown(attribute: &Attribute) -> Json {
    match &attribute.value {
        Value::Text(text) => serde_json::json!({"DataType": attribute.data_type, "StringValue": text}),
        Value::Binary(bytes) => {
            serde_json::json!({"DataType": attribute.data_type, "BinaryValue": STANDARD.encode(bytes)})
        }
    }
}
