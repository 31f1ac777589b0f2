//! One trace a ride, one request in the console, and the services' own metrics.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use lab::assembly::Lab;
use lab::aws::Trouble;
use lab::observation::{LineFilter, LineKind, Order, RequestDetail, RequestFilter, SpanKind, SpanView};
use lab::template::{MetricName, SamplingRule, Statistic};

use crate::client::{Answer, RIDE, post, send};
use crate::stack::{self, Variation, eventually, url};

/// A stack that traces every request.
pub(crate) fn traced() -> Variation {
    Variation::default().changed(|stack| {
        let any = || "*".to_owned();
        let rule = SamplingRule {
            name: "all".to_owned(),
            priority: 1,
            reservoir: 0,
            fixed_rate: 1.0,
            service_name: format!("{}/*", stack.apis["Api"].name),
            service_type: "AWS::ApiGateway::Stage".to_owned(),
            host: any(),
            http_method: any(),
            url_path: "/dev/ride".to_owned(),
            resource_arn: any(),
        };
        stack.sampling_rules.insert("All".to_owned(), rule);
    })
}

/// The request of an answer, once a span of this kind and name has arrived: functions send theirs over UDP.
pub(crate) async fn observed(lab: &Lab, answer: &Answer, wanted: impl Fn(&SpanView) -> bool) -> RequestDetail {
    let id = answer.header("x-amzn-requestid").expect("an id").to_owned();
    let find = || lab.observation.request(&id);
    eventually("its spans arrive", || find().is_some_and(|detail| detail.spans.iter().any(&wanted))).await;
    find().expect("known")
}

/// The same, once nothing of it is missing: the ends of spans come over UDP, too, and a function's last line through a pipe.
async fn whole(lab: &Lab, answer: &Answer) -> RequestDetail {
    let detail = observed(lab, answer, is_put).await;
    let find = || lab.observation.request(&detail.request.id).expect("known");
    eventually("nothing of it is missing", || find().missing.is_empty()).await;
    find()
}

pub(crate) fn is_put(span: &SpanView) -> bool {
    span.kind == SpanKind::Aws && span.detail.starts_with("PutItem")
}

/// The services around a span, outermost first, each once in a row.
fn way_to<'a>(detail: &'a RequestDetail, span: &'a SpanView) -> Vec<&'a str> {
    let mut way = vec![span.service.as_str()];
    let mut parent = span.parent.as_deref();
    while let Some(above) = parent.and_then(|id| detail.spans.iter().find(|span| span.id == id)) {
        way.push(&above.service);
        parent = above.parent.as_deref();
    }
    way.dedup();
    way.reverse();
    way
}

/// Sum of a metric over the last and the next hour.
pub(crate) fn sum(lab: &Lab, namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Option<f64> {
    let dimensions: BTreeMap<String, String> =
        dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let metric = MetricName { namespace: namespace.to_owned(), name: name.to_owned(), dimensions };
    let (now, hour) = (Timestamp::now(), Duration::from_secs(3600));
    let points = lab.instruments.metrics.series(&metric, Statistic::Sum, hour, now - hour, now + hour);
    (!points.is_empty()).then(|| points.iter().map(|(_, value)| value).sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ride_is_one_trace_through_every_service() {
    let lab = traced().start().await;
    let answer = post(&url(&lab, "/dev/ride"), RIDE).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let detail = whole(&lab, &answer).await;

    let span = |kind, service: &str| {
        let found = detail.spans.iter().find(|span| span.kind == kind && span.service == service);
        found.unwrap_or_else(|| panic!("{kind:?} of {service} in {:#?}", detail.spans))
    };
    let root = span(SpanKind::Gateway, "api");
    assert_eq!((root.depth, root.detail.as_str(), root.name.as_str()), (0, "POST /ride 201", "wild-rydes-dev/dev"));
    for (service, way) in [
        ("request-ride", &["api", "request-ride"][..]),
        ("request-unicorn", &["api", "request-ride", "api", "request-unicorn"]),
        ("put-ride-record", &["api", "request-ride", "api", "put-ride-record"]),
    ] {
        assert_eq!(way_to(&detail, span(SpanKind::Function, service)), way, "{:#?}", detail.spans);
    }
    let put = detail.spans.iter().find(|span| is_put(span)).expect("arrived");
    assert_eq!(way_to(&detail, put), ["api", "request-ride", "api", "put-ride-record"]);
    assert_eq!(put.detail, format!("PutItem {}", lab.table("RidesTable").expect("a table")));
    assert!(detail.spans.iter().skip(1).all(|span| span.parent.is_some()), "{:#?}", detail.spans);
    assert!(detail.spans.iter().all(|span| !span.guilty && !span.in_progress));
    assert!(detail.missing.is_empty(), "{:?}", detail.missing);

    let request = &detail.request;
    assert_eq!(request.services, ["request-ride", "request-unicorn", "put-ride-record"]);
    assert!(request.sampled && !request.faulty && request.error.is_none() && request.guilty.is_none(), "{request:?}");
    assert_eq!((request.method.as_str(), request.route.as_str(), request.status), ("POST", "/ride", 201));
    let header = answer.header("x-amzn-trace-id").expect("a trace");
    assert!(header.starts_with(&format!("Root={};Parent=", request.trace_id)), "{header}");

    // Found by whatever id somebody has, and listed once.
    let function_id = detail.lines.iter().find_map(|line| line.fields.get("function_request_id")?.as_str());
    let ids = [&request.trace_id, function_id.expect("an id"), answer.header("x-request-id").expect("an id")];
    for id in ids {
        let found = lab.observation.request(id).unwrap_or_else(|| panic!("{id} is found"));
        assert_eq!(found.request.id, request.id);
    }
    assert_eq!(lab.observation.requests(&RequestFilter::default()).total, 1);
    assert!(lab.observation.request("nobody").is_none());

    let edges = lab.observation.map(5, Timestamp::now()).edges;
    let table = format!("aws:DynamoDB {}", lab.table("RidesTable").expect("a table"));
    for (from, to) in [
        ("client", "gateway:wild-rydes-dev/dev"),
        ("gateway:wild-rydes-dev/dev", "function:request-ride"),
        ("function:request-ride", "gateway:wild-rydes-dev/dev"),
        ("gateway:wild-rydes-dev/dev", "function:put-ride-record"),
        ("function:put-ride-record", &table),
    ] {
        assert!(edges.iter().any(|edge| edge.from == from && edge.to == to), "{from} -> {to}: {edges:#?}");
    }
    assert_eq!(lab.xray_daemon.malformed(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ride_that_cannot_be_stored_names_the_guilty_span() {
    let lab = traced().start().await;
    // The fleet is cached from here on, so that the rides table is what fails.
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    lab.dynamodb.switch.set(Some(Trouble::Fail));
    let answer = post(&url(&lab, "/ride"), RIDE).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    let detail = observed(&lab, &answer, |span| span.guilty && is_put(span)).await;

    let table = lab.table("RidesTable").expect("a table");
    let request = &detail.request;
    assert_eq!(request.guilty.as_deref(), Some(format!("put-ride-record > DynamoDB PutItem {table}").as_str()));
    assert!(request.faulty && !request.throttled, "{request:?}");
    assert!(request.error.as_ref().is_some_and(|error| error.contains("InternalServerError")), "{request:?}");
    assert_eq!(detail.spans.iter().filter(|span| span.guilty).count(), 1);

    let faulty = RequestFilter { faulty: true, ..RequestFilter::default() };
    let list = lab.observation.requests(&faulty);
    assert_eq!((list.total, list.requests[0].id.as_str()), (1, request.id.as_str()));
    let services: Vec<String> = lab.observation.errors().errors.into_iter().map(|group| group.service).collect();
    assert!(services.iter().any(|service| service == "put-ride-record"), "{services:?}");

    let put = [("TableName", table), ("Operation", "PutItem")];
    // The SDK tries three times a request, and request-ride does not ask again after a 503.
    assert_eq!(sum(&lab, "AWS/DynamoDB", "SystemErrors", &put), Some(3.0));
    assert_eq!(sum(&lab, "AWS/DynamoDB", "UserErrors", &[]), None);
    let api = [("ApiName", "wild-rydes-dev"), ("Stage", "dev"), ("Resource", "/ride"), ("Method", "POST")];
    assert_eq!(sum(&lab, "AWS/ApiGateway", "Count", &api), Some(2.0));
    assert_eq!(sum(&lab, "AWS/ApiGateway", "5XXError", &api), Some(1.0));
    assert_eq!(sum(&lab, "AWS/ApiGateway", "4XXError", &api), Some(0.0));
    let function = [("FunctionName", "wild-rydes-dev-put-ride-record")];
    assert_eq!(sum(&lab, "AWS/Lambda", "Invocations", &function), Some(2.0));
    assert_eq!(sum(&lab, "AWS/Lambda", "Errors", &function), Some(0.0), "an answered 503 is no function error");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_not_sampled_is_known_by_its_lines() {
    let lab = traced().start().await;
    let header = ("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0");
    let answer = send(Method::POST, &url(&lab, "/ride"), &[("content-type", "application/json"), header], RIDE).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let id = answer.header("x-amzn-requestid").expect("an id");
    let lines = |service: &str| {
        let detail = lab.observation.request(id).expect("known");
        detail.lines.iter().filter(|line| line.service == service && line.kind == LineKind::Function).count()
    };
    eventually("the functions' lines are read", || lines("put-ride-record") > 0 && lines("request-ride") > 0).await;
    let detail = lab.observation.request(id).expect("known");
    assert!(!detail.request.sampled && detail.spans.is_empty());
    assert!(detail.missing.iter().any(|missing| missing.contains("not sampled")), "{:?}", detail.missing);
    assert_eq!(detail.request.trace_id, "1-5759e988-bd862e3fe1be46a994272793");
    assert_eq!(lab.instruments.xray.traces.get(&detail.request.trace_id), None);
    assert!(detail.lines.iter().all(|line| line.offset_ms.is_some() && line.kind != LineKind::Metric));

    let filter = LineFilter { request: Some(id.to_owned()), service: Some("api".to_owned()), ..LineFilter::default() };
    let access = lab.observation.logs(&filter).expect("known").lines;
    assert!(access.iter().all(|line| line.kind == LineKind::Access) && !access.is_empty(), "{access:?}");
    assert!(lab.observation.logs(&LineFilter { request: Some("nobody".to_owned()), ..filter }).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ride_that_is_not_sampled_is_one_request_with_its_calls() {
    let lab = stack::start().await;
    let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";
    let headers = [("content-type", "application/json"), ("x-amzn-trace-id", header)];
    let answer = send(Method::POST, &url(&lab, "/ride"), &headers, RIDE).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let list = lab.observation.requests(&RequestFilter::default());
    let ours: Vec<_> = list.requests.iter().filter(|request| header.contains(&request.trace_id)).collect();
    assert_eq!(ours.len(), 1, "the functions' own calls are no requests from outside: {ours:#?}");
    assert_eq!((ours[0].route.as_str(), ours[0].sampled), ("/ride", false));
    let services: BTreeMap<&str, usize> = ours[0].services.iter().map(|name| (name.as_str(), 1)).collect();
    assert!(services.into_keys().eq(["put-ride-record", "request-ride", "request-unicorn"]), "{:?}", ours[0].services);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invocation_that_times_out_is_told_in_every_way() {
    let lab = stack::unruly()
        .changed(|stack| {
            stack.apis.values_mut().for_each(|api| api.tracing = true);
            stack.functions.values_mut().for_each(|function| function.tracing = true);
        })
        .start()
        .await;
    lab.lambda.retire("Unruly");
    let header = ("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
    let answer = send(Method::GET, &url(&lab, "/unruly/sleep"), &[header], "").await;
    assert_eq!(answer.status, 502, "{}", answer.text);
    // The function announces its handler before it is killed.
    let detail = observed(&lab, &answer, |span| span.guilty && span.in_progress).await;
    let request = &detail.request;
    assert!(request.faulty && request.cold && request.slow, "{request:?}");
    assert_eq!(request.guilty.as_deref(), Some("unruly > handler"));
    assert!(request.error.as_ref().is_some_and(|error| error.starts_with("Sandbox.Timedout")), "{request:?}");
    let kinds: Vec<SpanKind> = detail.spans.iter().map(|span| span.kind).collect();
    assert!(kinds.contains(&SpanKind::Init) && kinds.contains(&SpanKind::Function), "{kinds:?}");

    let function = [("FunctionName", lab.stack.functions["Unruly"].name.as_str())];
    assert_eq!(sum(&lab, "AWS/Lambda", "Errors", &function), Some(1.0));
    assert_eq!(sum(&lab, "AWS/Lambda", "Duration", &function), Some(1000.0));
    assert_eq!(sum(&lab, "AWS/Lambda", "Throttles", &function), Some(0.0));
    let slowest = RequestFilter { order: Order::Slowest, cold: true, ..RequestFilter::default() };
    assert_eq!(lab.observation.requests(&slowest).total, 1);
    let groups = lab.observation.errors().errors;
    assert!(groups.iter().any(|group| group.message == "Task timed out after <n> seconds"), "{groups:?}");
}
