//! Faults on purpose: impossible in production, off unless asked for, and real where they are on.

use std::collections::BTreeSet;
use std::process::{Command, Output};
use std::time::Duration;

use http::Method;
use lab::assembly::Lab;
use lab::switches::{Order, Wrong};
use lab::template::{Inputs, Stack, Template, TemplateError};
use serde_json::{Value, json};

use crate::client::{Answer, RIDE, post, send};
use crate::payments::until;
use crate::stack::{self, Variation, eventually, rows, url};

const PARAMETER: &str = "/wild-rydes/dev/faults";
/// The functions that faults can be injected into.
const FAULTY: [&str; 5] = [
    "PutRideRecordFunction",
    "RequestRideFunction",
    "RequestUnicornFunction",
    "PlacePaymentFunction",
    "ProcessPaymentFunction",
];

fn resolved(template: &str, parameters: &[(&str, &str)]) -> Result<Stack, TemplateError> {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Template::parse(template, "template.yaml")?.resolve(&Inputs {
        stack_name: "wild-rydes".to_owned(),
        region: "eu-west-1".to_owned(),
        account_id: "123456789012".to_owned(),
        parameters,
        api_origin: "http://127.0.0.1:3000".to_owned(),
    })
}

/// Everything in a stack that has to do with faults: parameters, variables, rights.
fn traces_of_faults(stack: &Stack) -> Vec<String> {
    let parameters = stack.ssm_parameters.values().map(|parameter| parameter.name.clone());
    let variables = stack.functions.values().flat_map(|function| {
        let failure = function.environment.keys().filter(|name| name.starts_with("FAILURE_"));
        failure.map(|name| format!("{} {name}", function.logical_id))
    });
    let rights = stack.roles.iter().flat_map(|(id, role)| {
        let on_faults = role.statements.iter().filter(|statement| statement.to_string().contains("/faults"));
        on_faults.map(move |statement| format!("{id} {}", statement["Action"]))
    });
    parameters.filter(|name| name.ends_with("/faults")).chain(variables).chain(rights).collect()
}

const PRODUCTION: [(&str, &str); 3] =
    [("Stage", "prod"), ("CorsOrigin", "https://www.example.com"), ("FinanceUrl", "https://finance.example.com")];

#[test]
fn production_has_no_parameter_no_variable_and_no_right_and_neither_has_a_stage_that_asks_for_none() {
    let template = stack::template();
    for parameters in [&PRODUCTION[..], &[], &[("Stage", "staging"), ("FaultInjection", "off")]] {
        let stack = resolved(&template, parameters).expect("resolves");
        assert_eq!(traces_of_faults(&stack), <[&str; 0]>::default(), "{parameters:?}");
    }
}

#[test]
fn production_refuses_faults_and_would_have_none_even_without_the_rule() {
    let template = stack::template();
    let asked: Vec<_> = PRODUCTION.into_iter().chain([("FaultInjection", "on")]).collect();
    let error = resolved(&template, &asked).expect_err("refused").to_string();
    assert!(error.contains("ProductionHasNoFaults") && error.contains("FaultInjection"), "{error}");
    let rule = "      - Assert: !Equals [!Ref FaultInjection, \"off\"]\n";
    assert!(template.contains(rule));
    let ruleless = template.replace(rule, "      - Assert: !Equals [a, a]\n");
    let stack = resolved(&ruleless, &asked).expect("nothing refuses it");
    assert_eq!(traces_of_faults(&stack), <[&str; 0]>::default());
}

#[test]
fn a_stage_that_asks_for_them_has_one_parameter_and_six_functions_that_may_read_it() {
    let stack = resolved(&stack::template(), &[("Stage", "staging"), ("FaultInjection", "on")]).expect("resolves");
    let name = "/wild-rydes/staging/faults";
    assert_eq!(stack.ssm_parameters["FaultsParameter"].name, name);
    assert_eq!(stack.ssm_parameters["FaultsParameter"].value, "{}");
    let arn = format!("arn:aws:ssm:eu-west-1:123456789012:parameter{name}");
    for (id, function) in &stack.functions {
        let role = stack.roles.values().find(|role| Some(&role.arn) == function.role_arn.as_ref()).expect("a role");
        let may = role.statements.iter().filter(|statement| statement["Resource"] == arn.as_str());
        let may: Vec<&Value> = may.map(|statement| &statement["Action"]).collect();
        let expected = FAULTY.contains(&id.as_str());
        assert_eq!(
            function.environment.get("FAILURE_INJECTION_PARAM"),
            expected.then(|| name.to_owned()).as_ref(),
            "{id}"
        );
        // The operations page shows them; nothing is injected into it.
        let reads = expected || id == "OpsFunction";
        assert_eq!(may, if reads { vec!["ssm:GetParameter"] } else { vec![] }, "{id}");
    }
}

/// A lab whose functions read their faults with every request.
fn faulty() -> Variation {
    Variation::default().parameter("FaultInjection", "on").changed(|stack| {
        for id in FAULTY {
            let function = stack.functions.get_mut(id).expect("a function");
            function.environment.insert("FAILURE_CACHE_TTL".to_owned(), "0".to_owned());
        }
        // Long enough for a request, short enough to run into.
        stack.functions.get_mut("RequestUnicornFunction").expect("a function").timeout = Duration::from_millis(1_500);
    })
}

fn inject(lab: &Lab, faults: &Value) {
    lab.ssm.put(PARAMETER, "String", &faults.to_string());
}

/// A flag for the requests of one route.
fn at(route: &str, more: Value) -> Value {
    let mut flag = json!({"enabled": true, "match": [{"path": "requestContext.resourcePath", "value": route}]});
    flag.as_object_mut().expect("one").extend(more.as_object().expect("one").clone());
    flag
}

async fn book(lab: &Lab) -> Answer {
    post(&url(lab, "/ride"), RIDE).await
}

fn logged(lab: &Lab, text: &str) -> usize {
    lab.logs.lines().iter().filter(|line| line.text.contains(text)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_begin_and_end_with_the_parameter_and_are_real() {
    let lab = faulty().start().await;
    assert_eq!(book(&lab).await.status, 201);
    inject(&lab, &json!({"statuscode": at("/ride", json!({"status_code": 418}))}));
    let answer = book(&lab).await;
    assert_eq!((answer.status.as_u16(), answer.json()["message"].as_str()), (418, Some("Injected status code 418")));

    // The function fails, and the gateway answers for it.
    inject(&lab, &json!({"exception": at("/ride", json!({"exception_msg": "on purpose"}))}));
    assert_eq!(book(&lab).await.status, 502);

    // A body that is no unicorn is no unicorn.
    inject(&lab, &json!({"corruption": at("/unicorn", json!({"body": "{\"Name\":\"\"}"}))}));
    assert_eq!(book(&lab).await.status, 503);

    // Lambda ends the invocation, three times, for the caller tries again.
    inject(&lab, &json!({"timeout": at("/unicorn", json!({}))}));
    assert_eq!(book(&lab).await.status, 503);
    stack::eventually("the platform says so", || {
        logged(&lab, "Task timed out") + logged(&lab, "\"status\":\"timeout\"") > 0
    })
    .await;

    let before = rows(&lab).await.len();
    let throttle = json!({"enabled": true, "service": "dynamodb", "operation": "PutItem", "fault": "throttle"});
    inject(&lab, &json!({"dependency": throttle}));
    assert_eq!(book(&lab).await.status, 503);
    inject(&lab, &json!({"denylist": at("/record", json!({"deny_list": ["127"]}))}));
    assert_eq!(book(&lab).await.status, 503);
    assert_eq!(rows(&lab).await.len(), before, "nothing was stored");

    inject(&lab, &json!({}));
    assert_eq!(book(&lab).await.status, 201);
    for fault in ["statuscode", "exception", "corruption", "timeout", "dependency", "denylist"] {
        let counted = || logged(&lab, &format!("\"fault\":\"{fault}\",\"FaultsInjected\":1")) > 0;
        eventually(&format!("{fault} is counted"), counted).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_configuration_hurts_nobody_and_only_five_functions_ask_for_it() {
    let lab = faulty().start().await;
    lab.ssm.put(PARAMETER, "String", "no json");
    assert_eq!(book(&lab).await.status, 201);
    assert!(logged(&lab, "no faults are injected") > 0);
    let readers = || -> BTreeSet<_> {
        let calls = lab.calls.all();
        let reads = calls.iter().filter(|call| call.resource.ends_with(&format!("parameter{PARAMETER}")));
        reads.map(|call| (call.function.clone().expect("a function"), call.status)).collect()
    };
    let names = ["place-payment", "process-payment", "put-ride-record", "request-ride", "request-unicorn"];
    let expected = BTreeSet::from(names.map(|name| (format!("wild-rydes-dev-{name}"), 200)));
    eventually("the ride is paid for, and nobody else asks", || readers() == expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_parameter_no_function_asks_for_faults() {
    let lab = stack::start().await;
    assert_eq!(book(&lab).await.status, 201);
    // Two of the five work after the answer.
    until(&lab, "/dev/count", "the ride is paid for", |count| count["complete"] == 1).await;
    assert!(lab.calls.all().iter().all(|call| !call.resource.ends_with("/faults")));
}

/// The statuses of rides with these ids.
async fn run(seed: u64) -> Vec<u16> {
    let lab = faulty().start().await;
    let flag = json!({"enabled": true, "percentage": 40, "status_code": 500});
    inject(&lab, &json!({"seed": seed, "statuscode": flag}));
    let mut statuses = Vec::new();
    for ride in 0..20 {
        let id = format!("ride-{ride}");
        let headers = [("content-type", "application/json"), ("x-request-id", id.as_str())];
        statuses.push(send(Method::POST, &url(&lab, "/ride"), &headers, RIDE).await.status.as_u16());
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_replays_a_run_over_all_functions_and_their_retries() {
    let first = run(11).await;
    assert_eq!(first, run(11).await);
    assert!(first.contains(&201) && first.contains(&500), "{first:?}");
    assert_ne!(first, run(12).await);
}

/// `cargo lab faults`, against an SSM that is AWS's as far as it knows.
async fn faults(endpoint: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.current_dir(stack::workspace()).arg("faults").args(arguments);
    command.env("AWS_ENDPOINT_URL_SSM", endpoint).env("AWS_REGION", "eu-west-1");
    command.env("AWS_ACCESS_KEY_ID", "operator").env("AWS_SECRET_ACCESS_KEY", "secret");
    command.env("LAB_STATE_DIR", std::env::temp_dir().join(format!("lab-{}", uuid::Uuid::new_v4())));
    let output = tokio::task::spawn_blocking(move || command.output().expect("runs")).await.expect("ends");
    let Output { status, stdout, stderr } = output;
    (status.success(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_writes_what_is_right_and_names_what_is_not() {
    let lab = faulty().start().await;
    let run = async |arguments: &[&str]| {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--aws", "--stage", "dev"]).collect();
        faults(&lab.endpoints.ssm, &arguments).await
    };
    let stored = || serde_json::from_str::<Value>(&lab.ssm.get(PARAMETER).expect("a value")).expect("JSON");
    assert_eq!(run(&["status"]).await, (true, "No faults.\n".to_owned()));
    let status = ["enable", "statuscode", "--set", "status_code=404", "--percentage", "100", "--seed", "5"];
    let (good, said) = run(&status).await;
    assert!(good && said.contains("seed 5"), "{said}");
    assert_eq!(stored(), json!({"seed": 5, "statuscode": {"enabled": true, "percentage": 100, "status_code": 404}}));
    assert_eq!(book(&lab).await.status, 404);
    let (good, said) = run(&["enable", "latency", "--set", "min_latency=9", "--set", "max_latency=8"]).await;
    assert!(!good && said.contains("latency.max_latency"), "{said}");
    assert!(run(&["enable", "latancy"]).await.1.contains("no such flag"));
    assert_eq!(stored()["latency"], Value::Null, "nothing was written");
    let (_, said) = run(&["status"]).await;
    assert_eq!(said, "seed 5\nstatuscode  on   percentage=100 status_code=404\n");
    assert!(run(&["disable", "statuscode"]).await.0);
    assert_eq!(stored()["statuscode"]["enabled"], false);
    assert_eq!(book(&lab).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_changes_at_once_none_is_lost() {
    let lab = faulty().start().await;
    // All have read before the first of them writes.
    let order = Order {
        trouble: Some(Wrong::Slow { ms: 700 }),
        operation: Some("PutParameter".to_owned()),
        ..Order::default()
    };
    lab.switches.carry_out(&order).expect("carried out");
    let flags = ["latency", "exception", "corruption", "timeout"];
    let endpoint = lab.endpoints.ssm.as_str();
    let changes = flags.map(|flag| async move {
        faults(endpoint, &["enable", flag, "--percentage", "0", "--aws", "--stage", "dev"]).await
    });
    for (good, said) in futures_util::future::join_all(changes).await {
        assert!(good, "{said}");
    }
    let stored: Value = serde_json::from_str(&lab.ssm.get(PARAMETER).expect("a value")).expect("JSON");
    for flag in flags {
        assert_eq!(stored[flag]["enabled"], true, "{stored}");
    }
    let written = lab.calls.all().iter().filter(|call| call.action == "ssm:PutParameter").count();
    assert!(written > flags.len(), "they met: {written} writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_leaves_production_and_stacks_without_the_parameter_alone() {
    let lab = stack::start().await;
    let endpoint = lab.endpoints.ssm.as_str();
    for stage in ["prod", "production"] {
        let (good, said) = faults(endpoint, &["enable", "exception", "--aws", "--stage", stage]).await;
        assert!(!good && said.contains("production"), "{said}");
    }
    let (good, said) = faults(endpoint, &["enable", "exception", "--aws", "--stage", "dev"]).await;
    assert!(!good && said.contains("FaultInjection=on"), "{said}");
    assert_eq!(lab.ssm.get(PARAMETER), None, "no parameter was made");
    assert!(faults(endpoint, &["status", "--aws"]).await.1.contains("--stage"));
    let (good, said) = faults(endpoint, &["status"]).await;
    assert!(!good && said.contains("no lab runs here"), "{said}");
    let calls = lab.calls.all();
    let asked = calls.iter().filter(|call| call.function.is_none() && call.action.starts_with("ssm:"));
    assert_eq!(asked.count(), 1, "production was not even asked for");
}
