use super::answers::judge as answers;
use super::*;
use crate::scenario::alarms::AlarmSeen;
use crate::scenario::evidence::{Failure, LineSeen, Stretch};
use crate::scenario::figures::MetricSeen;
use crate::scenario::file::{Answers, Level, Pace, Scenario, Variant};
use crate::scenario::ledger::{Books, Wanted};
use crate::scenario::payments::PaymentBooks;

const SPAN: &str = "put-ride-record > DynamoDB PutItem wild-rydes-dev-rides";

fn act() -> Act {
    let text = include_str!("../../../tests/data/scenario-small.yaml");
    Scenario::read(text, "small.yaml").expect("a scenario").run
}

fn ride(number: u32, status: u16) -> Wanted {
    let (at, ride_id) = (f64::from(number), (status == 201).then(|| number.to_string()));
    let (latency_ms, behind_ms) = (f64::from(number), 0.0);
    let (request_id, as_expected, latitude) = (None, None, None);
    Wanted {
        number,
        at,
        load: true,
        status,
        latency_ms,
        behind_ms,
        attempts: 1,
        request_id,
        ride_id,
        as_expected,
        latitude,
    }
}

fn alarm(name: &str, off: Option<f64>, clears_after: Option<f64>) -> AlarmSeen {
    AlarmSeen {
        name: name.to_owned(),
        urgency: "page".to_owned(),
        on: vec![(10.0, off)],
        reason: String::new(),
        clears_after,
    }
}

fn failure(guilty: &str, text: &str) -> Failure {
    let line = LineSeen { service: "put-ride-record".to_owned(), level: "WARN".to_owned(), text: text.to_owned() };
    Failure {
        id: "r".to_owned(),
        at: 1.0,
        status: 503,
        guilty: Some(guilty.to_owned()),
        error: None,
        lines: Some(vec![line]),
    }
}

/// What the small scenario expects: six rides of ten stored, four failed.
fn good() -> Evidence {
    let status = |number| if number > 6 { 503 } else { 201 };
    Evidence {
        scenario: "small".to_owned(),
        title: String::new(),
        variant: Variant::Run,
        with: String::new(),
        seed: 1,
        compress: 1,
        began: String::new(),
        seconds: 100.0,
        phases: Vec::new(),
        faults: Vec::new(),
        rides: (1..=10).map(|number| ride(number, status(number))).collect(),
        books: Books { wanted: 10, promised: 6, stored: 6, ..Books::default() },
        payments: PaymentBooks { rides: 6, payments: 6, complete: 6, charges: Some(6), ..PaymentBooks::default() },
        alarms: vec![alarm("api-5xx-rate", Some(50.0), None)],
        grave: Vec::new(),
        mentions: Vec::new(),
        failures: vec![failure(SPAN, "it was refused")],
        metrics: vec![MetricSeen {
            metric: "WildRydes Retries (service put-ride-record)".to_owned(),
            sum: Some(8.0),
            most: Some(2.0),
        }],
        traces: Vec::new(),
    }
}

fn failed(act: &Act, evidence: &Evidence) -> Vec<String> {
    let failed = judge(act, evidence).into_iter().filter(|verdict| !verdict.passed);
    failed.map(|verdict| format!("{}: {}", verdict.expected, verdict.seen)).collect()
}

#[test]
fn what_was_expected_passes() {
    assert_eq!(failed(&act(), &good()), Vec::<String>::new());
    assert!(judge(&act(), &good()).len() >= 6);
}

#[test]
fn a_status_too_many_or_too_few_fails() {
    let mut more = good();
    more.rides.push(ride(11, 502));
    assert!(failed(&act(), &more)[0].contains("1 x 502"));
    let mut fewer = good();
    fewer.rides.retain(|ride| ride.status == 201);
    assert!(failed(&act(), &fewer)[0].contains("exactly 201, 503"));
    let mut silent = good();
    silent.rides.push(ride(11, 0));
    assert!(failed(&act(), &silent)[0].contains("1 x no answer"));
}

#[test]
fn a_share_is_of_the_rides_of_its_time() {
    let asked =
        |from, to| Answers { status: vec![503], from, to, share: Some(Range::exactly(1.0)), count: None, p99_ms: None };
    assert!(answers(&asked(Some(7.0), None), &good())[0].passed);
    assert!(!answers(&asked(Some(6.0), None), &good())[0].passed);
    assert!(!answers(&asked(Some(50.0), Some(60.0)), &good())[0].passed, "of no rides at all nothing is said");
}

#[test]
fn a_number_is_judged_when_compressed_too() {
    let asked = |status, count| Answers {
        status: vec![status],
        from: None,
        to: None,
        share: None,
        count: Some(Range::exactly(count)),
        p99_ms: None,
    };
    let mut evidence = good();
    assert!(answers(&asked(201, 6.0), &evidence)[0].passed);
    assert!(!answers(&asked(201, 7.0), &evidence)[0].passed);
    evidence.compress = 20;
    let stretch = |from, to| Stretch { what: String::new(), from, to };
    evidence.phases = vec![stretch(0.0, 60.0), stretch(60.0, 180.0), stretch(180.0, 300.0)];
    for (full, passes) in [(70.0, false), (80.0, true), (120.0, true), (160.0, true), (170.0, false), (1800.0, false)] {
        let verdict = &answers(&asked(201, full), &evidence)[0];
        assert_eq!(verdict.passed, passes, "{full}: {}, {}", verdict.expected, verdict.seen);
    }
    assert!(!answers(&asked(201, 0.0), &evidence)[0].passed, "none is none");
    assert!(answers(&asked(502, 0.0), &evidence)[0].passed);
    // Two phases are rounded where both are looked at, one where the time holds one.
    evidence.phases = vec![stretch(0.0, 5.0), stretch(5.0, 10.0), stretch(10.0, 20.0)];
    assert!(answers(&asked(201, 160.0), &evidence)[0].passed);
    let first = Answers { to: Some(5.0), ..asked(201, 120.0) };
    assert!(!answers(&first, &evidence)[0].passed, "four are not six");
}

#[test]
fn a_latency_is_the_99th_percentile_of_such_answers() {
    let limit = |most| Answers {
        status: vec![201],
        from: None,
        to: None,
        share: None,
        count: None,
        p99_ms: Some(Range { least: 0.0, most, percent: false }),
    };
    assert!(answers(&limit(6.0), &good())[0].passed);
    assert!(!answers(&limit(5.9), &good())[0].passed);
    let mut none = good();
    none.rides.clear();
    assert!(!answers(&limit(6.0), &none)[0].passed);
}

#[test]
fn an_alarm_that_is_silent_or_unasked_fails_and_an_allowed_one_does_not() {
    let mut silent = good();
    silent.alarms.clear();
    assert!(failed(&act(), &silent)[0].contains("did not fire: api-5xx-rate"));
    let mut other = good();
    other.alarms.push(alarm("lost-rides", Some(60.0), None));
    assert!(failed(&act(), &other)[0].contains("fired unasked: lost-rides"));
    let mut allowed = good();
    allowed.alarms.push(alarm("heartbeat", Some(60.0), None));
    assert_eq!(failed(&act(), &allowed), Vec::<String>::new());
}

#[test]
fn an_alarm_must_clear_and_a_lasting_one_when_its_window_has_passed() {
    let mut stuck = good();
    stuck.alarms[0].on[0].1 = None;
    stuck.alarms[0].clears_after = Some(60.0);
    assert!(failed(&act(), &stuck)[0].contains("still on at the end: api-5xx-rate"));
    let mut lasting = act();
    lasting.expect.alarms.lasting = std::mem::take(&mut lasting.expect.alarms.fire);
    assert_eq!(failed(&lasting, &stuck), Vec::<String>::new());
    stuck.alarms[0].clears_after = None;
    assert_eq!(failed(&lasting, &stuck).len(), 1);
}

#[test]
fn the_guilty_span_is_what_most_name_and_nobody_names_another() {
    let mut other = good();
    other.failures.push(failure("request-ride > Lambda", ""));
    assert!(failed(&act(), &other)[0].contains("request-ride > Lambda (1)"));
    let mut none = good();
    none.failures.clear();
    assert!(failed(&act(), &none)[0].contains("no request failed"));
}

#[test]
fn every_failure_that_was_read_says_why() {
    let span = Guilty { span: SPAN.to_owned(), also: Vec::new() };
    let asked = LogLine { service: "put-ride-record".to_owned(), says: "refused".to_owned(), level: None };
    assert!(log(&asked, Some(&span), &good()).passed);
    let mut one = good();
    one.failures.push(failure(SPAN, "something else"));
    assert!(!log(&asked, Some(&span), &one).passed);
    one.failures[1].lines = None;
    assert!(log(&asked, Some(&span), &one).passed, "it was not read");
    one.failures.clear();
    assert!(!log(&asked, Some(&span), &one).passed);
}

#[test]
fn without_a_failure_a_grave_line_says_why() {
    let asked = LogLine { service: "request-ride".to_owned(), says: "was refused".to_owned(), level: None };
    let line = |service: &str| LineSeen {
        service: service.to_owned(),
        level: "WARN".to_owned(),
        text: "the new value was refused".to_owned(),
    };
    let mut evidence = good();
    evidence.grave = vec![line("put-ride-record")];
    assert!(!log(&asked, None, &evidence).passed);
    evidence.grave.push(line("request-ride"));
    assert!(log(&asked, None, &evidence).passed);
}

#[test]
fn a_line_that_is_not_grave_is_asked_for_by_its_level() {
    let (service, says) = ("process-payment".to_owned(), "finance answered 503".to_owned());
    let asked = LogLine { service: service.clone(), says: says.clone(), level: Some(Level::Info) };
    let span = Guilty { span: SPAN.to_owned(), also: Vec::new() };
    let mut evidence = good();
    assert!(!log(&asked, Some(&span), &evidence).passed, "none was counted");
    evidence.mentions = vec![Mention { service, says, level: "INFO".to_owned(), count: 0 }];
    assert!(!log(&asked, Some(&span), &evidence).passed);
    evidence.mentions[0].count = 1;
    assert!(log(&asked, Some(&span), &evidence).passed, "whoever is guilty");
}

#[test]
fn a_metric_that_says_too_much_or_nothing_fails() {
    let mut more = good();
    more.metrics[0].most = Some(3.0);
    assert!(failed(&act(), &more)[0].contains("WildRydes Retries (service put-ride-record): 2: 3"));
    let mut none = good();
    none.metrics[0].most = None;
    assert!(failed(&act(), &none)[0].contains("no value at all"));
}

#[test]
fn a_lost_or_a_doubled_ride_fails() {
    let mut lost = good();
    lost.books.lost = vec![3];
    lost.books.doubled = vec![4];
    lost.books.untold = vec![7];
    assert_eq!(failed(&act(), &lost).len(), 2);
}

#[test]
fn payments_are_judged_in_every_act_and_as_it_says() {
    type Change = fn(&mut PaymentBooks);
    let wrong: [(Change, &str); 5] = [
        (|books| books.missing = vec!["a".to_owned()], "0 rides have no payment: 1 of 6 rides"),
        (|books| books.failed = 1, "0 payments failed: 1 of 6"),
        (|books| books.waiting = 2, "0 payments wait at the end: 2 of 6"),
        (|books| books.charged_twice = 1, "0 charges are a second one for their ride: 1 of 6 charges"),
        (|books| books.uncharged = 1, "0 complete payments were never charged: 1 of 6 complete"),
    ];
    for (change, said) in wrong {
        let mut evidence = good();
        change(&mut evidence.payments);
        let seen = failed(&act(), &evidence);
        assert!(seen.len() == 1 && seen[0].starts_with(said), "{seen:?}");
    }
    let mut red = good();
    (red.payments.failed, red.payments.reasons) = (1, [("finance answered 400".to_owned(), 1)].into());
    assert!(failed(&act(), &red)[0].ends_with("1 x \"finance answered 400\""));
    let mut asked = act();
    asked.expect.payments.failed = Range::exactly(1.0);
    assert_eq!(failed(&asked, &red), Vec::<String>::new());
}

#[test]
fn complete_payments_are_judged_where_it_says() {
    let mut asked = act();
    asked.expect.payments.complete = Some(Range::exactly(1.0));
    assert_eq!(failed(&asked, &good()), ["1 payments are complete: 6 of 6"]);
    asked.expect.payments.complete = Some(Range::exactly(6.0));
    assert_eq!(failed(&asked, &good()), Vec::<String>::new());
}

#[test]
fn a_pace_is_so_many_times_less_when_compressed() {
    let mut asked = act();
    asked.expect.payments.pace =
        Some(Pace { from: 10.0, within: 20.0, count: Range { least: 2.0, most: 141.0, percent: false } });
    let judged = |compress, pace| {
        let mut evidence = good();
        (evidence.compress, evidence.payments.pace) = (compress, pace);
        failed(&asked, &evidence)
    };
    assert_eq!(judged(20, Some(8)), Vec::<String>::new());
    assert!(judged(20, Some(9))[0].ends_with("on, which are 0 to 8 when compressed 20 times: 9 payments"));
    assert_eq!(judged(1, Some(141)), Vec::<String>::new());
    assert_eq!((judged(1, Some(142)).len(), judged(1, Some(1)).len(), judged(20, None).len()), (1, 1, 1));
}

#[test]
fn without_a_ledger_of_charges_none_is_judged() {
    let mut elsewhere = good();
    elsewhere.payments.charges = None;
    let charges = |evidence: &Evidence| {
        judge(&act(), evidence).iter().filter(|verdict| verdict.expected.contains("charge")).count()
    };
    assert_eq!((charges(&good()), charges(&elsewhere)), (2, 0));
}
