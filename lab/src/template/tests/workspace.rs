//! The project's own template: what every choice of its parameters comes to.

use std::collections::BTreeSet;

use super::*;

const TEMPLATE: &str = include_str!("../../../../template.yaml");

fn stack(parameters: &[(&str, &str)]) -> Stack {
    resolve(TEMPLATE, parameters).unwrap_or_else(|error| panic!("{parameters:?}: {error}"))
}

#[test]
fn it_resolves_whatever_is_chosen() {
    let production =
        [("Stage", "prod"), ("CorsOrigin", "https://www.example.com"), ("FinanceUrl", "https://finance.example.com")];
    for parameters in [
        &[][..],
        &production,
        &[("TableBillingMode", "PROVISIONED"), ("ReadCapacityUnits", "3")],
        &[("ReservedConcurrency", "0"), ("Architecture", "x86_64")],
        &[("ApiGatewayLogRole", "existing")],
        &[("RiderAuth", "cognito")],
        &[("WebAclArn", "arn:aws:wafv2:eu-west-2:123456789012:regional/webacl/rides/0a1b-2c")],
        &[("LogLevel", "trace"), ("LogRetentionDays", "1")],
        &[("FinanceUrl", "https://finance.example.com")],
        &[
            ("PageEmail", "a@example.com"),
            ("TicketEmail", "b@example.com"),
            ("LatencyBudgetMs", "800"),
            ("Release", "1.2"),
        ],
    ] {
        let stack = stack(parameters);
        // Without a finance service there is the simulator, with a table of its own.
        let simulated = usize::from(!parameters.iter().any(|(name, _)| *name == "FinanceUrl"));
        assert_eq!(stack.functions.len(), 8 + simulated, "{parameters:?}");
        assert_eq!(stack.tables.len(), 5 + simulated, "{parameters:?}");
        assert_eq!(
            (stack.queues.len(), stack.pipes.len(), stack.event_source_mappings.len()),
            (3, 1, 1),
            "{parameters:?}"
        );
        assert_eq!(stack.custom_resources.len(), 1, "{parameters:?}");
    }
}

#[test]
fn its_urls_are_the_lab_s_unless_a_base_url_is_chosen() {
    let url = |stack: &Stack, id: &str| stack.ssm_parameters[id].value.clone();
    let local = stack(&[]);
    assert_eq!(url(&local, "RideRecordUrlParameter"), "http://127.0.0.1:3000/dev/record");
    assert_eq!(url(&local, "RideFleetUrlParameter"), "http://127.0.0.1:3000/dev/unicorn");
    assert_eq!(url(&local, "FinanceUrlParameter"), "http://127.0.0.1:3000/dev/finance/ProcessPayment");
    let custom = stack(&[("ApiBaseUrl", "https://rides.example.com")]);
    assert_eq!(url(&custom, "RideRecordUrlParameter"), "https://rides.example.com/record");
    assert_eq!(url(&custom, "FinanceUrlParameter"), "https://rides.example.com/finance/ProcessPayment");
    let paid = stack(&[("FinanceUrl", "https://finance.example.com/v1")]);
    assert_eq!(url(&paid, "FinanceUrlParameter"), "https://finance.example.com/v1/ProcessPayment");
    assert_eq!(paid.functions["ProcessPaymentFunction"].environment["FINANCE_AUTH"], "none");
}

#[test]
fn its_choices_reach_the_resources() {
    assert_eq!(stack(&[]).functions["RequestRideFunction"].reserved_concurrency, None);
    let stopped = stack(&[("ReservedConcurrency", "0")]);
    assert_eq!(stopped.functions["RequestRideFunction"].reserved_concurrency, Some(0));
    let request = &stack(&[]).tables["RidesTable"].create_request;
    assert_eq!((&request["BillingMode"], request.get("ProvisionedThroughput")), (&"PAY_PER_REQUEST".into(), None));
    let request = &stack(&[("TableBillingMode", "PROVISIONED")]).tables["RidesTable"].create_request;
    assert_eq!(request["ProvisionedThroughput"]["WriteCapacityUnits"], 1);
}

#[test]
fn only_new_rides_of_riders_are_to_be_paid_for() {
    let filters = stack(&[]).pipes["PaymentsPipe"].source.filters.clone();
    let records: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../../../../events/rides-stream.json")).expect("records");
    let taken = |change: fn(&mut serde_json::Value)| {
        let mut record = records[0].clone();
        change(&mut record);
        filters.iter().any(|filter| filter.matches(&record))
    };
    assert!(taken(|_| {}), "a rider's");
    assert!(taken(|record| _ = record["dynamodb"]["NewImage"].as_object_mut().map(|image| image.remove("Rider"))));
    assert!(!taken(|record| record["dynamodb"]["NewImage"]["Rider"]["S"] = "heartbeat-probe".into()), "the probe's");
    for event in ["MODIFY", "REMOVE"] {
        let mut record = records[0].clone();
        record["eventName"] = event.into();
        assert!(!filters.iter().any(|filter| filter.matches(&record)), "{event}");
    }
}

/// Route, method and callers of every route that is not open to anyone.
fn guarded(stack: &Stack) -> Vec<(&str, &str, &Authorization)> {
    let routes = stack.apis["Api"].routes.iter();
    let guarded = routes.filter(|route| route.authorization != Authorization::None);
    guarded.map(|route| (route.path.as_str(), route.method.as_str(), &route.authorization)).collect()
}

#[test]
fn only_a_role_may_record_ask_for_a_unicorn_probe_operate_and_charge() {
    let iam = &Authorization::Iam;
    let services = ["/probe/ride", "/record", "/unicorn"];
    let operations =
        ["/count", "/ops", "/ops/assets/{asset}", "/payments", "/payments/redrive", "/payments/{RideId}/redrive"];
    let finance = ["/finance/ProcessPayment", "/finance/charges", "/finance/scenario"];
    let expected = |parts: &[&[&'static str]]| -> BTreeSet<&str> { parts.concat().into_iter().collect() };
    for (parameters, expected) in [
        (&[][..], expected(&[&services, &operations, &finance])),
        (&[("FinanceUrl", "https://finance.example.com")], expected(&[&services, &operations])),
    ] {
        let stack = stack(parameters);
        let guarded = guarded(&stack);
        assert!(guarded.iter().all(|(.., callers)| *callers == iam), "{guarded:?}");
        // A path has one door: none of its methods is open beside a guarded one.
        let routes = &stack.apis["Api"].routes;
        assert_eq!(routes.iter().filter(|route| expected.contains(route.path.as_str())).count(), guarded.len());
        assert_eq!(guarded.iter().map(|(path, ..)| *path).collect::<BTreeSet<_>>(), expected);
    }
}

#[test]
fn a_booking_asks_for_a_rider_when_riders_are_known() {
    let stack = stack(&[("RiderAuth", "cognito")]);
    let pool = &stack.user_pools["RiderPool"];
    let (pools, clients) = (vec![pool.arn.clone()], pool.clients.clone());
    let rider = Authorization::Cognito { pools, clients, scopes: vec![] };
    let of_riders: Vec<_> =
        guarded(&stack).into_iter().filter(|(.., callers)| **callers != Authorization::Iam).collect();
    assert_eq!(of_riders, [("/ride", "POST", &rider)]);
}

#[test]
fn request_ride_may_invoke_two_routes_the_probe_and_process_payment_one_and_nobody_else_may_any() {
    let stack = stack(&[("Stage", "staging")]);
    let invoking = |id: &str| -> Vec<String> {
        let statements = stack.roles[id].statements.iter();
        let invoking = statements.filter(|statement| statement["Action"] == "execute-api:Invoke");
        invoking.map(|statement| statement["Resource"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let api = format!("arn:aws:execute-api:eu-west-2:123456789012:{}/staging", stack.apis["Api"].id);
    assert_eq!(invoking("RequestRideRole"), [format!("{api}/POST/record"), format!("{api}/GET/unicorn")]);
    assert_eq!(invoking("ProbeRole"), [format!("{api}/POST/probe/ride")]);
    assert_eq!(invoking("ProcessPaymentRole"), [format!("{api}/POST/finance/ProcessPayment")]);
    for id in ["PutRideRecordRole", "RequestUnicornRole", "SeedFleetRole", "PlacePaymentRole", "FinanceRole", "OpsRole"]
    {
        assert!(invoking(id).is_empty(), "{id}");
    }
}

#[test]
fn idempotency_keys_expire() {
    let table = stack(&[]).tables.remove("IdempotencyTable").expect("the table");
    assert_eq!(
        (table.name.as_str(), table.ttl_attribute.as_deref()),
        ("wild-rydes-dev-idempotency", Some("ExpiresAt"))
    );
}

/// An alarm that nobody hears of is worse than none: it is believed in.
#[test]
fn its_notices_are_heard() {
    for parameters in [
        &[][..],
        &[("Stage", "staging")],
        &[("Stage", "prod"), ("CorsOrigin", "https://www.example.com"), ("FinanceUrl", "https://finance.example.com")],
    ] {
        let stack = stack(parameters);
        for (id, topic) in &stack.topics {
            assert_eq!(topic.mute, None, "{id}");
        }
        assert_eq!(stack.topics.len(), 2);
        let schedule = &stack.schedules["ProbeSchedule"];
        assert_eq!((schedule.function.as_str(), schedule.every.as_secs()), ("ProbeFunction", 300));
        assert_eq!((schedule.retries, schedule.function_retries), (0, 0), "a late heartbeat would hide a missed one");
    }
}

/// The first heartbeat is at once, and a missed one pages: all that a booking needs is there before.
#[test]
fn the_probe_runs_when_a_booking_can_succeed() {
    let section = TEMPLATE.split("\n  ProbeSchedule:\n").nth(1).and_then(|rest| rest.split("    Properties:\n").next());
    let waits_for: Vec<&str> =
        section.iter().flat_map(|text| text.lines()).filter_map(|l| l.trim().strip_prefix("- ")).collect();
    let stack = stack(&[]);
    // A booking does not wait for its payment.
    for address in stack.ssm_parameters.keys().filter(|id| *id != "FinanceUrlParameter") {
        assert!(waits_for.contains(&address.as_str()), "{address}: where the probe or request-ride looks");
    }
    for other in ["ProbeBooksRides", "RequestRideCallsServices", "Fleet"] {
        assert!(waits_for.contains(&other), "{other}");
    }
    // Of the routes that a heartbeat goes through, the permissions for API Gateway.
    for route in ["probe/ride", "record", "unicorn"] {
        let named = |line: &str| line.contains("SourceArn:") && line.ends_with(&format!("/*/{route}"));
        let before: Vec<&str> = TEMPLATE.lines().take_while(|line| !named(line)).collect();
        let permission = before
            .iter()
            .rev()
            .find_map(|line| line.strip_prefix("  ")?.strip_suffix(':').filter(|id| !id.starts_with(' ')));
        assert!(waits_for.contains(&permission.expect("a permission")), "{route}: {permission:?}");
    }
    let policy = TEMPLATE.split("\n  ProbeBooksRides:\n").nth(1).unwrap_or_default();
    assert!(
        policy.split("\n\n").next().is_some_and(|text| text.contains("${Api.Stage}")),
        "the API is deployed before"
    );
}

/// Data of production can neither be deleted by accident nor lost for good.
#[test]
fn production_protects_its_data() {
    let production = [
        ("Stage", "prod"),
        ("CorsOrigin", "https://www.example.com"),
        ("FinanceUrl", "https://finance.example.com"),
        ("RiderAuth", "cognito"),
    ];
    for (id, table) in stack(&production).tables {
        assert_eq!(table.create_request["DeletionProtectionEnabled"], true, "{id}");
    }
}

#[test]
fn its_constraints_are_kept() {
    for (parameters, expected) in [
        (&[("Stage", "prod")][..], "Production must name the web origin"),
        (&[("Stage", "prod"), ("CorsOrigin", "https://a.example")], "Production must name the finance service"),
        (&[("Stage", "Dev")], "must begin with a lower-case letter"),
        (&[("ThrottleRate", "0")], "\"0\" is less than MinValue 1"),
        (&[("ApiBaseUrl", "https://a/")], "without a trailing slash"),
        (&[("RiderAuth", "anybody")], "\"anybody\" is none of none, cognito"),
        (
            &[("WebAclArn", "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b")],
            "must be empty or the ARN of a regional",
        ),
        (&[("Stag", "dev")], "declares no parameter \"Stag\" (did you mean \"Stage\"?)"),
    ] {
        let error = resolve(TEMPLATE, parameters).expect_err("a refusal");
        assert!(error.contains(expected), "{error}");
    }
}

/// It is read side by side with something else, often at night.
#[test]
fn no_line_of_it_is_wider_than_160_columns() {
    let wide: Vec<_> = (1..).zip(TEMPLATE.lines()).filter(|(_, line)| line.chars().count() > 160).collect();
    assert_eq!(wide, []);
}

/// Whatever line is lost (here every 61st, a prime, so that all kinds of line have their turn), the reader answers with a stack or with words.
#[test]
fn a_lost_line_never_panics() {
    let lines: Vec<&str> = TEMPLATE.lines().collect();
    for lost in (0..lines.len()).step_by(61) {
        let text = [&lines[..lost], &lines[lost + 1..]].concat().join("\n");
        let _ = resolve(&text, &[]);
    }
}
