use super::*;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-11-20T21:16:20Z".parse().expect("an instant")
}

fn answer(status: u16, body: &str) -> Answer {
    let status = StatusCode::from_u16(status).expect("a status");
    Answer { status, is_json: false, error_type: None, retry_after: None, body: body.into() }
}

fn verdict(status: u16, body: &str) -> Verdict {
    judge(Ok(answer(status, body)), None, false, now())
}

/// Of finance that answered so.
fn later(reason: &str, body: &str) -> Verdict {
    Verdict::Later { reason: reason.into(), answer: Some(body.into()), after: None, spare: None }
}

#[test]
fn done_and_created_are_a_charge() {
    for status in [200, 201] {
        for body in ["{}", "", "thanks", "<charge/>", "<p>thanks</p>"] {
            assert_eq!(verdict(status, body), Verdict::Charged, "{status} {body}");
        }
    }
}

#[test]
fn no_other_success_is_a_charge() {
    for status in [202, 203, 204, 205, 206, 207, 208, 226, 299] {
        assert_eq!(verdict(status, ""), later(&format!("finance answered {status}, no charge"), ""));
    }
    let body = "{\"state\":\"queued\"}";
    assert_eq!(verdict(202, body), later("finance answered 202, no charge: {\"state\":\"queued\"}", body));
}

#[test]
fn a_page_is_no_charge() {
    let long = format!("<!DOCTYPE html>{}", "x".repeat(60_000));
    for page in [
        "<!doctype html><title>Sign in</title>",
        "\u{feff}\r\n <HTML lang=\"en\">",
        "<!-- a proxy's --><html></html>",
        "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\">",
        &long,
    ] {
        assert_eq!(verdict(200, page), later("finance answered 200 with a page, no charge", page), "{page}");
    }
    // Others are final or tried again as they would be without it.
    assert!(matches!(verdict(404, "<html>"), Verdict::Refused { .. }));
    assert_eq!(verdict(200, "{\"receipt\":\"<html></html>\"}"), Verdict::Charged);
}

#[test]
fn finances_own_refusals_are_final_and_kept_in_full() {
    for status in [400, 401, 403, 404, 409, 410, 422] {
        let body = format!("the date is not London's, order 12345, {}", "x".repeat(1_000));
        let Verdict::Refused { reason, answer } = verdict(status, &body) else { panic!("{status} is final") };
        assert_eq!(answer, body);
        assert!(reason.starts_with(&format!("finance answered {status}: the date")), "{reason}");
        assert!(!reason.contains("12345") && reason.chars().count() <= 240, "{reason}");
    }
}

#[test]
fn what_is_tried_again_brings_the_whole_answer_too_if_there_is_one() {
    for status in [202, 302, 429, 500, 503] {
        let body = format!("order 12345, {}", "x".repeat(1_000));
        let Verdict::Later { reason, answer, .. } = verdict(status, &body) else { panic!("{status} is tried again") };
        assert_eq!(answer, Some(body), "{status}");
        assert!(!reason.contains("12345") && reason.chars().count() <= 240, "{reason}");
    }
    let nobody = judge(Err(CallError::OutOfTime), None, false, now());
    assert!(matches!(nobody, Verdict::Later { answer: None, .. }), "{nobody:?}");
}

#[test]
fn a_conflict_that_says_when_to_come_again_is_an_attempt_of_ours_under_way() {
    for retry_after in ["2", "soon"] {
        let under_way = Answer { retry_after: Some(retry_after.into()), ..answer(409, "in progress") };
        let Verdict::Later { reason, after, spare, .. } = judge(Ok(under_way), None, false, now()) else {
            panic!("nobody knows what becomes of it")
        };
        assert_eq!((reason.as_str(), after.is_some()), ("finance answered 409: in progress", retry_after == "2"));
        assert_eq!(spare, None, "it is about this one payment");
    }
}

#[test]
fn what_finance_asks_of_everybody_is_told_from_what_it_asks_of_one() {
    let spare = |status| {
        let asked = Answer { retry_after: Some("600".into()), ..answer(status, "") };
        let Verdict::Later { after, spare, .. } = judge(Ok(asked), None, false, now()) else {
            panic!("{status} is tried again")
        };
        assert_eq!(after, Some(Duration::from_secs(600)), "{status}");
        spare
    };
    for status in [429, 503] {
        assert_eq!(spare(status), Some(Duration::from_secs(600)), "{status}");
    }
    for status in [202, 301, 409, 500, 502] {
        assert_eq!(spare(status), None, "{status}");
    }
}

#[test]
fn everything_else_is_tried_again() {
    for status in [301, 302, 402, 405, 408, 413, 418, 425, 429, 451, 500, 501, 502, 503, 504, 599] {
        assert!(matches!(verdict(status, ""), Verdict::Later { after: None, .. }), "{status}");
    }
}

#[test]
fn a_locked_table_is_tried_again_whatever_the_status() {
    for status in [200, 400, 500] {
        for locked in [
            LOCKED,
            r#"{"error":"sorry: the 'payments' table is locked, try later"}"#,
            r#"{"error":"sorry: the \u0027payments\u0027 table is locked, try later"}"#,
            r#""the \u0027payments\u0027 table is locked""#,
            r#"{"error":{"reasons":["the \u0027payments\u0027 table is locked"]}}"#,
            r#"{"error":"the \u0027payments\u0027 table is locked"#,
            "<p>the &#39;payments&#39; table is locked</p>",
        ] {
            let verdict = verdict(status, locked);
            assert!(matches!(verdict, Verdict::Later { .. }), "{status} {locked}");
        }
    }
    let other = r#"{"error":"the \u0027rides\u0027 table is locked"}"#;
    assert!(matches!(verdict(400, other), Verdict::Refused { .. }));
}

#[test]
fn the_gateways_refusal_is_ours_to_repair_and_its_words_stay_out() {
    let denied = Answer { error_type: Some("AccessDeniedException".into()), ..answer(403, "the signed request") };
    let long = CallError::TooLong { limit: LONGEST_ANSWER, begun: denied.clone() };
    for called in [Ok(denied), Err(long)] {
        let Verdict::Later { reason, answer, .. } = judge(called, None, true, now()) else {
            panic!("not finance's refusal")
        };
        assert!(reason.contains("AccessDeniedException") && !reason.contains("signed request"), "{reason}");
        assert_eq!(answer, None, "nor are they kept");
    }
}

#[test]
fn a_strangers_refusal_is_final_whoever_stands_before_it() {
    for status in [401, 403] {
        let denied = Answer { error_type: Some("ForbiddenException".into()), ..answer(status, "no such key") };
        let (reason, answer) = (format!("finance answered {status}: no such key"), "no such key".to_owned());
        assert_eq!(judge(Ok(denied), None, false, now()), Verdict::Refused { reason, answer });
    }
}

#[test]
fn a_path_that_a_strangers_gateway_does_not_have_fails_no_payment_for_good() {
    let nobody = Answer { error_type: Some("MissingAuthenticationTokenException".into()), ..answer(403, "Missing") };
    let Verdict::Later { reason, .. } = judge(Ok(nobody), None, false, now()) else { panic!("nobody was asked") };
    assert_eq!(reason, "finance did not let this function in (MissingAuthenticationTokenException)");
}

#[test]
fn of_an_endless_answer_the_status_counts_and_what_was_read_is_kept() {
    let too_long = |status, begun: &str| {
        judge(Err(CallError::TooLong { limit: LONGEST_ANSWER, begun: answer(status, begun) }), None, false, now())
    };
    assert_eq!(too_long(200, "{"), Verdict::Charged);
    let (reason, kept) = ("finance answered 400: the date".to_owned(), "the date".to_owned());
    assert_eq!(too_long(400, "the date"), Verdict::Refused { reason, answer: kept });
    assert!(matches!(too_long(500, ""), Verdict::Later { .. }));
    assert!(matches!(too_long(400, LOCKED), Verdict::Later { .. }));
    assert!(matches!(too_long(200, "<html>"), Verdict::Later { .. }));
}

#[test]
fn an_endless_answer_says_as_well_when_to_come_again() {
    for (status, spared) in [(503, true), (409, false)] {
        let begun = Answer { retry_after: Some("600".into()), ..answer(status, "in maintenance") };
        let too_long = CallError::TooLong { limit: LONGEST_ANSWER, begun };
        let Verdict::Later { after, spare, .. } = judge(Err(too_long), None, false, now()) else {
            panic!("{status} is tried again")
        };
        let asked = Some(Duration::from_secs(600));
        assert_eq!((after, spare), (asked, asked.filter(|_| spared)), "{status}");
    }
}

#[test]
fn a_problem_document_s_own_sentence_is_the_reason() {
    for (body, said) in [
        (r#"{"type":"about:blank","status":400,"detail":"The date is in the future."}"#, "The date is in the future."),
        (r#"{"message":"no such product"}"#, "no such product"),
        (r#"{"detail":"","message":"no such product"}"#, "no such product"),
        (r#"{"error":"invalid","error_description":"no such product"}"#, "no such product"),
        (r#"{"error":{"code":7}}"#, "{\"error\":{\"code\":#}}"),
        (r#"{"message":["date"],"error":"Bad"}"#, r#"{"message":["date"],"error":"Bad"}"#),
        (
            r#"{"detail":"Fields","errors":[{"pointer":"/date"}]}"#,
            r#"{"detail":"Fields","errors":[{"pointer":"/date"}]}"#,
        ),
        ("[1]", "[#]"),
    ] {
        let Verdict::Refused { reason, answer: kept } = verdict(400, body) else { panic!("a 400 is final") };
        assert_eq!((reason, kept.as_str()), (format!("finance answered 400: {said}"), body), "in full, it is kept");
    }
}

#[test]
fn the_rider_is_named_in_the_whole_answer_and_nowhere_else() {
    let rider = Label::try_from("Ada Quirk".to_owned()).expect("a label");
    let Verdict::Refused { reason, answer } = judge(Ok(answer(400, "who is ada quirk?")), Some(&rider), false, now())
    else {
        panic!("a 400 is final")
    };
    assert_eq!((reason.as_str(), answer.as_str()), ("finance answered 400: who is … …?", "who is ada quirk?"));
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let after = |text: &str| {
        let asked = Answer { retry_after: Some(text.into()), ..answer(503, "") };
        let Verdict::Later { after, .. } = judge(Ok(asked), None, false, now()) else { panic!("a 503 is tried again") };
        after.map(|after| after.as_secs())
    };
    assert_eq!((after("0"), after("120"), after(" 7 ")), (Some(0), Some(120), Some(7)));
    assert_eq!(after("99999999999999999999"), Some(u64::from(u32::MAX)));
    assert_eq!(after("Fri, 20 Nov 2026 21:18:20 GMT"), Some(120));
    assert_eq!(after("Fri, 20 Nov 2026 21:16:00 GMT"), Some(0), "it is over");
    for odd in ["", "soon", "-1", "1.5", "2026-11-20T21:18:20Z"] {
        assert_eq!(after(odd), None, "{odd}");
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_judged_and_the_reason_is_short(status in 100_u16..1_000, body in ".{0,3000}", header in ".{0,40}") {
        let answer = Answer { retry_after: Some(header), ..answer(status, &body) };
        match judge(Ok(answer), None, false, now()) {
            Verdict::Charged => prop_assert!((200..=201).contains(&status)),
            Verdict::Refused { reason, answer } => {
                prop_assert!(reason.chars().count() <= 240);
                prop_assert_eq!(answer, body);
            }
            Verdict::Later { reason, answer, .. } => {
                prop_assert!(reason.chars().count() <= 240);
                prop_assert_eq!(answer, Some(body));
            }
        }
    }

    #[test]
    fn what_is_kept_is_no_longer_than_what_is_read(status in 300_u16..600, byte: u8, length in 0..=LONGEST_ANSWER) {
        // Each byte that is no text becomes three.
        let answer = Answer { body: vec![byte; length], ..answer(status, "") };
        match judge(Ok(answer), None, false, now()) {
            Verdict::Refused { answer, .. } | Verdict::Later { answer: Some(answer), .. } => {
                prop_assert!(answer.len() <= LONGEST_ANSWER);
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
