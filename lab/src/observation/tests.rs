//! Journeys made by hand.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::requests::tests::request;
use super::*;
use crate::logs::{Kind, Line, Origin};
use crate::template::Function;
use crate::xray::{Document, trace_id};

const TRACE: &str = "1-5759e988-bd862e3fe1be46a994272793";

/// A document: its number, its parent's, and what it is.
fn document(id: u32, parent: u32, name: &str, start: f64, more: Value) -> Document {
    let mut all = json!({
        "id": format!("{id:016x}"), "trace_id": TRACE, "name": name, "start_time": start, "end_time": start + 0.001,
    });
    if parent > 0 {
        all["parent_id"] = format!("{parent:016x}").into();
    }
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
        all.extend(more);
    }
    Document::parse(all.to_string().as_bytes()).expect("valid")
}

fn gateway(id: u32, parent: u32, request: &str, status: u16, start: f64) -> Document {
    document(
        id,
        parent,
        "rides/dev",
        start,
        json!({
            "origin": "AWS::ApiGateway::Stage", "fault": status >= 500, "aws": {"api_gateway": {"request_id": request}},
            "http": {"response": {"status": status}},
        }),
    )
}

fn function(id: u32, parent: u32, name: &str, start: f64, fault: bool) -> Document {
    document(id, parent, name, start, json!({"origin": "AWS::Lambda::Function", "fault": fault}))
}

fn put(id: u32, parent: u32, start: f64, fault: bool) -> Document {
    document(
        id,
        parent,
        "DynamoDB",
        start,
        json!({
            "namespace": "aws", "type": "subsegment", "fault": fault,
            "aws": {"operation": "PutItem", "table_name": "rides", "retries": 2},
            "cause": {"exceptions": [{"id": "00000000000000ff", "type": "InternalServerError", "message": "no"}]},
        }),
    )
}

fn observation() -> Observation {
    let named = |name: &str| Function {
        logical_id: name.to_owned(),
        name: format!("dev-{name}"),
        arn: String::new(),
        binary: name.to_owned(),
        code_uri: String::new(),
        handler: String::new(),
        runtime: String::new(),
        timeout: Duration::from_secs(1),
        memory_mb: 128,
        environment: std::collections::BTreeMap::new(),
        reserved_concurrency: None,
        log_group: String::new(),
        role_arn: None,
        tracing: true,
    };
    Observation {
        traces: Traces::default(),
        requests: Requests::default(),
        lines: LineIndex::default(),
        services: Services::of([&named("book"), &named("record")]),
        calls: CallIndex::default(),
        settled: Default::default(),
    }
}

/// A request answered with this status, made of these documents.
fn journey(observation: &Observation, status: u16, documents: Vec<Document>) -> RequestDetail {
    let ticket = observation.requests.enter(TRACE, None, false);
    let answered = Request { status, function: Some("dev-book".to_owned()), ..request("r", TRACE) };
    observation.requests.leave(&ticket, answered);
    documents.into_iter().for_each(|document| observation.traces.put(document));
    observation.request("r").expect("known")
}

fn guilty(documents: Vec<Document>) -> Option<String> {
    journey(&observation(), 503, documents).request.guilty
}

#[test]
fn the_deepest_span_at_fault_is_guilty_whatever_the_order_of_arrival() {
    let detail = journey(
        &observation(),
        503,
        vec![
            put(4, 3, 0.3, true),
            function(3, 2, "dev-record", 0.2, false),
            function(2, 1, "dev-book", 0.1, true),
            gateway(1, 0, "r", 503, 0.0),
        ],
    );
    assert_eq!(detail.request.guilty.as_deref(), Some("record > DynamoDB PutItem rides"));
    assert_eq!(detail.request.error.as_deref(), Some("InternalServerError: no"));
    let shown: Vec<(&str, usize, &str)> =
        detail.spans.iter().map(|span| (span.service.as_str(), span.depth, span.detail.as_str())).collect();
    let expected =
        [("api", 0, "POST /ride 503"), ("book", 1, ""), ("record", 2, ""), ("record", 3, "PutItem rides, 2 retries")];
    assert_eq!(shown, expected);
    assert_eq!(detail.spans[3].offset_ms, 300.0);
}

#[test]
fn an_attempt_that_a_later_one_made_good_is_not_guilty() {
    let remote = |id, name: &str, start, fault| {
        document(id, 2, name, start, json!({"namespace": "remote", "type": "subsegment", "fault": fault}))
    };
    let documents = vec![
        gateway(1, 0, "r", 503, 0.0),
        function(2, 1, "dev-book", 0.1, true),
        remote(3, "record", 0.2, true),
        put(4, 3, 0.21, true),
        remote(5, "record", 0.3, false),
        remote(6, "fleet", 0.4, true),
    ];
    assert_eq!(guilty(documents.clone()).as_deref(), Some("book > fleet"));
    // With nothing else at fault, the healed one is all there is to show.
    assert_eq!(
        guilty(vec![documents[0].clone(), documents[2].clone(), documents[3].clone(), documents[4].clone()]).as_deref(),
        Some("unknown > DynamoDB PutItem rides")
    );
}

#[test]
fn what_a_killed_function_was_waiting_for_is_guilty() {
    let mut waiting = put(3, 2, 0.2, false);
    (waiting.in_progress, waiting.end_time) = (true, None);
    let documents = vec![gateway(1, 0, "r", 502, 0.0), function(2, 1, "dev-book", 0.1, true), waiting];
    let detail = journey(&observation(), 502, documents);
    assert_eq!(detail.request.guilty.as_deref(), Some("book > DynamoDB PutItem rides"));
    assert!(detail.missing.iter().any(|missing| missing == "The end of DynamoDB in book has not arrived."));
}

#[test]
fn what_nobody_called_by_name_misses_no_caller_and_what_names_one_does() {
    // A queue's batch: Lambda's segment is the first of its trace, and the function calls a gateway.
    let mut documents = vec![function(2, 0, "dev-pay", 0.0, false), gateway(3, 2, "r", 200, 0.1)];
    let arrived = |missing: &[String]| !missing.iter().any(|missing| missing.contains("caller that has not arrived"));
    assert!(arrived(&journey(&observation(), 200, documents.clone()).missing));
    documents[0] = function(2, 1, "dev-pay", 0.0, false);
    assert!(!arrived(&journey(&observation(), 200, documents).missing));
    assert!(arrived(&journey(&observation(), 200, vec![gateway(3, 2, "r", 200, 0.1)]).missing), "a rider's own trace");
}

#[test]
fn without_a_trace_the_last_call_that_failed_is_suspected() {
    let observation = observation();
    let outer = observation.requests.enter(TRACE, None, false);
    let inner = observation.requests.enter(TRACE, Some("00000000000000aa"), false);
    let failed = |id: &str, function: &str, at: i64| Request {
        sampled: false,
        status: 503,
        at: Timestamp::from_second(at).expect("in range"),
        function: Some(function.to_owned()),
        ..request(id, TRACE)
    };
    observation.requests.leave(&inner, failed("inner", "dev-record", 2));
    observation.requests.leave(&outer, failed("outer", "dev-book", 1));
    let detail = observation.request("inner").expect("known");
    assert_eq!((detail.request.id.as_str(), detail.request.guilty.as_deref()), ("outer", Some("record")));
    assert_eq!(detail.request.services, ["book", "record"]);
    assert!(detail.missing[0].contains("not sampled"));
}

#[test]
fn a_list_is_filtered_and_ordered() {
    let observation = observation();
    for number in 0..30_u64 {
        let trace = trace_id(Timestamp::UNIX_EPOCH);
        let ticket = observation.requests.enter(&trace, None, false);
        let duration = Duration::from_millis(if number == 7 { 100 } else { 10 + number % 3 });
        let status = if number == 3 { 500 } else { 201 };
        let made =
            Request { duration, status, cold: number == 0, sampled: false, ..request(&number.to_string(), &trace) };
        observation.requests.leave(&ticket, made);
    }
    let ids = |filter: RequestFilter| {
        let list = observation.requests(&filter);
        (list.total, list.requests.into_iter().map(|view| view.id).collect::<Vec<String>>())
    };
    let any = RequestFilter::default();
    assert_eq!(ids(RequestFilter { limit: Some(2), ..any.clone() }), (30, vec!["29".to_owned(), "28".to_owned()]));
    assert_eq!(ids(RequestFilter { faulty: true, ..any.clone() }), (1, vec!["3".to_owned()]));
    assert_eq!(ids(RequestFilter { cold: true, ..any.clone() }), (1, vec!["0".to_owned()]));
    assert_eq!(ids(RequestFilter { slow: true, ..any.clone() }), (1, vec!["7".to_owned()]), "three medians");
    assert_eq!(ids(RequestFilter { route: Some("GET /ride".to_owned()), ..any.clone() }).0, 0);
    assert_eq!(ids(RequestFilter { order: Order::Slowest, ..any }).1[0], "7");
}

#[test]
fn the_json_has_the_shape_that_the_console_reads() {
    let observation = observation();
    let detail = journey(&observation, 201, vec![gateway(1, 0, "r", 201, 0.0), function(2, 1, "dev-book", 0.1, false)]);
    let keys = |value: &Value| value.as_object().map(|object| object.keys().cloned().collect::<Vec<String>>());
    let value = serde_json::to_value(&detail).expect("JSON");
    assert_eq!(keys(&value).expect("an object"), ["request", "spans", "lines", "missing"]);
    let request = keys(&value["request"]).expect("an object").join(" ");
    assert_eq!(
        request,
        "id trace_id at_ms method route status duration_ms faulty throttled slow cold sampled services error guilty"
    );
    let span = keys(&value["spans"][0]).expect("an object").join(" ");
    assert_eq!(
        span,
        "id parent depth name kind service offset_ms duration_ms error fault throttle in_progress detail cause annotations guilty"
    );
    assert_eq!(value["spans"][0]["kind"], "gateway");
    let map = serde_json::to_value(observation.map(5, Timestamp::UNIX_EPOCH)).expect("JSON");
    assert_eq!(
        keys(&map["nodes"][0]).expect("an object").join(" "),
        "id name kind requests rate_per_s errors faults throttles p50_ms p99_ms"
    );
    assert_eq!(
        keys(&map["edges"][0]).expect("an object").join(" "),
        "from to requests rate_per_s errors faults throttles p50_ms p99_ms"
    );
}

#[test]
fn the_map_counts_a_call_once_and_only_in_its_window() {
    let observation = observation();
    journey(
        &observation,
        503,
        vec![
            gateway(1, 0, "r", 503, 0.0),
            document(2, 1, "Lambda", 0.05, json!({"namespace": "aws", "aws": {"function_name": "dev-record"}})),
            document(3, 2, "dev-record", 0.1, json!({"origin": "AWS::Lambda"})),
            function(4, 3, "dev-record", 0.1, false),
            put(5, 4, 0.2, true),
        ],
    );
    let now = Timestamp::from_second(60).expect("in range");
    let map = observation.map(2, now);
    let edges: HashMap<(String, String), usize> =
        map.edges.iter().map(|edge| ((edge.from.clone(), edge.to.clone()), edge.figures.requests)).collect();
    let expected = [
        ("client", "gateway:rides/dev"),
        ("gateway:rides/dev", "function:record"),
        ("function:record", "aws:DynamoDB rides"),
    ];
    assert_eq!(edges, expected.map(|(from, to)| ((from.to_owned(), to.to_owned()), 1)).into());
    let table = map.nodes.iter().find(|node| node.kind == "aws").expect("a node");
    assert_eq!((table.figures.faults, table.figures.requests), (1, 1));
    assert_eq!(table.figures.rate_per_s, 1.0 / 120.0);
    assert!(observation.map(2, Timestamp::from_second(600).expect("in range")).nodes.is_empty());
}

fn print(observation: &Observation, kind: Kind, text: String) {
    let origin = Origin { function: "dev-book".to_owned(), environment: "e".to_owned() };
    observation.lines.push(&Line { time: Timestamp::UNIX_EPOCH, origin, kind, text }, &observation.services);
}

#[test]
fn lines_are_found_by_every_id_and_followed_by_their_number() {
    let observation = observation();
    journey(&observation, 201, Vec::new());
    print(&observation, Kind::Platform, "START RequestId: lambda-r Version: $LATEST".to_owned());
    print(&observation, Kind::Function, "no JSON".to_owned());
    print(&observation, Kind::Function, r#"{"_aws":{},"function_request_id":"lambda-r"}"#.to_owned());
    let line = json!({"level": "WARN", "message": "m", "request_id": "own", "function_request_id": "lambda-r", "n": 1});
    print(&observation, Kind::Function, line.to_string());
    print(&observation, Kind::Platform, "START RequestId: other Version: $LATEST".to_owned());

    let of = |filter: LineFilter| observation.logs(&filter).map(|lines| (lines.next, lines.lines));
    for id in ["r", "own", "lambda-r", TRACE] {
        let (_, lines) = of(LineFilter { request: Some(id.to_owned()), ..LineFilter::default() }).expect("known");
        assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<u64>>(), [1, 2, 4], "{id}: without the metric");
    }
    assert_eq!(observation.request("own").expect("known").request.id, "r");
    let (next, first) = of(LineFilter { after: Some(0), limit: Some(1), ..LineFilter::default() }).expect("any");
    assert_eq!((next, first[0].seq), (1, 1));
    let (next, rest) = of(LineFilter { after: Some(next), ..LineFilter::default() }).expect("any");
    assert_eq!((next, rest.len()), (5, 3));
    let (_, last) = of(LineFilter { limit: Some(1), metrics: true, ..LineFilter::default() }).expect("any");
    assert_eq!(last[0].seq, 5);
    let (_, warnings) = of(LineFilter { level: Some("WARN".to_owned()), ..LineFilter::default() }).expect("any");
    assert_eq!((warnings.len(), warnings[0].fields.get("n")), (1, Some(&json!(1))));
    assert_eq!(of(LineFilter { request: Some("nobody".to_owned()), ..LineFilter::default() }), None);
}

#[test]
fn errors_that_differ_in_ids_are_one() {
    let observation = observation();
    for (number, service) in [(1, "record"), (2, "record"), (3, "book")] {
        let line = json!({"level": "WARN", "message": "request completed", "service": service, "status": 503,
            "request_id": format!("r{number}"), "error": format!("ride {number} of 2026-11-21T10:00:00Z was lost")});
        print(&observation, Kind::Function, line.to_string());
    }
    let groups = observation.errors().errors;
    let record = groups.iter().find(|group| group.service == "record").expect("a group");
    assert_eq!((groups.len(), record.count), (2, 2));
    assert_eq!(record.message, "ride <n> of <time> was lost");
    assert_eq!((record.status, record.example.request_id.as_deref()), (Some(503), Some("r2")));
}
