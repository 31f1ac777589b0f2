use super::fields::UNKNOWN_NAMED;
use super::*;
use proptest::prelude::*;

fn refused(bytes: &[u8]) -> NotAnObject {
    object(bytes).expect_err("not an object")
}

fn no_limit(number: f64) -> Result<f64, &'static str> {
    if number.is_finite() { Ok(number) } else { Err("is out of range") }
}

fn plain(text: String) -> Result<String, &'static str> {
    Ok(text)
}

/// Reads number `N`, text `T`, optional text `O` and object `P`, and lists what is wrong.
fn judged(body: &str) -> Vec<(String, String)> {
    let mut errors = FieldErrors::default();
    let mut fields = object(body.as_bytes()).expect("an object");
    fields.number("N", &mut errors, no_limit);
    fields.text("T", &mut errors, plain);
    fields.optional_text("O", &mut errors, plain);
    if let Some(inner) = fields.object("P", &mut errors) {
        inner.finish(&mut errors);
    }
    fields.finish(&mut errors);
    let found = errors.into_result().err().unwrap_or_default();
    found.into_iter().map(|error| (error.pointer, error.detail)).collect()
}

#[test]
fn what_is_not_an_object_is_told_apart() {
    assert_eq!(refused(b""), NotAnObject::Empty);
    assert_eq!(refused(b" \r\n\t"), NotAnObject::Empty);
    assert_eq!(refused(b"{\"a\":\"\xff\"}"), NotAnObject::NotUtf8);
    for other in ["null", "[]", "1", "\"a\"", "true", "[{}]", "1e400"] {
        assert_eq!(refused(other.as_bytes()), NotAnObject::OtherType, "{other}");
    }
    for broken in
        ["{", "{\"a\":", "{\"a\":1", "{}{}", "{} x", "{'a':1}", "{a:1}", "{\"a\":NaN}", "{\"a\":01}", "{,}", "]", "nul"]
    {
        assert!(matches!(refused(broken.as_bytes()), NotAnObject::Syntax { .. }), "{broken}");
    }
    assert!(matches!(refused(b"\xef\xbb\xbf{}"), NotAnObject::Syntax { .. }), "a byte order mark is no JSON");
}

#[test]
fn great_depth_is_refused_without_recursion() {
    for open in ["[", "{\"a\":"] {
        assert_eq!(refused(open.repeat(10_000).as_bytes()), NotAnObject::TooDeep);
    }
    let brackets_in_a_string = format!("{{\"a\":\"{}\\\"[\"}}", "[".repeat(10_000));
    assert!(object(brackets_in_a_string.as_bytes()).is_ok());
}

#[test]
fn a_right_object_has_no_errors() {
    assert_eq!(judged(r#"{"N":-1.5e-3,"T":"a","O":"b","P":{}}"#), []);
    assert_eq!(judged(r#" {"P":{},"T":"\u00e9","N":0} "#), []);
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let error = |pointer: &str, detail: &str| (pointer.to_owned(), detail.to_owned());
    assert_eq!(
        judged(r#"{"T":7,"O":null,"P":[],"x/y~":1}"#),
        [
            error("/N", "is required"),
            error("/T", "must be a string"),
            error("/O", "must not be null"),
            error("/P", "must be an object"),
            error("/x~1y~0", "is unknown"),
        ]
    );
    assert_eq!(
        judged(r#"{"N":1e400,"T":"a","T":"a","P":{"q":1}}"#),
        [error("/N", "is out of range"), error("/T", "is there more than once"), error("/P/q", "is unknown")]
    );
    for (number, detail) in [("\"1\"", "must be a number"), ("true", "must be a number"), ("null", "must not be null")]
    {
        assert_eq!(judged(&format!(r#"{{"N":{number},"T":"a","P":{{}}}}"#)), [error("/N", detail)]);
    }
}

#[test]
fn a_flood_of_unknown_fields_gets_a_short_answer() {
    let members: Vec<String> = (0..1_000).map(|number| format!("\"u{number}\":0")).collect();
    let found = judged(&format!(r#"{{"N":1,"T":"a","P":{{}},{}}}"#, members.join(",")));
    assert_eq!(found.len(), UNKNOWN_NAMED + 1);
    assert_eq!(found[UNKNOWN_NAMED].1, "has 984 more unknown fields");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = object(&bytes);
    }

    #[test]
    fn it_accepts_exactly_the_objects_that_serde_json_accepts(text in r#"[\{\}\[\]",:0-9a-zE+\-. \\]{0,40}"#) {
        let reference = serde_json::from_str::<&RawValue>(&text).is_ok_and(|value| value.get().starts_with('{'));
        prop_assert_eq!(object(text.as_bytes()).is_ok(), reference);
    }

    #[test]
    fn a_number_is_read_as_it_was_written(number in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO) {
        let body = format!("{{\"N\":{number:?}}}");
        let read = object(body.as_bytes()).expect("an object").number("N", &mut FieldErrors::default(), no_limit);
        prop_assert_eq!(read.map(f64::to_bits), Some(number.to_bits()));
    }
}
