//! What nobody should send, class by class: each is the client's mistake, and none may be answered as the service's.

use bytes::Bytes;

/// The longest body that the service reads is 8 KiB.
const TOO_LONG: usize = 9 * 1024;

const JSON: &str = "application/json";

/// Content type and body of each class.
const CLASSES: &[(&str, &str)] = &[
    (JSON, ""),
    (JSON, "{"),
    (JSON, "null"),
    (JSON, "[]"),
    (JSON, "\"PickupLocation\""),
    (JSON, "{}"),
    (JSON, r#"{"PickupLocation":null}"#),
    (JSON, r#"{"PickupLocation":[]}"#),
    (JSON, r#"{"PickupLocation":{}}"#),
    (JSON, r#"{"PickupLocation":{"Latitude":42.3}}"#),
    (JSON, r#"{"PickupLocation":{"Latitude":"42.3","Longitude":"-71"}}"#),
    (JSON, r#"{"PickupLocation":{"Latitude":90.000001,"Longitude":0}}"#),
    (JSON, r#"{"PickupLocation":{"Latitude":0,"Longitude":-180.000001}}"#),
    (JSON, r#"{"PickupLocation":{"Latitude":1e400,"Longitude":0}}"#),
    (JSON, r#"{"PickupLocation":{"Latitude":-1e400,"Longitude":1e400}}"#),
    (JSON, r#"{"PickupLocation":{"Latitude":NaN,"Longitude":0}}"#),
    (JSON, r#"{"PickupLocation":{"Latitude":Infinity,"Longitude":0}}"#),
    (JSON, r#"{"PickupLocation":{"Latitude":0x10,"Longitude":0}}"#),
    (JSON, r#"{"PickupLocation":{"Latitude":true,"Longitude":false}}"#),
    (JSON, r#"{"PickupLocation":{"Latitude":99999999999999999999999999999999999999,"Longitude":0}}"#),
    (JSON, "{\"PickupLocation\":\u{0}}"),
    ("text/plain", r#"{"PickupLocation":{"Latitude":1,"Longitude":1}}"#),
    ("application/xml", "<PickupLocation/>"),
    ("application/x-www-form-urlencoded", "Latitude=1&Longitude=1"),
];

/// Content type and body of the request with this number: the classes in turn, then a body that is too long and one that
/// is nested too deep.
pub(super) fn request(number: u32) -> (&'static str, Bytes) {
    let index = number as usize % (CLASSES.len() + 2);
    match CLASSES.get(index) {
        Some((media_type, body)) => (media_type, Bytes::from_static(body.as_bytes())),
        None if index == CLASSES.len() => (JSON, format!("{{\"a\":\"{}\"}}", "x".repeat(TOO_LONG)).into()),
        None => (JSON, "[".repeat(4096).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_class_comes_in_turn() {
        let seen: BTreeSet<(&str, Bytes)> = (0..26).map(request).collect();
        assert_eq!(seen.len(), CLASSES.len() + 2);
        assert_eq!(request(0), request(26));
    }
}
