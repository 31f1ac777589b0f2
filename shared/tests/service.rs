//! The service around a handler, from the event to the response, through lambda_http's own deserialiser.
#![cfg(feature = "service")]

use http::{HeaderMap, Method, Response, StatusCode, header};
use lambda_http::tower::Service;
use lambda_http::{Context, Request, RequestExt};
use serde_json::{Value, json};
use shared::problem::Problem;
use shared::service::{Answer, Call, Handler, Routes, Settings, json, service};
use std::time::Duration;

/// Panics, fails or echoes, as the body says.
struct Moody;

impl Handler for Moody {
    async fn handle(&self, call: Call) -> Answer {
        match call.json_body()? {
            b"\"panic\"" => panic!("a secret: {}", 42),
            b"\"fail\"" => Err(Problem::Unavailable { detail: "Later.", retry_after_s: 3 }.into()),
            _ => json(StatusCode::CREATED, &json!({"requestId": call.context.request_id.as_str()})),
        }
    }
}

fn moody() -> impl Service<Request, Response = Response<String>, Error = std::convert::Infallible> {
    moody_where(true)
}

fn moody_where(
    caller_budget: bool,
) -> impl Service<Request, Response = Response<String>, Error = std::convert::Infallible> {
    let settings = Settings {
        service: "moody",
        stage: "dev".into(),
        timeout: Duration::from_secs(20),
        tracer: Default::default(),
    };
    let headers = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".parse().expect("ascii"))].into_iter().collect();
    let routes =
        Routes { method: Method::POST, path: "/ride", also: &[], more: &[], health: "/health", caller_budget, headers };
    service(settings, routes, Moody)
}

/// A REST event with this body, changed by `change`.
fn event(body: &str, change: impl FnOnce(&mut Value)) -> Request {
    let mut event: Value = serde_json::from_str(include_str!("../../events/ride-post.json")).expect("JSON");
    event["body"] = body.into();
    change(&mut event);
    request(&event)
}

fn request(event: &Value) -> Request {
    let request = lambda_http::request::from_str(&event.to_string()).expect("an event that lambda_http knows");
    request.with_lambda_context(Context::default())
}

fn header(event: &mut Value, name: &str, value: &str) {
    event["headers"][name] = value.into();
    event["multiValueHeaders"][name] = json!([value]);
}

async fn answer(
    service: &mut impl Service<Request, Response = Response<String>, Error = std::convert::Infallible>,
    request: Request,
) -> (StatusCode, HeaderMap, Value) {
    let Ok(response) = service.call(request).await;
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, serde_json::from_str(&body).expect("every answer is JSON"))
}

#[tokio::test]
async fn a_request_id_goes_in_and_out() {
    let (status, headers, body) = answer(&mut moody(), event("{}", |_| {})).await;
    assert_eq!((status, &headers["x-request-id"]), (StatusCode::CREATED, &"sample-ride".parse().expect("ascii")));
    assert_eq!(body["requestId"], "sample-ride");
}

#[tokio::test]
async fn a_panic_is_a_500_without_its_message_and_the_next_request_works() {
    shared::panic::quiet_panics();
    let mut service = moody();
    let (status, headers, body) = answer(&mut service, event("\"panic\"", |_| {})).await;
    assert_eq!(
        (status, &headers[header::CONTENT_TYPE]),
        (StatusCode::INTERNAL_SERVER_ERROR, &"application/problem+json".parse().expect("ascii"))
    );
    assert!(!body.to_string().contains("42"), "{body}");
    assert!(headers.contains_key("x-request-id") && headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    assert_eq!(answer(&mut service, event("{}", |_| {})).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn a_failure_keeps_the_common_headers_and_says_when_to_come_back() {
    let (status, headers, body) = answer(&mut moody(), event("\"fail\"", |_| {})).await;
    assert_eq!((status, body["status"].as_u64()), (StatusCode::SERVICE_UNAVAILABLE, Some(503)));
    assert_eq!(
        (&headers[header::RETRY_AFTER], &headers[header::ACCESS_CONTROL_ALLOW_ORIGIN]),
        (&"3".parse().expect("ascii"), &"*".parse().expect("ascii"))
    );
}

#[tokio::test]
async fn the_path_decides_with_or_without_the_stage() {
    for (method, path, expected) in [
        ("POST", "/ride", 201),
        ("POST", "/dev/ride", 201),
        ("GET", "/health", 200),
        ("GET", "/dev/health", 200),
        ("POST", "/prod/ride", 404),
        ("POST", "/devride", 404),
        ("POST", "/ride/", 404),
        ("POST", "/", 404),
        ("GET", "/ride", 405),
        ("OPTIONS", "/ride", 405),
        ("BREW", "/ride", 405),
        ("POST", "/health", 405),
    ] {
        let change = |event: &mut Value| {
            (event["path"], event["httpMethod"]) = (path.into(), method.into());
            event["requestContext"]["resourcePath"] = Value::Null;
        };
        let (status, headers, _) = answer(&mut moody(), event("{}", change)).await;
        assert_eq!(status.as_u16(), expected, "{method} {path}");
        assert_eq!(headers.contains_key(header::ALLOW), expected == 405, "{method} {path}");
    }
}

/// A custom domain with a base path mapping: the mapping is in the path and not in the resource.
#[tokio::test]
async fn a_base_path_does_not_matter() {
    for (path, resource, expected) in [
        ("/wild/ride", "/ride", 201),
        ("/wild/dev/ride", "/ride", 201),
        ("/ride", "", 201),
        ("/ride", "/{proxy+}", 201),
        ("/wild/ride", "/{proxy+}", 404),
        ("/wild/ride", "", 404),
    ] {
        let change = |event: &mut Value| {
            (event["path"], event["resource"]) = (path.into(), resource.into());
            event["requestContext"]["resourcePath"] = resource.into();
        };
        let (status, ..) = answer(&mut moody(), event("{}", change)).await;
        assert_eq!(status.as_u16(), expected, "{path} {resource}");
    }
}

#[tokio::test]
async fn health_names_the_service_and_its_version() {
    let sample: Value = serde_json::from_str(include_str!("../../events/health-get.json")).expect("JSON");
    let (status, _, body) = answer(&mut moody(), request(&sample)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, json!({"status": "ok", "service": "moody", "version": shared::VERSION}));
}

#[tokio::test]
async fn a_caller_with_no_patience_is_told_at_once() {
    for (patience, expected) in [("0", 503), ("500", 503), ("5000", 201), ("-1", 201), ("soon", 201)] {
        let (status, headers, _) =
            answer(&mut moody(), event("{}", |event| header(event, "X-Remaining-Ms", patience))).await;
        assert_eq!(status.as_u16(), expected, "{patience}");
        assert_eq!(headers.contains_key(header::RETRY_AFTER), expected == 503, "{patience}");
    }
}

#[tokio::test]
async fn a_strangers_patience_does_not_count() {
    for patience in ["0", "500"] {
        let request = event("{}", |event| header(event, "X-Remaining-Ms", patience));
        assert_eq!(answer(&mut moody_where(false), request).await.0, StatusCode::CREATED, "{patience}");
    }
}

#[tokio::test]
async fn a_hostile_request_id_is_replaced() {
    for hostile in ["<script>alert(1)</script>", "a b", &"x".repeat(10 * 1024)] {
        let (status, headers, _) =
            answer(&mut moody(), event("{}", |event| header(event, "X-Request-ID", hostile))).await;
        assert_eq!((status.as_u16(), headers["x-request-id"].len()), (201, 36), "{hostile:.20}");
    }
}

#[tokio::test]
async fn the_content_type_and_the_length_are_judged_before_the_body() {
    for (content_type, body, expected) in [
        ("text/plain", "{}".to_owned(), 415),
        ("", "{}".to_owned(), 415),
        ("Application/JSON; charset=utf-8", "{}".to_owned(), 201),
        ("application/json; charset=utf-16", "{}".to_owned(), 415),
        ("application/json", " ".repeat(8 * 1024), 201),
        ("application/json", " ".repeat(8 * 1024 + 1), 413),
        ("application/json", "x".repeat(10_000_000), 413),
    ] {
        let (status, ..) =
            answer(&mut moody(), event(&body, |event| header(event, "Content-Type", content_type))).await;
        assert_eq!(status.as_u16(), expected, "{content_type} {}", body.len());
    }
    let (status, ..) = answer(
        &mut moody(),
        event("{}", |event| {
            event["headers"].as_object_mut().expect("an object").remove("Content-Type");
            event["multiValueHeaders"].as_object_mut().expect("an object").remove("Content-Type");
        }),
    )
    .await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_compressed_body_is_refused_as_what_it_is() {
    for (encoding, body, expected) in [
        ("gzip", "{}", 415),
        ("identity, gzip", "{}", 415),
        ("br", "{}", 415),
        ("Identity", "{}", 201),
        ("gzip", "", 201), // nothing is nothing in any encoding; the handler here takes it
    ] {
        let request = event(body, |event| header(event, "Content-Encoding", encoding));
        let (status, headers, problem) = answer(&mut moody(), request).await;
        assert_eq!(status.as_u16(), expected, "{encoding} {body}: {problem}");
        assert_eq!(headers.contains_key(header::ACCEPT_ENCODING), expected == 415, "{encoding} {body}");
    }
}
