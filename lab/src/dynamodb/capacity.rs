//! What a call costs: the engine is asked for it, and the caller does not notice.

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::listen::Answer;

/// Which capacity an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Read,
    Write,
}

/// The operations that can return what they consumed. Statements of PartiQL are left out: their text says which side it is.
pub(super) fn side(operation: &str) -> Option<Side> {
    match operation {
        "GetItem" | "BatchGetItem" | "TransactGetItems" | "Query" | "Scan" => Some(Side::Read),
        "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems" => Some(Side::Write),
        _ => None,
    }
}

/// Names of the tables that a request is about.
pub(super) fn tables(request: &Value) -> Vec<String> {
    if let Some(table) = request["TableName"].as_str() {
        return vec![table.to_owned()];
    }
    if let Some(items) = request["RequestItems"].as_object() {
        return items.keys().cloned().collect();
    }
    let actions = request["TransactItems"].as_array().into_iter().flatten();
    let named = actions.filter_map(|item| item.as_object()?.values().next()?["TableName"].as_str());
    let mut tables: Vec<String> = named.map(str::to_owned).collect();
    tables.sort();
    tables.dedup();
    tables
}

/// The request with `ReturnConsumedCapacity`, where it can have it and does not.
pub(super) fn asking(operation: &str, request: &Value) -> Option<Bytes> {
    let asks = request["ReturnConsumedCapacity"].as_str().is_some_and(|asked| asked != "NONE");
    if asks || side(operation).is_none() || !request.is_object() {
        return None;
    }
    let mut request = request.clone();
    request["ReturnConsumedCapacity"] = "TOTAL".into();
    Some(request.to_string().into())
}

/// The answer without the figures that the caller has not asked for.
pub(super) fn without_figures(answer: Answer, body: &Value) -> Answer {
    let mut body = body.clone();
    if let Some(body) = body.as_object_mut() {
        body.shift_remove("ConsumedCapacity");
    }
    let body = Bytes::from(body.to_string());
    let (mut parts, _) = answer.into_parts();
    parts.headers.insert("x-amz-crc32", HeaderValue::from(crc32(&body)));
    parts.headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Answer::from_parts(parts, Full::new(body))
}

/// Units by table.
pub(super) fn consumed(answer: &Value) -> Vec<(String, f64)> {
    let figures = match &answer["ConsumedCapacity"] {
        Value::Array(figures) => figures.as_slice(),
        Value::Null => &[],
        one => std::slice::from_ref(one),
    };
    let of = |figure: &Value| Some((figure["TableName"].as_str()?.to_owned(), figure["CapacityUnits"].as_f64()?));
    figures.iter().filter_map(of).collect()
}

/// Units of a write: one a kilobyte of the item, begun ones whole, and at least one.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>
pub(super) fn write_units(item: &Value) -> f64 {
    size(item).div_ceil(1024).max(1) as f64
}

/// Bytes of an item or a typed value: names, texts and numbers as they are written. Numbers take fewer in DynamoDB, whose
/// exact rule is "approximately (length of attribute name) + (1 byte per two significant digits) + (1 byte)".
fn size(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| typed(name, value)).sum(),
        Value::Array(elements) => elements.iter().map(size).sum(),
        Value::String(text) => text.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

/// A type's letter is no name.
fn typed(name: &str, value: &Value) -> usize {
    let is_type = matches!(name, "S" | "N" | "B" | "BOOL" | "NULL" | "M" | "L" | "SS" | "NS" | "BS");
    size(value) + if is_type { 0 } else { name.len() }
}

/// The checksum that some SDKs verify.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        let crc = crc ^ u32::from(*byte);
        (0..8).fold(crc, |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

/// Read and write units of a `CreateTable` request, where it is provisioned.
pub(super) fn provisioned(create_request: &Value) -> Option<(f64, f64)> {
    if create_request["BillingMode"] == json!("PAY_PER_REQUEST") {
        return None;
    }
    let throughput = &create_request["ProvisionedThroughput"];
    let units = |name: &str| throughput[name].as_f64().or_else(|| throughput[name].as_str()?.parse().ok());
    units("ReadCapacityUnits").zip(units("WriteCapacityUnits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_every_crc32() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn only_a_request_that_does_not_ask_is_changed() {
        let asked = json!({"TableName": "t", "ReturnConsumedCapacity": "INDEXES"});
        assert_eq!(asking("PutItem", &asked), None);
        assert_eq!(asking("DescribeTable", &json!({"TableName": "t"})), None);
        let asking = asking("Scan", &json!({"TableName": "t"})).expect("changed");
        assert_eq!(&asking[..], br#"{"TableName":"t","ReturnConsumedCapacity":"TOTAL"}"#);
    }

    #[test]
    fn the_tables_of_batches_and_transactions_are_found() {
        assert_eq!(tables(&json!({"RequestItems": {"a": [], "b": []}})), ["a", "b"]);
        let put = |table: &str| json!({"Put": {"TableName": table}});
        assert_eq!(tables(&json!({"TransactItems": [put("b"), put("a"), put("b")]})), ["a", "b"]);
    }

    #[test]
    fn a_write_costs_one_unit_a_kilobyte_begun() {
        assert_eq!(write_units(&Value::Null), 1.0);
        assert_eq!(write_units(&json!({"a": {"S": "x".repeat(1023)}})), 1.0);
        assert_eq!(write_units(&json!({"a": {"S": "x".repeat(1024)}})), 2.0);
    }
}
