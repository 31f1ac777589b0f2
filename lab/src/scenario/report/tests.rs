use super::*;
use crate::scenario::alarms::AlarmSeen;
use crate::scenario::evidence::{Failure, LineSeen, SpanSeen, Stretch, TraceSeen};
use crate::scenario::file::Variant;
use crate::scenario::ledger::{Books, Wanted};
use crate::scenario::payments::PaymentBooks;

const HOSTILE: &str = "</script><img src=x onerror='alert(1)'>\u{0}";

fn ride(number: u32, status: u16) -> Wanted {
    Wanted {
        number,
        at: f64::from(number),
        load: true,
        status,
        latency_ms: 20.0,
        behind_ms: 0.0,
        attempts: 1,
        request_id: None,
        ride_id: None,
        as_expected: None,
        latitude: None,
    }
}

fn evidence(variant: Variant) -> Evidence {
    let span = SpanSeen {
        depth: 1,
        service: "put-ride-record".to_owned(),
        name: HOSTILE.to_owned(),
        offset_ms: 1.0,
        duration_ms: 5.0,
        at_fault: true,
        guilty: true,
    };
    Evidence {
        scenario: "small".to_owned(),
        title: "A title".to_owned(),
        variant,
        with: HOSTILE.to_owned(),
        seed: 7,
        compress: 20,
        began: String::new(),
        seconds: 100.0,
        phases: Vec::new(),
        faults: vec![Stretch { what: HOSTILE.to_owned(), from: 10.0, to: 40.0 }],
        rides: vec![ride(1, 201), ride(2, 503), ride(3, 422), ride(4, 0)],
        books: Books { wanted: 4, promised: 1, lost: vec![1], ..Books::default() },
        payments: PaymentBooks { failed: 1, reasons: [(HOSTILE.to_owned(), 1)].into(), ..PaymentBooks::default() },
        alarms: vec![AlarmSeen {
            name: "lost-rides".to_owned(),
            urgency: "page".to_owned(),
            on: vec![(60.0, None)],
            reason: HOSTILE.to_owned(),
            clears_after: Some(600.0),
        }],
        grave: Vec::new(),
        mentions: Vec::new(),
        metrics: Vec::new(),
        failures: vec![Failure {
            id: "r".to_owned(),
            at: 2.0,
            status: 503,
            guilty: Some(HOSTILE.to_owned()),
            error: Some(HOSTILE.to_owned()),
            lines: Some(vec![LineSeen { service: "s".to_owned(), level: "WARN".to_owned(), text: HOSTILE.to_owned() }]),
        }],
        traces: vec![TraceSeen {
            why: "slowest".to_owned(),
            id: HOSTILE.to_owned(),
            at: 1.0,
            status: 503,
            duration_ms: 10.0,
            guilty: None,
            spans: vec![span],
        }],
    }
}

fn scenario() -> Scenario {
    Scenario::read(include_str!("../../../tests/data/scenario-small.yaml"), "small.yaml").expect("a scenario")
}

#[test]
fn a_page_needs_nothing_else_and_runs_nothing() {
    let (run, fixed) = (evidence(Variant::Run), evidence(Variant::Fixed));
    let shown = |evidence| Shown { evidence, verdicts: &[] };
    let page = page(&scenario(), shown(&run), Some(shown(&fixed)));
    for outside in ["http://", "https://", "<script", "<link", "@import", "<img", "onerror='"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(!page.contains('\u{0}'));
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
}

#[test]
fn what_colours_say_words_and_patterns_say_too() {
    let run = evidence(Variant::Run);
    let verdict = |passed| Verdict { expected: "a".to_owned(), seen: "b".to_owned(), passed };
    let verdicts = [verdict(true), verdict(false)];
    let page = page(&scenario(), Shown { evidence: &run, verdicts: &verdicts }, None);
    for said in [
        "✔ pass",
        "✘ FAIL",
        "GUILTY",
        "no answer",
        "▲ lost-rides (page)",
        "url(#stripes)",
        "prefers-color-scheme: dark",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn a_fixed_run_stands_beside_the_broken_one() {
    let (run, fixed) = (evidence(Variant::Run), evidence(Variant::Fixed));
    let shown = |evidence| Shown { evidence, verdicts: &[] };
    let alone = page(&scenario(), shown(&run), None).matches("class=\"act\"").count();
    let both = page(&scenario(), shown(&run), Some(shown(&fixed))).matches("class=\"act\"").count();
    assert_eq!((alone, both), (9, 18));
}
