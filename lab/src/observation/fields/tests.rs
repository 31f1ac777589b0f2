//! Lines as they are, and as they should not be.

use super::*;

#[test]
fn members_are_read_whatever_stands_beside_them() {
    let line = r#" {"n":[1,{"level":"no"}],"level":"WARN","status":"503","_aws":{"level":"no"},"message":"a\tb",
        "record":{"status":504,"requestId":"f"},"service":-1.5,"detail":null,"route":"-","type":true}"#;
    let fields = Fields::read(line).expect("an object");
    assert_eq!((fields.text("level").as_deref(), fields.number("status")), (Some("WARN"), Some(503)));
    assert_eq!((fields.text("message").as_deref(), fields.has("_aws")), (Some("a\tb"), true));
    for absent in ["service", "detail", "route", "type", "error", "n"] {
        assert_eq!(fields.text(absent), None, "{absent}");
    }
    let record = fields.record().expect("a record");
    assert_eq!((record.number("status"), record.text("requestId").as_deref()), (Some(504), Some("f")));
}

#[test]
fn the_last_of_two_members_counts_and_what_is_no_object_is_none() {
    let twice = Fields::read(r#"{"level":"INFO","level":"ERROR","record":1}"#).expect("an object");
    assert_eq!((twice.text("level").as_deref(), twice.record().is_none()), (Some("ERROR"), true));
    for line in ["", "START", "[1]", "{", r#"{"level":"INFO"} x"#, r#"{"level":}"#, "\"text\""] {
        assert!(Fields::read(line).is_none(), "{line}");
    }
}
