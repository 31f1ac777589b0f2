//! AWS's examples, and what is refused.

use proptest::prelude::*;

use super::{FilterPattern, PatternError};

/// The document that AWS's page matches against.
const TRAIL: &str = r#"{
  "eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],
  "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "SomeObject": null, "ThisFlag": true
}"#;

/// Its document for compound conditions.
const USERS: &str = r#"{
  "user": {"id": 1, "email": "John.Stiles@example.com"},
  "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
  "actions": ["GET", "PUT", "DELETE"], "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]]
}"#;

#[track_caller]
fn check(pattern: &str, line: &str, expected: bool) {
    let matches = FilterPattern::parse(pattern).expect(pattern).matches(line);
    assert_eq!(matches, expected, "{pattern} on {line}");
}

#[test]
fn awss_examples_of_single_conditions() {
    for pattern in [
        r#"{ $.eventType = "UpdateTrail" }"#,
        "{ $.sourceIPAddress != 123.123.* }",
        r#"{ $.arrayKey[0] = "value" }"#,
        "{ $.objectList[1].id = 2 }",
        "{ $.SomeObject IS NULL }",
        "{ $.SomeOtherObject NOT EXISTS }",
        "{ $.ThisFlag IS TRUE }",
    ] {
        check(pattern, TRAIL, true);
        check(pattern, "no JSON", false);
        check(pattern, "[1]", false);
    }
    check("{ $.ThisFlag IS FALSE }", TRAIL, false);
    check("{ $.SomeOtherObject IS NULL }", TRAIL, false);
    check("{ $.SomeObject NOT EXISTS }", TRAIL, false);
}

#[test]
fn awss_examples_of_compound_conditions() {
    let get = r#"$.actions[2] = "GET""#;
    check(r#"{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }"#, USERS, true);
    check(&format!(r#"{{ ($.user.id = 2 && $.users[0].email = "nonmatch") || {get} }}"#), USERS, false);
    let either = r#"$.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch"#;
    check(&format!("{{ {either} && $.actions[2] = nomatch }}"), USERS, true);
    check(&format!("{{ ({either}) && $.actions[2] = nomatch }}"), USERS, false);
}

#[test]
fn numbers_are_compared_as_numbers() {
    let line = r#"{"latency": 500, "numbers": [0.5], "errorCode": 400, "status": "404", "name": "a"}"#;
    for (pattern, expected) in [
        ("{ $.latency >= 500 }", true),
        ("{ $.latency > 5e2 }", false),
        ("{ $.latency > +499.5 }", true),
        ("{ $.latency <= 499 }", false),
        ("{ $.numbers[0] < 10e-1 }", true),
        ("{ $.errorCode = 400 }", true),
        ("{ $.errorCode = 400.0 }", true),
        ("{ $.errorCode != 500 }", true),
        ("{ $.status = 404 }", true),
        ("{ $.status > 400 }", false),
        ("{ $.name > 0 }", false),
        ("{ $.latency = * }", true),
        ("{ $.gone = * }", false),
        ("{ $.gone != 1 }", false),
    ] {
        check(pattern, line, expected);
    }
}

#[test]
fn an_asterisk_at_an_end_stands_for_anything() {
    let line = r#"{"event": "PutEvent", "star": "Ev*ent"}"#;
    for (pattern, expected) in [
        ("{ $.event = *Event }", true),
        ("{ $.event = Put* }", true),
        ("{ $.event = \"*tEv*\" }", true),
        ("{ $.event = Event }", false),
        ("{ $.event = P*t }", false),
        ("{ $.star = Ev*ent }", true),
        ("{ $.event != Put* }", false),
    ] {
        check(pattern, line, expected);
    }
}

#[test]
fn arrays_objects_and_truths_are_neither_equal_nor_unequal() {
    for pattern in
        ["{ $.users = 1 }", "{ $.users != 1 }", "{ $.flag = true }", "{ $.flag != true }", "{ $.object != x }"]
    {
        check(pattern, r#"{"users": [1, 2, 3], "flag": true, "object": {}}"#, false);
    }
}

#[test]
fn the_platforms_report_of_a_timeout_is_found() {
    let pattern = r#"{ $.type = "platform.report" && $.record.status = "timeout" }"#;
    check(pattern, r#"{"type":"platform.report","record":{"status":"timeout","metrics":{"durationMs":3000.0}}}"#, true);
    check(pattern, r#"{"type":"platform.report","record":{"status":"success"}}"#, false);
}

#[test]
fn terms_as_on_awss_page() {
    let lines = ["ERROR WARN message", "ERROR message", "WARN message"];
    for (pattern, expected) in [
        ("ERROR", [true, true, false]),
        ("?ERROR ?WARN", [true, true, true]),
        ("ERROR WARN", [true, false, false]),
        ("ERROR -WARN", [false, true, false]),
        (r#""ERROR" - "WARN""#, [false, true, false]),
        (r#""ERROR mess""#, [false, true, false]),
        ("error", [false, false, false]),
        ("", [true, true, true]),
    ] {
        let found = lines.map(|line| FilterPattern::parse(pattern).expect(pattern).matches(line));
        assert_eq!(found, expected, "{pattern}");
    }
}

#[test]
fn what_the_lab_does_not_know_is_refused_by_name() {
    let long = "a".repeat(1025);
    let deep = "(".repeat(500);
    for (pattern, why) in [
        ("[ip, user, ...]", "space-delimited"),
        ("%ERR.R%", "regular expressions"),
        ("{ $.a = %ERR% }", "regular expressions"),
        ("{ $.a[*] = 1 }", "wildcards in the selectors"),
        ("{ $.* = 1 }", "wildcards in the selectors"),
        ("?ERROR WARN", "?"),
        ("not-quoted", "needs double quotes"),
        ("\"open", "begins at 0"),
        ("a \"open", "begins at 2"),
        ("ERROR -", "a term is expected at 7"),
        ("{ $.a = \"open }", "begins at 8"),
        ("{ $.a = 1", "&&, || or } is expected at 9"),
        ("{ $.a = 1 } x", "the end is expected at 12"),
        ("{ $.a 1 }", "is expected at 6"),
        ("{ $.a < x }", "a number is expected at 8"),
        ("{ $.a EXISTS }", "is expected at 6"),
        ("{ $.a IS 1 }", "NULL, TRUE or FALSE is expected at 9"),
        ("{ $ = 1 }", "a member, as in $.name, is expected at 3"),
        ("{ $.a[x] = 1 }", "a number is expected at 6"),
        ("{ a = 1 }", "$ is expected at 2"),
        ("{ $.a = }", "a value is expected at 8"),
        ("{}", "$ is expected at 1"),
        (&long, "at most 1024"),
        (&format!("{{{deep}"), "levels deep"),
    ] {
        let error: PatternError = FilterPattern::parse(pattern).expect_err(pattern);
        assert!(error.to_string().contains(why), "{pattern}: {error}");
    }
}

proptest! {
    #[test]
    fn no_pattern_panics(pattern in "\\PC{0,48}", line in "\\PC{0,48}") {
        let _ = FilterPattern::parse(&pattern).map(|pattern| pattern.matches(&line));
    }

    #[test]
    fn no_json_pattern_panics(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "$.a", "$.b[0]", "=", "!=", "<", "1", "\"x*\"", "*", "&&", "||", "(", ")", "IS", "NULL", "NOT EXISTS", "}",
            ]),
            0..16,
        ),
    ) {
        let pattern = format!("{{ {} }}", pieces.join(" "));
        let _ = FilterPattern::parse(&pattern).map(|pattern| pattern.matches(r#"{"a": 1, "b": ["x"]}"#));
    }

    #[test]
    fn a_text_equals_itself(text in "[A-Za-z0-9 .:/@-]{1,32}") {
        let line = serde_json::json!({ "a": text }).to_string();
        check(&format!(r#"{{ $.a = "{text}" }}"#), &line, true);
        check(&format!(r#"{{ $.a != "{text}" }}"#), &line, false);
    }
}

#[test]
fn a_line_is_not_passed_over_for_words_that_it_spells_otherwise() {
    let pattern = r#"{ $.type = "platform.report" && $.count = "1*" }"#;
    for (line, expected) in [
        (r#"{"type":"platform.report","count":"12"}"#, true),
        (r#"{"t\u0079pe":"platform\u002ereport","count":1e1}"#, true),
        (r#"{"type":"platform.report","count":1e1}"#, true),
        (r#"{"type":"platform.report"}"#, false),
        (r#"{"type":"platform.start","count":1}"#, false),
    ] {
        check(pattern, line, expected);
    }
    check(r#"{ $.a NOT EXISTS || $.b = "word" }"#, "{}", true);
    check(r#"{ $.a != "word" }"#, r#"{"a":"other"}"#, true);
}
