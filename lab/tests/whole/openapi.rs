//! openapi.yaml and template.yaml say the same: routes, methods, callers, statuses.

use std::collections::{BTreeMap, BTreeSet};

use lab::template::{Authorization, Inputs, Integration, RestApi, Template};
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value, json};

use crate::stack;

/// Paths that stand for "no such route", and so for everything that is not documented.
const NOWHERE: [&str; 2] = ["/", "/{proxy+}"];

fn document() -> Value {
    let text = std::fs::read_to_string(stack::workspace().join("openapi.yaml")).expect("the document is readable");
    let mut events = Parser::new_from_str(&text).map(|event| event.expect("YAML").0);
    events.find(|event| matches!(event, Event::DocumentStart(_))).expect("a document");
    let first = events.next().expect("a value");
    value(first, &mut events, &mut BTreeMap::new())
}

/// One YAML value as JSON; a plain scalar is what JSON reads of it, or else a string.
fn value<'e>(
    first: Event<'e>,
    events: &mut impl Iterator<Item = Event<'e>>,
    anchors: &mut BTreeMap<usize, Value>,
) -> Value {
    let (read, anchor) = match first {
        Event::Alias(anchor) => return anchors[&anchor].clone(),
        Event::Scalar(text, style, anchor, _) => {
            let plain = (style == ScalarStyle::Plain).then(|| serde_json::from_str(&text).ok()).flatten();
            (plain.unwrap_or_else(|| Value::from(&*text)), anchor)
        }
        Event::SequenceStart(anchor, _) => {
            let mut items = Vec::new();
            loop {
                match events.next().expect("an end") {
                    Event::SequenceEnd => break (items.into(), anchor),
                    event => items.push(value(event, events, anchors)),
                }
            }
        }
        Event::MappingStart(anchor, _) => {
            let mut members = Map::new();
            loop {
                let key = match events.next().expect("an end") {
                    Event::MappingEnd => break (members.into(), anchor),
                    Event::Scalar(text, ..) => text.into_owned(),
                    other => panic!("a key is a string: {other:?}"),
                };
                let event = events.next().expect("a value");
                members.insert(key, value(event, events, anchors));
            }
        }
        other => panic!("unexpected {other:?}"),
    };
    if anchor > 0 {
        anchors.insert(anchor, read.clone());
    }
    read
}

/// Path and method of every documented operation.
fn operations(document: &Value) -> BTreeMap<(String, String), Value> {
    let paths = document["paths"].as_object().expect("paths");
    let of = |(path, item): (&String, &Value)| {
        let (path, item) = (path.clone(), item.as_object().expect("a path").clone());
        item.into_iter().map(move |(method, operation)| ((path.clone(), method.to_ascii_uppercase()), operation))
    };
    paths.iter().flat_map(of).collect()
}

fn api(parameters: &[(&str, &str)]) -> RestApi {
    let inputs = Inputs {
        stack_name: "wild-rydes-dev".to_owned(),
        region: "eu-west-1".to_owned(),
        account_id: "123456789012".to_owned(),
        parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        api_origin: "http://127.0.0.1:3000".to_owned(),
    };
    let template = Template::parse(&stack::template(), "template.yaml").expect("parses");
    template.resolve(&inputs).expect("resolves").apis.remove("Api").expect("the API")
}

/// The callers of a method: those of its own route, or else of the path's `ANY`.
fn callers<'a>(api: &'a RestApi, path: &str, method: &str) -> Option<&'a Authorization> {
    let of = |method: &str| api.routes.iter().find(|route| route.path == path && route.method == method);
    of(method).or_else(|| of("ANY")).map(|route| &route.authorization)
}

#[test]
fn every_documented_operation_has_a_route_and_every_route_is_documented() {
    let (api, operations) = (api(&[]), operations(&document()));
    for (path, method) in operations.keys() {
        assert!(callers(&api, path, method).is_some(), "{method} {path} is documented and leads nowhere");
    }
    for route in api.routes.iter().filter(|route| !NOWHERE.contains(&route.path.as_str())) {
        let fits = |(path, method): &(String, String)| {
            *path == route.path && (route.method == "ANY" || *method == route.method)
        };
        assert!(operations.keys().any(fits), "{} {} is not documented", route.method, route.path);
    }
}

#[test]
fn the_documented_callers_are_the_ones_whom_the_gateway_lets_in() {
    let document = document();
    let (open, with_riders) = (api(&[]), api(&[("RiderAuth", "cognito")]));
    for ((path, method), operation) in operations(&document) {
        let security = operation.get("security").cloned().unwrap_or_else(|| json!([]));
        let callers = |api: &RestApi| callers(api, &path, &method).cloned().expect("a route");
        let what = format!("{method} {path}");
        match (callers(&open), callers(&with_riders)) {
            (Authorization::None, Authorization::None) => assert_eq!(security, json!([]), "{what}"),
            (Authorization::Iam, Authorization::Iam) => assert_eq!(security, json!([{"Signature": []}]), "{what}"),
            // Whether a token is needed is the stage's choice, so the document has to allow for both.
            (Authorization::None, Authorization::Cognito { .. }) => {
                assert_eq!(security, json!([{}, {"RiderToken": []}]), "{what}");
            }
            other => panic!("{what}: the document has no words for {other:?}"),
        }
    }
}

/// What a function can answer, by its `Problem`s and its success; then what the gateway can answer for it.
fn possible(path: &str, method: &str) -> BTreeSet<u16> {
    let function: &[u16] = match (path, method) {
        ("/ride", "POST") => &[201, 400, 403, 409, 413, 415, 422, 500, 503],
        ("/probe/ride", "POST") => &[201, 400, 409, 413, 415, 422, 500, 503],
        ("/record", "POST") => &[201, 400, 409, 413, 415, 422, 500, 503],
        ("/unicorn", "GET") => &[200, 500, 503],
        ("/ops" | "/count", "GET") => &[200, 500, 503],
        ("/ops/assets/{asset}", "GET") => &[200, 404],
        ("/payments" | "/finance/charges", "GET") => &[200, 422, 500, 503],
        ("/payments/{RideId}/redrive", "POST") => &[202, 303, 403, 404, 409, 500, 503],
        ("/payments/redrive", "POST") => &[202, 303, 400, 403, 413, 415, 422, 500, 503],
        ("/finance/ProcessPayment", "POST") => &[200, 400, 413, 415, 422, 500, 503],
        ("/finance/scenario", "POST") => &[200, 400, 409, 413, 415, 422, 500, 503],
        ("/health" | "/record/health" | "/unicorn/health" | "/ops/health" | "/finance/health", "GET") => &[200, 500],
        // A mock: no function behind it, and so no 502, 503 or 504.
        ("/ride", "OPTIONS") => return BTreeSet::from([204, 403, 404, 429, 500]),
        other => panic!("say what {other:?} can answer"),
    };
    // A web ACL's refusal or a bad signature, the throttle, and a function that cannot start, breaks or hangs.
    let mut statuses: BTreeSet<u16> = function.iter().copied().chain([403, 429, 500, 502, 503, 504]).collect();
    if (path, method) == ("/ride", "POST") {
        statuses.insert(401);
    }
    statuses
}

#[test]
fn the_documented_statuses_are_the_possible_ones() {
    for ((path, method), operation) in operations(&document()) {
        let responses = operation["responses"].as_object().expect("responses");
        let documented = responses.keys().map(|status| status.parse().expect("a status")).collect::<BTreeSet<u16>>();
        assert_eq!(documented, possible(&path, &method), "{method} {path}");
    }
}

#[test]
fn every_error_is_a_problem_document_and_names_its_request() {
    let document = document();
    for ((path, method), operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().expect("responses") {
            let response = match response["$ref"].as_str() {
                Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("what is referred to"),
                None => response,
            };
            let what = format!("{method} {path} {status}");
            assert!(response["headers"].get("X-Request-ID").is_some(), "{what}");
            if status.as_str() >= "400" {
                assert!(response["content"].get("application/problem+json").is_some(), "{what}");
            }
            if ["429", "503"].contains(&status.as_str()) && !path.ends_with("/health") {
                assert!(response["headers"].get("Retry-After").is_some(), "{what}");
            }
        }
    }
}

#[test]
fn the_documented_preflight_is_the_mock_s() {
    let (api, operations) = (api(&[]), operations(&document()));
    let route =
        api.routes.iter().find(|route| route.path == "/ride" && route.method == "OPTIONS").expect("a preflight");
    let Integration::Mock(mock) = &route.integration else { panic!("a mock") };
    let documented = &operations[&("/ride".to_owned(), "OPTIONS".to_owned())]["responses"]["204"]["headers"];
    let documented: BTreeSet<&String> = documented.as_object().expect("headers").keys().collect();
    assert_eq!(documented, mock.responses["default"].headers.keys().collect());
}

/// A status that a gateway response fixes is one that a caller of some operation has read about.
#[test]
fn every_fixed_status_of_the_gateway_is_documented() {
    let operations = operations(&document());
    for (kind, response) in api(&[]).gateway_responses {
        if let Some(status) = response.status.map(|status| status.to_string()) {
            let documented = operations.values().any(|operation| operation["responses"].get(&status).is_some());
            assert!(documented, "{kind}: {status}");
        }
    }
}
