//! Bad input on every route, through the gateway: each class gets its 4xx problem document.

use http::Method;
use lab::assembly::Lab;

use crate::client::{Answer, RIDE, get, send};
use crate::signed::{send_signed, with_an_open_role};
use crate::stack::{self, eventually, rows, url};

const JSON: &str = "application/json";

fn assert_problem(what: &str, answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
    assert!(answer.header("x-request-id").is_some(), "{what}: X-Request-ID");
    let problem = answer.json();
    assert_eq!(problem["status"], status, "{what}: {problem}");
    for member in ["type", "title", "detail", "requestId"] {
        assert!(problem[member].is_string(), "{what}: {member} of {problem}");
    }
    for leak in ["panicked", "src/", ".rs:", "Error {", "expected value at line"] {
        assert!(!answer.text.contains(leak), "{what} leaks {leak}: {}", answer.text);
    }
}

async fn assert_posts(lab: &Lab, path: &str, cases: &[(&str, Vec<u8>, u16)]) {
    for (what, body, status) in cases {
        let answer = send_signed(lab, Method::POST, path, &[("content-type", JSON)], body.clone()).await;
        assert_problem(&format!("{path} {what}"), &answer, *status);
    }
}

fn location(latitude: &str, longitude: &str) -> Vec<u8> {
    format!(r#"{{"PickupLocation":{{"Latitude":{latitude},"Longitude":{longitude}}}}}"#).into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_json_object_are_a_400_on_every_route_that_takes_one() {
    let lab = stack::start().await;
    let nested = [vec![b'['; 4_000], vec![b']'; 4_000]].concat();
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("no body", b"".to_vec(), 400),
        ("blank", b"  \n".to_vec(), 400),
        ("null", b"null".to_vec(), 400),
        ("array", b"[]".to_vec(), 400),
        ("string", b"\"x\"".to_vec(), 400),
        ("number", b"7".to_vec(), 400),
        ("truncated", RIDE.as_bytes()[..30].to_vec(), 400),
        ("trailing data", format!("{RIDE}{RIDE}").into_bytes(), 400),
        ("depth 4,000", nested.clone(), 400),
        ("depth 4,000 in a field", [b"{\"PickupLocation\":".as_slice(), &nested, b"}"].concat(), 400),
        ("invalid UTF-8", b"{\"PickupLocation\":\"\xff\xfe\"}\xff".to_vec(), 400),
        ("NaN", location("NaN", "0"), 400),
        ("byte order mark", [b"\xef\xbb\xbf".as_slice(), RIDE.as_bytes()].concat(), 400),
    ];
    assert_posts(&lab, "/ride", &cases).await;
    assert_posts(&lab, "/record", &cases).await;
    assert!(rows(&lab).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_are_missing_wrong_or_out_of_range_are_a_422_that_names_them() {
    let lab = stack::start().await;
    let cases = [
        ("{}".to_owned(), "/PickupLocation"),
        (r#"{"PickupLocation":null}"#.to_owned(), "/PickupLocation"),
        (r#"{"PickupLocation":7}"#.to_owned(), "/PickupLocation"),
        (r#"{"PickupLocation":{"Latitude":1}}"#.to_owned(), "/PickupLocation/Longitude"),
        (r#"{"PickupLocation":{"Latitude":null,"Longitude":0}}"#.to_owned(), "/PickupLocation/Latitude"),
        (r#"{"PickupLocation":{"Latitude":"1","Longitude":0}}"#.to_owned(), "/PickupLocation/Latitude"),
        (r#"{"PickupLocation":{"Latitude":true,"Longitude":0}}"#.to_owned(), "/PickupLocation/Latitude"),
        (r#"{"PickupLocation":{"Latitude":1e400,"Longitude":0}}"#.to_owned(), "/PickupLocation/Latitude"),
        (r#"{"PickupLocation":{"Latitude":90.0000001,"Longitude":0}}"#.to_owned(), "/PickupLocation/Latitude"),
        (r#"{"PickupLocation":{"Latitude":0,"Longitude":-180.0000001}}"#.to_owned(), "/PickupLocation/Longitude"),
        (r#"{"PickupLocation":{"Latitude":0,"Longitude":0,"Altitude":1}}"#.to_owned(), "/PickupLocation/Altitude"),
        (r#"{"PickupLocation":{"Latitude":0,"Longitude":0},"Price":1}"#.to_owned(), "/Price"),
    ];
    for (body, pointer) in cases {
        let answer = send(Method::POST, &url(&lab, "/ride"), &[("content-type", JSON)], body.clone()).await;
        let what = &body[..body.len().min(80)];
        assert_problem(what, &answer, 422);
        let problem = answer.json();
        let errors = problem["errors"].as_array().expect("errors");
        assert!(
            errors.iter().any(|error| error["pointer"] == pointer && error["detail"].is_string()),
            "{what}: {problem}"
        );
    }
    assert!(rows(&lab).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edges_of_the_earth_are_in_range() {
    let lab = stack::start().await;
    for (latitude, longitude) in [("90", "180"), ("-90", "-180"), ("0", "-0"), ("9e1", "1.8E2"), ("1e-400", "5e-324")] {
        let answer =
            send(Method::POST, &url(&lab, "/ride"), &[("content-type", JSON)], location(latitude, longitude)).await;
        assert_eq!(answer.status, 201, "{latitude} {longitude}: {}", answer.text);
    }
    assert_eq!(rows(&lab).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_a_413() {
    let lab = stack::start().await;
    let padded = |length: usize| format!("{RIDE}{}", " ".repeat(length - RIDE.len())).into_bytes();
    for path in ["/ride", "/record"] {
        assert_posts(&lab, path, &[("8 KiB and a byte", padded(8 * 1024 + 1), 413)]).await;
    }
    // Over Lambda's limit, and over API Gateway's own.
    let cases = [("7 MB", padded(7 * 1024 * 1024), 413), ("10 MB and a byte", padded(10 * 1024 * 1024 + 1), 413)];
    assert_posts(&lab, "/ride", &cases).await;
    let fits = send(Method::POST, &url(&lab, "/ride"), &[("content-type", JSON)], padded(8 * 1024)).await;
    assert_eq!(fits.status, 201, "{}", fits.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_content_type_is_a_415() {
    let lab = stack::start().await;
    for path in ["/ride", "/record"] {
        let none = send_signed(&lab, Method::POST, path, &[], RIDE).await;
        assert_problem("no content type", &none, 415);
        for wrong in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json", "*/*"] {
            let answer = send_signed(&lab, Method::POST, path, &[("content-type", wrong)], RIDE).await;
            assert_problem(wrong, &answer, 415);
        }
    }
    let parameterised = [("content-type", "Application/JSON; charset=utf-8")];
    assert_eq!(send(Method::POST, &url(&lab, "/ride"), &parameterised, RIDE).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_is_a_405_that_names_the_right_one() {
    let lab = with_an_open_role().start().await;
    for (path, right) in
        [("/ride", "POST"), ("/record", "POST"), ("/unicorn", "GET"), ("/health", "GET"), ("/record/health", "GET")]
    {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            if method == right {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let answer = send_signed(&lab, method.clone(), path, &[("content-type", JSON)], RIDE).await;
            assert_problem(&format!("{method} {path}"), &answer, 405);
            let allow = answer.header("allow").unwrap_or_default();
            assert!(allow.contains(right), "{method} {path}: Allow is {allow:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_route_is_a_true_404_whatever_is_sent_to_it() {
    let lab = stack::start().await;
    for path in
        ["/", "/dev", "/dev/", "/rides", "/ride/", "/ride/1", "/dev/nothing/here", "/..%2f..%2fetc/passwd", "/%00"]
    {
        assert_problem(path, &get(&url(&lab, path)).await, 404);
        let posted = send(Method::POST, &url(&lab, path), &[("content-type", "image/png")], "\u{1}").await;
        assert_problem(path, &posted, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_is_answered_without_a_function() {
    let lab = stack::start().await;
    let headers = [("origin", "https://wildrydes.example"), ("access-control-request-method", "POST")];
    let answer = send(Method::OPTIONS, &url(&lab, "/ride"), &headers, "").await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.header("access-control-allow-methods").is_some_and(|methods| methods.contains("POST")));
    assert!(answer.header("access-control-allow-headers").is_some_and(|headers| headers.contains("Idempotency-Key")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_holds_no_location_body_or_token() {
    let lab = stack::start().await;
    let canaries =
        ["33.123456789", "-44.987654321", "Bearer canary-token-7f3a", "canary-field-91b2", "canary-value-55c1"];
    let headers = [("content-type", JSON), ("authorization", canaries[2])];
    send(Method::POST, &url(&lab, "/ride"), &headers, location(canaries[0], canaries[1])).await;
    let body = format!(r#"{{"{}":"{}"}}"#, canaries[3], canaries[4]);
    let refused = send(Method::POST, &url(&lab, "/ride"), &headers, body).await;
    assert_eq!(refused.status, 422);
    let is_refusal = |line: &lab::logs::Line| line.text.contains("\"status\":422");
    eventually("the refusal is logged", || lab.logs.lines().iter().any(is_refusal)).await;
    for line in lab.logs.lines() {
        for canary in canaries {
            assert!(!line.text.contains(canary), "{canary} in {}", line.text);
        }
    }
}
