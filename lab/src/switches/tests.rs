use std::collections::BTreeMap;

use super::*;
use crate::aws::Guard;
use crate::clock::Clock;
use crate::cloudwatch::Metrics;
use crate::dynamodb::Throughput;
use crate::instruments::Instruments;
use crate::keyring::Keyring;
use crate::lambda::Endpoints;
use crate::logs::Logs;
use crate::observation::Requests;
use crate::task::DropTask;
use crate::template::Function;
use crate::xray::XRay;

async fn switches() -> (Switches, DropTask) {
    let (dynamodb, engine) = DynamoDb::open(None, "arn:aws:dynamodb:r:a", Guard::default()).await.expect("opens");
    let ssm = Ssm::new("r", "a", std::iter::empty(), Guard::default());
    ssm.put("/fleet/URL", "String", "http://127.0.0.1");
    let target = |id: &str, kind, name: &str| Target {
        id: id.to_owned(),
        kind,
        name: name.to_owned(),
        arn: format!("arn:of:{name}"),
    };
    let targets = vec![
        target("RidesTable", Kind::Table, "rides"),
        target("FleetUrl", Kind::Parameter, "/fleet/URL"),
        target("Payments", Kind::Queue, "payments"),
        target("RideFunction", Kind::Function, "request-ride"),
    ];
    let sqs = Sqs::new("r", "a", std::iter::empty(), Guard::default());
    let means = Means { dynamodb, ssm, sqs, lambda: lambda(), pipes: DesiredStates::default() };
    (Switches { means, targets }, engine)
}

/// With a function that no test here invokes.
fn lambda() -> Arc<Lambda> {
    let function = Function {
        logical_id: "RideFunction".to_owned(),
        name: "request-ride".to_owned(),
        arn: "arn:of:request-ride".to_owned(),
        binary: "request-ride".to_owned(),
        code_uri: String::new(),
        handler: "bootstrap".to_owned(),
        runtime: "provided.al2023".to_owned(),
        timeout: Duration::from_secs(25),
        memory_mb: 128,
        environment: BTreeMap::from([("STAGE".to_owned(), "dev".to_owned())]),
        reserved_concurrency: None,
        log_group: String::new(),
        role_arn: None,
        tracing: false,
    };
    let nowhere = || "http://127.0.0.1:9".to_owned();
    let endpoints = Endpoints {
        region: "r".to_owned(),
        dynamodb: nowhere(),
        ssm: nowhere(),
        sqs: nowhere(),
        cloudwatch: nowhere(),
        xray_daemon: "127.0.0.1:9".to_owned(),
        other: nowhere(),
        keyring: Keyring::default(),
    };
    let instruments = Instruments {
        metrics: Metrics::default(),
        clock: Clock::starting_now(1),
        xray: XRay::new(std::iter::empty()),
        requests: Requests::default(),
    };
    let functions = BTreeMap::from([("RideFunction".to_owned(), function)]);
    let binaries = BTreeMap::from([("request-ride".to_owned(), "/bin/false".into())]);
    Arc::new(Lambda::start(&functions, &binaries, endpoints, Logs::default(), instruments).expect("starts"))
}

fn order(resource: &str, trouble: Wrong) -> Order {
    Order { resource: Some(resource.to_owned()), trouble: Some(trouble), ..Order::default() }
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused_by_name() {
    let (switches, _engine) = switches().await;
    let units = |read, write, burst| Wrong::Capacity(Throughput { read, write, burst });
    let disorder = |duplicates| Wrong::Disorder(Disorder { duplicates, ..Disorder::default() });
    let good = order("RidesTable", Wrong::Fail);
    let operation = |operation: &str| Some(operation.to_owned());
    for (order, named) in [
        (
            order("Rides", Wrong::Fail),
            "no table, parameter, queue, function or pipe \"Rides\"; it has RidesTable, FleetUrl, Payments, RideFunction",
        ),
        (order("RidesTable", disorder(0.5)), "RidesTable is a table"),
        (order("Payments", disorder(1.5)), "\"duplicates\" is 1.5"),
        (order("FleetUrl", units(1, 1, None)), "FleetUrl is a parameter"),
        (order("RidesTable", Wrong::Value("x".to_owned())), "RidesTable is a table"),
        (Order { resource: None, ..order("", units(1, 1, None)) }, "\"capacity\" needs a \"resource\""),
        (order("RidesTable", units(0, 1, None)), "\"read\" is 0"),
        (order("RidesTable", units(1, 40_001, None)), "\"write\" is 40001"),
        (order("RidesTable", units(1, 1, Some(301))), "\"burst\" is 301"),
        (order("RidesTable", Wrong::Slow { ms: 0 }), "\"ms\" is 0"),
        (order("RidesTable", Wrong::Late { ms: 600_001 }), "\"ms\" is 600001"),
        (Order { share: Some(0.0), ..good.clone() }, "\"share\" is 0"),
        (Order { share: Some(1.1), ..good.clone() }, "\"share\" is 1.1"),
        (Order { share: Some(f64::NAN), ..good.clone() }, "\"share\" is NaN"),
        (Order { seed: Some(1), ..good.clone() }, "\"seed\" says nothing without a \"share\" or \"kill_every\""),
        (Order { operation: operation("PutItm"), ..good.clone() }, "no operation \"PutItm\""),
        (Order { operation: operation("GetParameter"), ..good.clone() }, "no operation \"GetParameter\""),
        (Order { operation: operation("PutItem"), ..order("RidesTable", units(1, 1, None)) }, "\"operation\" says"),
        (Order { share: Some(0.5), ..order("RidesTable", units(1, 1, None)) }, "\"share\" says"),
        (Order { trouble: None, share: Some(0.5), ..good.clone() }, "\"share\" says"),
        (
            order("RideFunction", Wrong::Fail),
            "RideFunction is a function, and only a table or a parameter or a queue has \"fail\"; a function has seats, slow_init",
        ),
        (order("RidesTable", Wrong::Stopped), "RidesTable is a table, and only a pipe has \"stopped\""),
        (order("RidesTable", Wrong::Seats(1)), "RidesTable is a table, and only a function has \"seats\""),
        (order("FleetUrl", Wrong::DiskFull), "FleetUrl is a parameter"),
        (Order { resource: None, ..order("", Wrong::DiskFull) }, "\"disk_full\" needs a \"resource\""),
        (Order { share: Some(0.5), ..order("RideFunction", Wrong::Seats(1)) }, "\"share\" says"),
        (Order { seed: Some(1), ..order("RideFunction", Wrong::Seats(1)) }, "\"seed\" says"),
        (Order { operation: operation("Invoke"), ..order("RideFunction", Wrong::Seats(1)) }, "\"operation\" says"),
        (
            Order { operation: operation("Invoke"), trouble: None, ..order("RideFunction", Wrong::Fail) },
            "\"operation\" says",
        ),
        (order("RideFunction", Wrong::Seats(901)), "\"seats\" is 901"),
        (order("RideFunction", Wrong::SlowInit { ms: 600_001 }), "\"ms\" is 600001"),
        (order("RideFunction", Wrong::Memory { mb: 0 }), "\"mb\" is 0"),
        (order("RideFunction", Wrong::Timeout { seconds: 901 }), "\"seconds\" is 901"),
        (order("RideFunction", Wrong::KillEvery { ms: 0 }), "\"ms\" is 0"),
        (order("RideFunction", variables(&[])), "\"environment\" is empty"),
        (order("RideFunction", variables(&["AWS_ENDPOINT_URL_DYNAMODB"])), "none of the platform's"),
        (order("RideFunction", variables(&["STAGE", "2ND"])), "\"environment\" is 2ND"),
        (
            order("RideFunction", gone("STAEG")),
            "RideFunction has no variable \"STAEG\" that could be taken away; it has STAGE",
        ),
    ] {
        let refused = switches.carry_out(&order).expect_err("refused").to_string();
        assert!(refused.contains(named), "{refused:?} should say {named:?}");
    }
    let before = switches.means.dynamodb.switch.before("dynamodb:PutItem", &["arn:of:rides".to_owned()]).await;
    assert_eq!(before, None, "a refused order changes nothing");
    assert_eq!(switches.means.lambda.function("RideFunction"), lambda().function("RideFunction"));
}

fn variables(names: &[&str]) -> Wrong {
    Wrong::Environment(names.iter().map(|name| ((*name).to_owned(), Some("x".to_owned()))).collect())
}

fn gone(name: &str) -> Wrong {
    Wrong::Environment(BTreeMap::from([(name.to_owned(), None)]))
}

#[tokio::test]
async fn who_typed_options_is_refused_in_their_words() {
    let (switches, _engine) = switches().await;
    let units = Wrong::Capacity(Throughput { read: 0, write: 1, burst: None });
    let good = order("RidesTable", Wrong::Fail);
    for (order, said) in [
        (order("RidesTable", units), "read of --capacity is 0; it is 1 to 40000 units a second"),
        (order("RideFunction", Wrong::SlowInit { ms: 0 }), "--slow-init is 0; it is 1 to 600000 milliseconds"),
        (order("RideFunction", Wrong::Memory { mb: 0 }), "--memory is 0; it is 1 to 10240 megabytes"),
        (order("RideFunction", Wrong::Seats(901)), "--seats is 901; it is 0 to 900"),
        (order("RideFunction", variables(&["2ND"])), "--env is 2ND; it is a letter"),
        (Order { share: Some(1.1), ..good.clone() }, "--share is 1.1; it is more than 0 and at most 1"),
        (Order { seed: Some(1), ..good }, "--seed says nothing without --share or --kill-every"),
        (
            Order { share: Some(0.5), ..order("RideFunction", Wrong::DiskFull) },
            "--share says nothing without --unavailable, --throttle, --slow, --late or none",
        ),
        (
            order("RideFunction", Wrong::Fail),
            "RideFunction is a function, and only a table or a parameter or a queue fails without an option; a function has \
             --seats, --slow-init, --disk-full, --memory, --timeout, --env, --kill-every",
        ),
        (order("RidesTable", Wrong::Seats(1)), "only a function has --seats; a table has --unavailable, --throttle"),
    ] {
        let refused = switches.carry_out(&order).expect_err("refused").in_options();
        assert!(refused.contains(said), "{refused:?} should say {said:?}");
    }
}

#[tokio::test]
async fn what_an_order_gave_a_later_one_can_take() {
    let (switches, _engine) = switches().await;
    switches.carry_out(&order("RideFunction", variables(&["MODE"]))).expect("carried out");
    switches.carry_out(&order("RideFunction", gone("MODE"))).expect("carried out");
    let again = switches.carry_out(&order("RideFunction", gone("MODE"))).expect_err("refused");
    assert!(matches!(&again, Refusal::NoSuchVariable { asked, .. } if asked == "MODE"), "{again}");
}

#[tokio::test]
async fn a_function_has_several_troubles_until_it_is_mended() {
    let (switches, _engine) = switches().await;
    let mut wrongs = vec![Wrong::Seats(2), Wrong::Timeout { seconds: 3 }, variables(&["MODE"]), gone("STAGE")];
    if cfg!(target_os = "linux") {
        wrongs.push(Wrong::Memory { mb: 64 });
    }
    for wrong in wrongs {
        switches.carry_out(&order("RideFunction", wrong)).expect("carried out");
    }
    let function = switches.means.lambda.function("RideFunction").expect("a function");
    assert_eq!((function.reserved_concurrency, function.timeout), (Some(2), Duration::from_secs(3)));
    assert_eq!(function.memory_mb, if cfg!(target_os = "linux") { 64 } else { 128 });
    assert_eq!(function.environment, BTreeMap::from([("MODE".to_owned(), "x".to_owned())]));
    // Whether by its name or with everything else.
    for mend in [Order { resource: Some("RideFunction".to_owned()), ..Order::default() }, Order::default()] {
        switches.carry_out(&mend).expect("carried out");
        assert_eq!(switches.means.lambda.function("RideFunction"), lambda().function("RideFunction"));
        switches.carry_out(&order("RideFunction", Wrong::Seats(2))).expect("carried out");
    }
}

#[cfg(not(target_os = "linux"))]
#[tokio::test]
async fn what_this_system_cannot_do_is_refused_by_name() {
    let (switches, _engine) = switches().await;
    let refused = switches.carry_out(&order("RideFunction", Wrong::DiskFull)).expect_err("refused");
    assert_eq!(refused, Refusal::NotHere("disk_full"));
}

#[tokio::test]
async fn a_parameter_that_was_overwritten_gets_its_value_back() {
    let (switches, _engine) = switches().await;
    for hostile in ["http://one.example", "http://two.example"] {
        switches.carry_out(&order("FleetUrl", Wrong::Value(hostile.to_owned()))).expect("carried out");
        assert_eq!(switches.means.ssm.get("/fleet/URL").as_deref(), Some(hostile));
    }
    for _ in 0..2 {
        switches.carry_out(&Order::default()).expect("carried out");
        assert_eq!(switches.means.ssm.get("/fleet/URL").as_deref(), Some("http://127.0.0.1"));
    }
}

#[tokio::test]
async fn an_order_without_a_resource_is_for_all_that_have_its_operation() {
    let (switches, _engine) = switches().await;
    let put = Order { trouble: Some(Wrong::Fail), operation: Some("PutItem".to_owned()), ..Order::default() };
    switches.carry_out(&put).expect("carried out");
    let rides = ["arn:of:rides".to_owned()];
    assert!(switches.means.dynamodb.switch.before("dynamodb:PutItem", &rides).await.is_some());
    assert!(switches.means.dynamodb.switch.before("dynamodb:GetItem", &rides).await.is_none());
    assert!(switches.means.ssm.switch.before("ssm:GetParameter", &["arn:of:/fleet/URL".to_owned()]).await.is_none());
}
