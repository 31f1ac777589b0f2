use super::*;
use crate::faults::what::{Delay, Effect};
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;

const DICE: Dice<'_> = Dice { seed: 1, service: "request-ride", request: "r-1", attempt: 0 };

fn read(configuration: Value) -> (Flags, Vec<String>) {
    let (flags, complaints) = Flags::read(&configuration).expect("an object");
    (flags, complaints.into_iter().map(|complaint| complaint.key).collect())
}

fn modes(configuration: Value) -> Vec<&'static str> {
    let (flags, complaints) = read(configuration);
    assert_eq!(complaints, <[&str; 0]>::default());
    flags.modes().map(Mode::name).collect()
}

/// The example with all flags of failure-lambda's documentation, switched on or off.
fn every_flag(enabled: bool) -> Value {
    json!({
        "latency": {"enabled": enabled, "percentage": 100, "min_latency": 100, "max_latency": 400},
        "exception": {"enabled": enabled, "percentage": 100, "exception_msg": "Exception message!"},
        "statuscode": {"enabled": enabled, "percentage": 100, "status_code": 404},
        "diskspace": {"enabled": enabled, "percentage": 100, "disk_space": 100},
        "denylist": {"enabled": enabled, "percentage": 50, "deny_list": ["s3.*.amazonaws.com", "dynamodb.*.amazonaws.com"]},
        "timeout": {"enabled": enabled, "percentage": 100, "timeout_buffer_ms": 500},
        "corruption": {"enabled": enabled, "percentage": 30, "body": "{\"error\": \"corrupted\"}"}
    })
}

#[test]
fn the_documented_example_is_read_in_the_order_of_injection() {
    assert_eq!(modes(every_flag(false)), <[&str; 0]>::default());
    let order = ["latency", "timeout", "diskspace", "denylist", "statuscode", "exception", "corruption"];
    assert_eq!(modes(every_flag(true)), order);
}

#[test]
fn a_flag_needs_no_more_than_to_be_switched_on() {
    for mode in Mode::ALL.into_iter().filter(|mode| *mode != Mode::Dependency) {
        assert_eq!(modes(json!({mode.name(): {"enabled": true}})), [mode.name()]);
        assert_eq!(modes(json!({mode.name(): {"enabled": false}})), <[&str; 0]>::default());
    }
    assert_eq!(modes(json!({"dependency": {"enabled": false}})), <[&str; 0]>::default());
}

#[test]
fn defaults_are_those_of_failure_lambda() {
    let all: serde_json::Map<String, Value> =
        Mode::ALL.iter().map(|mode| (mode.name().to_owned(), json!({"enabled": true}))).collect();
    let (flags, _) = read(all.into());
    let decided = flags.decide(&DICE, &json!({}));
    for flag in &decided {
        match &flag.what {
            What::Latency(delay) => assert_eq!(delay.at(0.99), Duration::ZERO),
            What::Timeout(buffer) => assert_eq!(*buffer, Duration::ZERO),
            What::Diskspace(bytes) => assert_eq!(*bytes, 100 * 1024 * 1024),
            What::Denylist(patterns) => assert!(patterns.is_empty()),
            What::Statuscode(status) => assert_eq!(*status, 500),
            What::Exception(message) => assert_eq!(message, "Injected exception"),
            What::Corruption(body) => assert_eq!(*body, None),
            What::Dependency(_) => panic!("it has no default"),
        }
    }
    assert_eq!(decided.len(), 7, "100 percent unless stated");
}

#[test]
fn a_wrong_attribute_is_named_and_leaves_its_flag_out_and_no_other() {
    for (flag, attribute, wrong) in [
        ("latency", "enabled", json!("true")),
        ("latency", "percentage", json!(101)),
        ("latency", "percentage", json!(1.5)),
        ("latency", "percentage", json!(null)),
        ("latency", "min_latency", json!(-1)),
        ("latency", "max_latency", json!("400")),
        ("timeout", "timeout_buffer_ms", json!(-1)),
        ("diskspace", "disk_space", json!(0)),
        ("diskspace", "disk_space", json!(10_241)),
        ("denylist", "deny_list", json!("s3")),
        ("denylist", "deny_list", json!([1])),
        ("denylist", "deny_list[1]", json!(["s3", "("])),
        ("denylist", "deny_list", json!(vec!["s3"; MOST_PATTERNS + 1])),
        ("latency", "match", json!(vec![json!({"path": "a", "operator": "exists"}); MOST_PATTERNS + 1])),
        ("statuscode", "status_code", json!(201)),
        ("statuscode", "status_code", json!(600)),
        ("exception", "exception_msg", json!(7)),
        ("corruption", "body", json!({})),
        ("latency", "match", json!({"path": "a"})),
        ("latency", "match[0].value", json!([{"path": "a"}])),
        ("dependency", "service", json!("dynamo")),
        ("dependency", "fault", json!("slow")),
        ("dependency", "operation", json!(1)),
        ("dependency", "status_code", json!(200)),
    ] {
        let mut configuration = every_flag(true);
        configuration["dependency"] = json!({"enabled": true, "service": "ssm", "fault": "error"});
        let member = attribute.split('[').next().expect("a first part");
        configuration[flag][member] = wrong.clone();
        let (flags, complaints) = read(configuration);
        assert_eq!(complaints, [format!("{flag}.{attribute}")], "{wrong}");
        assert_eq!(flags.modes().count(), 7, "{flag}.{attribute} {wrong}");
        assert!(flags.modes().all(|mode| mode.name() != flag));
    }
    let (_, complaints) = read(json!({"latency": {"enabled": true, "min_latency": 5, "max_latency": 4}}));
    assert_eq!(complaints, ["latency.max_latency"]);
    let (_, complaints) = read(json!({"latency": true, "timeout": [], "exception": {}}));
    assert_eq!(complaints, ["latency", "timeout", "exception.enabled"]);
    let (_, complaints) = read(json!({"dependency": {"enabled": true}}));
    assert_eq!(complaints, ["dependency.service", "dependency.fault"]);
}

#[test]
fn a_key_that_nobody_knows_is_told_and_passed_over() {
    let (flags, complaints) = read(json!({"latancy": {"enabled": true}, "latency": {"enabled": true, "min": 5}}));
    assert_eq!(complaints, ["latancy", "latency.min"]);
    assert_eq!(flags.modes().collect::<Vec<_>>(), [Mode::Latency]);
    let (flags, complaints) = read(json!({"isEnabled": true, "failureMode": "latency", "rate": 1}));
    assert_eq!((complaints.len(), flags.modes().count()), (3, 0));
}

#[test]
fn what_is_no_object_is_unreadable() {
    for text in ["", "{", "[]", "null", "7", "\"latency\""] {
        assert!(Flags::parse(text).is_err(), "{text}");
    }
    assert!(Flags::parse("{}").is_ok_and(|(flags, complaints)| flags.modes().count() == 0 && complaints.is_empty()));
}

#[test]
fn a_seed_is_a_whole_number() {
    assert_eq!(read(json!({"seed": 18_446_744_073_709_551_615_u64})).0.seed, Some(u64::MAX));
    for wrong in [json!(-1), json!(1.5), json!("1"), json!(null)] {
        let (flags, complaints) = read(json!({"seed": wrong}));
        assert_eq!((flags.seed, complaints), (None, vec!["seed".to_owned()]), "{wrong}");
    }
}

#[test]
fn a_dependency_is_a_service_an_operation_and_what_happens() {
    let of = |more: Value| {
        let mut flag = json!({"enabled": true, "service": "dynamodb"});
        flag.as_object_mut().expect("one").extend(more.as_object().expect("one").clone());
        let (flags, complaints) = read(json!({"dependency": flag}));
        assert_eq!(complaints, <[&str; 0]>::default());
        match flags.enabled[0].what.clone() {
            What::Dependency(dependency) => dependency,
            other => panic!("{other:?}"),
        }
    };
    let slow = of(json!({"operation": "PutItem", "fault": "latency", "min_latency": 10, "max_latency": 20}));
    assert!(slow.is_about("dynamodb", "PutItem"));
    assert!(!slow.is_about("dynamodb", "Scan") && !slow.is_about("ssm", "PutItem"));
    let Effect::Latency(delay) = slow.effect else { panic!("{slow:?}") };
    assert_eq!((delay.at(0.0).as_millis(), delay.at(0.5).as_millis()), (10, 15));
    let every = of(json!({"fault": "throttle"}));
    assert!(every.is_about("dynamodb", "Scan") && every.effect == Effect::Throttle);
    assert_eq!(
        of(json!({"fault": "error", "status_code": 503})).effect,
        Effect::Error(http::StatusCode::SERVICE_UNAVAILABLE)
    );
}

#[test]
fn all_conditions_must_hold() {
    let flag = json!({"latency": {"enabled": true, "match": [
        {"path": "httpMethod", "value": "POST"}, {"path": "headers.x-chaos", "operator": "exists"},
    ]}});
    let (flags, _) = read(flag);
    let counts = |event: Value| flags.decide(&DICE, &event).len();
    assert_eq!(counts(json!({"httpMethod": "POST", "headers": {"x-chaos": "1"}})), 1);
    assert_eq!(counts(json!({"httpMethod": "POST", "headers": {}})), 0);
    assert_eq!(counts(json!({"httpMethod": "GET", "headers": {"x-chaos": "1"}})), 0);
}

/// JSON that looks like a configuration, right or wrong.
fn configuration() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-10_i64..700).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z(\\[*+.]{0,6}".prop_map(Value::from),
        Just(json!(["s3", "(a+)+"])),
        Just(json!([{"path": "a.b", "value": "c"}, {"path": "d", "operator": "exists"}])),
    ];
    let keys = COMMON.into_iter().chain(Mode::ALL.into_iter().flat_map(|mode| mode.attributes().iter().copied()));
    let keys: Vec<&'static str> = keys.collect();
    let flag = proptest::collection::btree_map(proptest::sample::select(keys), scalar.clone(), 0..6);
    let flag = flag.prop_map(|flag| json!(flag));
    let names: Vec<&'static str> = Mode::ALL.iter().map(|mode| mode.name()).chain(["seed", "isEnabled", "x"]).collect();
    proptest::collection::btree_map(proptest::sample::select(names), prop_oneof![flag, scalar], 0..6)
        .prop_map(|flags| json!(flags))
}

proptest! {
    #[test]
    fn whatever_is_configured_is_read_the_same_twice_and_decides_the_same(configuration in configuration(), id in "[a-z0-9-]{1,20}") {
        let text = configuration.to_string();
        let (one, told) = Flags::parse(&text).expect("an object");
        let (other, told_again) = Flags::parse(&text).expect("an object");
        prop_assert_eq!(told, told_again);
        let dice = Dice { request: &id, ..DICE };
        let decided = |flags: &Flags| {
            flags.decide(&dice, &configuration).iter().map(|flag| flag.what.mode()).collect::<Vec<_>>()
        };
        prop_assert_eq!(decided(&one), decided(&other));
        prop_assert!(decided(&one).is_sorted());
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = Flags::parse(&text);
    }

    #[test]
    fn a_delay_is_between_its_ends(min in 0.0..2e6_f64, more in 0.0..2e6_f64, throw in 0.0..1.0_f64) {
        let configuration = json!({"latency": {"enabled": true, "min_latency": min, "max_latency": min + more}});
        let (flags, _) = read(configuration);
        let What::Latency(delay) = &flags.enabled[0].what else { panic!("latency") };
        let delay: &Delay = delay;
        let ms = delay.at(throw).as_millis() as f64;
        prop_assert!(ms <= 900_000.0 && ms <= min + more && (ms >= min.floor() || ms == 900_000.0), "{}", ms);
    }
}

#[test]
fn a_key_without_a_name_is_told_too() {
    let (flags, complaints) = Flags::parse(r#"{"": 1}"#).expect("an object");
    assert_eq!(flags.modes().count(), 0);
    assert_eq!(complaints.iter().map(ToString::to_string).collect::<Vec<_>>(), ["(no name) is no flag"]);
}
