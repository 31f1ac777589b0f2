//! The project's own template: what every choice of its parameters comes to.

use super::*;

const TEMPLATE: &str = include_str!("../../../../template.yaml");

fn stack(parameters: &[(&str, &str)]) -> Stack {
    resolve(TEMPLATE, parameters).unwrap_or_else(|error| panic!("{parameters:?}: {error}"))
}

#[test]
fn it_resolves_whatever_is_chosen() {
    let production = [("Stage", "prod"), ("CorsOrigin", "https://www.example.com")];
    for parameters in [
        &[][..],
        &production,
        &[("TableBillingMode", "PROVISIONED"), ("ReadCapacityUnits", "3")],
        &[("ReservedConcurrency", "0"), ("Architecture", "x86_64")],
        &[("ApiGatewayLogRole", "existing")],
        &[("LogLevel", "trace"), ("LogRetentionDays", "1")],
    ] {
        let stack = stack(parameters);
        assert_eq!(stack.functions.len(), 4, "{parameters:?}");
        assert_eq!(stack.tables.len(), 2, "{parameters:?}");
        assert_eq!(stack.custom_resources.len(), 1, "{parameters:?}");
    }
}

#[test]
fn its_urls_are_the_lab_s_unless_a_base_url_is_chosen() {
    let url = |stack: &Stack, id: &str| stack.ssm_parameters[id].value.clone();
    let local = stack(&[]);
    assert_eq!(url(&local, "RideRecordUrlParameter"), "http://127.0.0.1:3000/dev/record");
    assert_eq!(url(&local, "RideFleetUrlParameter"), "http://127.0.0.1:3000/dev/unicorn");
    let custom = stack(&[("ApiBaseUrl", "https://rides.example.com")]);
    assert_eq!(url(&custom, "RideRecordUrlParameter"), "https://rides.example.com/record");
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
fn its_constraints_are_kept() {
    for (parameters, expected) in [
        (&[("Stage", "prod")][..], "Production must name the web origin"),
        (&[("Stage", "Dev")], "must begin with a lower-case letter"),
        (&[("ThrottleRate", "0")], "\"0\" is less than MinValue 1"),
        (&[("ApiBaseUrl", "https://a/")], "without a trailing slash"),
        (&[("Stag", "dev")], "declares no parameter \"Stag\" (did you mean \"Stage\"?)"),
    ] {
        let error = resolve(TEMPLATE, parameters).expect_err("a refusal");
        assert!(error.contains(expected), "{error}");
    }
}

/// Whatever line is lost, the reader answers with a stack or with words.
#[test]
fn a_lost_line_never_panics() {
    let lines: Vec<&str> = TEMPLATE.lines().collect();
    for lost in (0..lines.len()).step_by(3) {
        let text = [&lines[..lost], &lines[lost + 1..]].concat().join("\n");
        let _ = resolve(&text, &[]);
    }
}
