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
    judge(Ok(answer(status, body)), None, now())
}

#[test]
fn success_is_a_charge() {
    for status in [200, 201, 202, 204] {
        assert_eq!(verdict(status, "{}"), Verdict::Charged, "{status}");
    }
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
fn everything_else_is_tried_again() {
    for status in [301, 302, 402, 405, 408, 413, 418, 425, 429, 451, 500, 501, 502, 503, 504, 599] {
        assert!(matches!(verdict(status, ""), Verdict::Later { after: None, .. }), "{status}");
    }
}

#[test]
fn a_locked_table_is_tried_again_whatever_the_status() {
    for status in [200, 400, 500] {
        let verdict = verdict(status, r#"{"error":"sorry: the 'payments' table is locked, try later"}"#);
        assert!(matches!(verdict, Verdict::Later { .. }), "{status}");
    }
}

#[test]
fn the_gateways_refusal_is_ours_to_repair_and_its_words_stay_out() {
    let denied = Answer { error_type: Some("AccessDeniedException".into()), ..answer(403, "the signed request") };
    let Verdict::Later { reason, .. } = judge(Ok(denied), None, now()) else { panic!("not finance's refusal") };
    assert!(reason.contains("AccessDeniedException") && !reason.contains("signed request"), "{reason}");
}

#[test]
fn of_an_endless_answer_the_status_counts_and_what_was_read_is_kept() {
    let too_long = |status, begun: &str| {
        let status = StatusCode::from_u16(status).expect("a status");
        judge(Err(CallError::TooLong { limit: 65_536, status, begun: begun.into() }), None, now())
    };
    assert_eq!(too_long(200, "{"), Verdict::Charged);
    let (reason, answer) = ("finance answered 400: the date".to_owned(), "the date".to_owned());
    assert_eq!(too_long(400, "the date"), Verdict::Refused { reason, answer });
    assert!(matches!(too_long(500, ""), Verdict::Later { .. }));
    assert!(matches!(too_long(400, LOCKED), Verdict::Later { .. }));
}

#[test]
fn the_rider_is_named_in_the_whole_answer_and_nowhere_else() {
    let rider = Label::try_from("Ada Quirk".to_owned()).expect("a label");
    let Verdict::Refused { reason, answer } = judge(Ok(answer(400, "who is ada quirk?")), Some(&rider), now()) else {
        panic!("a 400 is final")
    };
    assert_eq!((reason.as_str(), answer.as_str()), ("finance answered 400: who is … …?", "who is ada quirk?"));
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let after = |text: &str| {
        let asked = Answer { retry_after: Some(text.into()), ..answer(503, "") };
        let Verdict::Later { after, .. } = judge(Ok(asked), None, now()) else { panic!("a 503 is tried again") };
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
        match judge(Ok(answer), None, now()) {
            Verdict::Charged => prop_assert!((200..300).contains(&status)),
            Verdict::Refused { reason, answer } => {
                prop_assert!(reason.chars().count() <= 240);
                prop_assert_eq!(answer, body);
            }
            Verdict::Later { reason, .. } => prop_assert!(reason.chars().count() <= 240),
        }
    }
}
