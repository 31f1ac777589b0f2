//! What is read from a profile, and what is refused.

use std::path::Path;

use crate::load::Profile;
use crate::load::flow::{Codes, Expectation, Step};
use crate::load::phase::{Arrivals, Mode};

fn file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../loadtest").join(name)
}

#[test]
fn the_projects_own_profiles_are_read_as_they_are() {
    for (name, rate, seconds, riders) in [("workshop-low.yml", 1.0, 60, 60.0), ("workshop-high.yml", 10.0, 180, 1800.0)]
    {
        let profile = Profile::read(&file(name)).expect("read");
        let [phase] = profile.phases.as_slice() else { panic!("one phase") };
        assert_eq!(phase.arrivals, Arrivals::Rate { from: rate, to: rate, mode: Mode::Uniform });
        assert_eq!((phase.length.as_secs(), phase.expected()), (seconds, riders));
        assert_eq!(profile.timeout.as_secs(), 30);
        assert_eq!(profile.target(|_| None), Ok(None));
        let variable = |name: &str| (name == "TARGET").then(|| "http://127.0.0.1:3000".to_owned());
        assert_eq!(profile.target(variable), Ok(Some("http://127.0.0.1:3000".to_owned())));
        let [Step::Post(request)] = profile.scenarios[0].flow.as_slice() else { panic!("one POST") };
        let latitude = request.json.as_ref().and_then(|json| json.pointer("/PickupLocation/Latitude")).cloned();
        assert_eq!(latitude, Some(42.352_508_622_855_74.into()));
        assert_eq!(request.expect.len(), 3);
        assert_eq!(request.expect[0], Expectation::StatusCode(Codes::One(201)));
        let checks: Vec<_> = profile.ensure.conditions.iter().map(|condition| condition.text.as_str()).collect();
        let whole = format!("http.requests >= {riders}");
        assert_eq!(
            checks,
            ["http.response_time.p99 < 1000", "http.codes.201 == http.requests", &whole, "maxErrorRate <= 0"]
        );
    }
}

const HEAD: &str = "config:\n  phases: [{duration: 1, arrivalRate: 1}]\n";
const FLOW: &str = "scenarios:\n  - flow:\n      - get: {url: /}\n";

#[test]
fn what_artillery_knows_and_this_does_not_is_refused_by_name_and_line() {
    for (text, place, word) in [
        (format!("{HEAD}  tls: {{rejectUnauthorized: false}}\n{FLOW}"), "x.yml:3:3: config.tls", "unknown field `tls`"),
        (format!("{HEAD}  plugins: {{apdex: {{}}}}\n{FLOW}"), "x.yml:3:13: config.plugins.apdex", "`apdex`"),
        (format!("{HEAD}  environments: {{}}\n{FLOW}"), "x.yml:3:3", "`environments`"),
        (format!("{HEAD}  ensure: {{p95: 3}}\n{FLOW}"), "x.yml:3:12: config.ensure.p95", "`p95`"),
        (
            format!("{HEAD}  ensure: {{conditions: [{{expression: a in b}}]}}\n{FLOW}"),
            "x.yml:3:25: config.ensure.conditions[0]",
            "\"in\"",
        ),
        (
            format!("config:\n  phases: [{{duration: 1, arrivalRate: 1, maxVusers: 5}}]\n{FLOW}"),
            "x.yml:2:",
            "`maxVusers`",
        ),
        (format!("{HEAD}scenarios:\n  - flow:\n      - loop: []\n"), "x.yml:5:9: scenarios[0].flow[0].loop", "`loop`"),
        (
            format!("{HEAD}scenarios:\n  - flow:\n      - get: {{url: /, capture: []}}\n"),
            "x.yml:5:23: scenarios[0].flow[0].get.capture",
            "`capture`",
        ),
        (
            format!("{HEAD}scenarios:\n  - flow:\n      - get: {{url: /, expect: [{{maximum: 3}}]}}\n"),
            "x.yml:5:33: scenarios[0].flow[0].get.expect[0].maximum",
            "`maximum`",
        ),
        (format!("{HEAD}scenarios:\n  - flow:\n      - get: {{url: \"/{{{{ id }}}}\"}}\n"), "x.yml: ", "{{ id }}"),
        (format!("{HEAD}scenarios:\n  - engine: ws\n    flow: []\n"), "x.yml:4:5: scenarios[0].engine", "`engine`"),
        (format!("{HEAD}{FLOW}before: {{}}\n"), "x.yml:6:1: before", "`before`"),
    ] {
        let error = Profile::parse(&text, "x.yml").expect_err(&text).to_string();
        assert!(error.starts_with(place) && error.contains(word), "{text}\n{error}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    for (phase, word) in [
        ("{duration: 1}", "arrivalRate"),
        ("{arrivalRate: 1}", "duration"),
        ("{duration: 0, arrivalRate: 1}", "duration"),
        ("{duration: 1, arrivalRate: -1}", "from 0"),
        ("{duration: 1, arrivalRate: 1, arrivalCount: 1}", "one of"),
        ("{pause: 1, duration: 1}", "one of"),
        ("{duration: 1, arrivalRate: 1, mode: bursts}", "bursts"),
        ("{duration: soon, arrivalRate: 1}", "length of time"),
        ("{duration: 24h, arrivalRate: 10000}", "arrivals"),
    ] {
        let text = format!("config:\n  phases:\n    - {phase}\n{FLOW}");
        let error = Profile::parse(&text, "x.yml").expect_err(phase).to_string();
        assert!(error.starts_with("x.yml:3:") && error.contains(word), "{phase}: {error}");
    }
    for (scenarios, word) in [
        ("scenarios: []\n", "there is none"),
        ("scenarios: [{flow: []}]\n", "no request"),
        ("scenarios: [{flow: [think: 1]}]\n", "no request"),
        ("scenarios: [{weight: 0, flow: [get: {url: /}]}]\n", "weight"),
        ("scenarios: [{flow: [get: {url: ride}]}]\n", "slash"),
        ("scenarios: [{flow: [post: {url: /, json: {}, body: x}]}]\n", "not both"),
        ("scenarios: [{flow: [get: {url: /, headers: {\"a b\": c}}]}]\n", "a b"),
    ] {
        let error = Profile::parse(&format!("{HEAD}{scenarios}"), "x.yml").expect_err(scenarios).to_string();
        assert!(error.starts_with("x.yml: ") && error.contains(word), "{scenarios}: {error}");
    }
}

#[test]
fn a_ramp_without_a_rate_begins_at_nothing_and_a_pause_is_a_phase() {
    let text = format!("config:\n  phases: [{{pause: 500ms}}, {{duration: 1m, rampTo: 6}}]\n{FLOW}");
    let phases = Profile::parse(&text, "x.yml").expect("read").phases;
    assert_eq!((phases[0].arrivals, phases[0].length.as_millis()), (Arrivals::Pause, 500));
    assert_eq!(phases[1].arrivals, Arrivals::Rate { from: 0.0, to: 6.0, mode: Mode::Uniform });
    assert_eq!(phases[1].expected(), 180.0);
}

#[test]
fn only_the_target_may_come_from_the_environment() {
    let target = |text: &str| {
        Profile { target: Some(text.to_owned()), ..Profile::read(&file("workshop-low.yml")).expect("read") }
            .target(|_| Some("x".to_owned()))
    };
    assert_eq!(target("http://h"), Ok(Some("http://h".to_owned())));
    assert_eq!(target("{{ $env.A }}"), Ok(Some("x".to_owned())));
    assert!(target("{{ $uuid }}").is_err());
    assert!(target("http://{{ $env.A }}/").is_err());
}
