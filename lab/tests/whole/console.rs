//! The console's HTTP: what it serves, in which shape, and whom it refuses. `data/console.json` has the shapes.

use std::time::Duration;

use http::Method;
use lab::assembly::Lab;
use serde_json::{Value, json};

use crate::client::{Answer, RIDE, ask, get, post, send, switch};
use crate::json_shape::misfit;
use crate::stack::{self, eventually, url};

/// By path; `{id}` is the failed request's.
const SHAPES: &str = include_str!("../data/console.json");

async fn console(lab: &Lab, method: Method, path: &str, headers: &[(&str, &str)], body: &'static str) -> Answer {
    send(method, &format!("{}{path}", lab.console.origin), headers, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_the_shape_that_the_page_reads() {
    let lab = stack::start().await;
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    switch(&lab, "RidesTable", Some("fail")).await;
    let failed = post(&url(&lab, "/ride"), RIDE).await;
    assert_eq!(failed.status, 503, "{}", failed.text);
    let id = failed.header("x-amzn-requestid").expect("an id");
    eventually("the guilty span has arrived", || {
        lab.observation.request(id).is_some_and(|detail| detail.request.guilty.is_some())
    })
    .await;
    // States, their history and, once the light has waited for its suppressor, a notice.
    let now = lab.instruments.clock.now();
    for minutes in [1, 3] {
        lab.cloudwatch.evaluate(now + Duration::from_secs(60 * minutes));
    }

    let shapes: Value = serde_json::from_str(SHAPES).expect("JSON");
    for (path, shape) in shapes.as_object().expect("by path") {
        let answer = ask(&lab, &path.replace("{id}", id)).await;
        assert_eq!(misfit(&answer, shape, path), None);
        // A list without items would fit anything.
        let lists = answer.as_object().expect("an object").iter().filter(|(name, _)| *name != "missing");
        for (name, list) in lists {
            assert!(list.as_array().is_none_or(|list| !list.is_empty()), "{path}: {name} is empty");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_all_that_it_names_are_served_and_may_do_little() {
    let lab = stack::start().await;
    let page = get(&lab.console.origin).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let mut wanted = vec!["/".to_owned()];
    let mut seen = 0;
    while let Some(path) = wanted.get(seen).cloned() {
        seen += 1;
        let answer = console(&lab, Method::GET, &path, &[], "").await;
        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        for rule in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http:") && !policy.contains('*'), "{policy}");
        guarded(&path, &answer);
        // What it loads: of the page `href` and `src`, of a script what it imports.
        let named = answer.text.split(['"', '\'']).filter_map(|text| match text.strip_prefix("./") {
            Some(file) if file.ends_with(".js") => Some(format!("/assets/{file}")),
            _ => text.starts_with("/assets/").then(|| text.to_owned()),
        });
        for name in named.collect::<Vec<_>>() {
            if !wanted.contains(&name) {
                wanted.push(name);
            }
        }
        assert!(!answer.text.contains("src=\"http") && !answer.text.contains("from \"http"), "{path} works offline");
    }
    assert!(wanted.len() > 30, "scripts and styles were found: {wanted:?}");
    for (path, kind) in [("/assets/app.js", "text/javascript"), ("/assets/theme.css", "text/css")] {
        let answer = console(&lab, Method::GET, path, &[], "").await;
        assert!(answer.header("content-type").is_some_and(|found| found.starts_with(kind)), "{path}");
    }
}

/// On every answer, also those that refuse.
fn guarded(what: &str, answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{what}");
    assert_eq!(answer.header("access-control-allow-origin"), None, "{what}: no other page may read it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_cannot_answer_it_refuses_in_words() {
    let lab = stack::start().await;
    for (path, status, said) in [
        ("/api/requests?order=oddest", 400, "order must be newest or slowest, not \"oddest\""),
        ("/api/requests?limit=0", 400, "limit must be 1 to 1000"),
        ("/api/logs?after=yesterday", 400, "after must be a line's number"),
        ("/api/map?minutes=0", 400, "minutes must be 1 to 4320"),
        ("/api/metrics/data?namespace=AWS/Lambda", 400, "name must be given"),
        ("/api/metrics/data?namespace=N&name=M&stat=most", 400, "stat must be"),
        ("/api/metrics/data?namespace=N&name=M&period=90", 400, "whole minutes"),
        ("/api/metrics/data?namespace=N&name=M&dimensions=x", 400, "name=value"),
        ("/api/dashboards/wild-rydes-dev-debug?minutes=x", 400, "minutes must be"),
        ("/api/requests/nobody", 404, "nobody is known"),
        ("/api/logs?request=nobody", 404, "no request nobody"),
        ("/api/dashboards/none", 404, "no dashboard none"),
        ("/api/", 404, "the console is at /"),
        ("/api/nothing", 404, "the console is at /"),
        ("/assets/../Cargo.toml", 404, "the console is at /"),
        ("/assets/%2e%2e/Cargo.toml", 404, "the console is at /"),
    ] {
        let answer = console(&lab, Method::GET, path, &[], "").await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
        assert!(answer.json()["error"].as_str().is_some_and(|error| error.contains(said)), "{path}: {}", answer.text);
        guarded(path, &answer);
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS] {
        for path in ["/", "/api/state", "/api/requests"] {
            let answer = console(&lab, method.clone(), path, &[], "").await;
            assert_eq!(answer.status, 405, "{method} {path}");
            guarded(path, &answer);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_to_the_names_of_this_machine_only() {
    let lab = stack::start().await;
    let port = lab.console.origin.rsplit(':').next().expect("a port");
    // A page elsewhere whose name somebody has pointed at 127.0.0.1 sends its own name.
    for host in ["rides.example.com", "127.0.0.1.example.com", "localhost.", "0.0.0.0", "x@localhost"] {
        for (method, path) in [(Method::GET, "/"), (Method::GET, "/api/state"), (Method::POST, "/api/switches")] {
            let headers = [("host", host), ("x-lab-secret", lab.console.secret.as_str())];
            let answer = console(&lab, method, path, &headers, "{}").await;
            assert_eq!(answer.status, 403, "{host} {path}: {}", answer.text);
            assert!(!answer.text.contains("wild-rydes"), "{}", answer.text);
        }
    }
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
        let answer = console(&lab, Method::GET, "/api/state", &[("host", &host)], "").await;
        assert_eq!(answer.status, 200, "{host}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_knows_the_secret_breaks_anything() {
    let lab = stack::start().await;
    let fail = r#"{"resource":"RidesTable","trouble":"fail"}"#;
    let secret = lab.console.secret.as_str();
    let almost = format!("{}x", &secret[1..]);
    for shown in [&[][..], &[("x-lab-secret", "")], &[("x-lab-secret", "guess")], &[("x-lab-secret", &almost)]] {
        let answer = console(&lab, Method::POST, "/api/switches", shown, fail).await;
        assert_eq!(answer.status, 403, "{}", answer.text);
    }
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201, "nothing is broken");

    let shown = [("x-lab-secret", secret)];
    for (order, status, said) in [
        ("", 400, "expected {\"resource\""),
        ("[]", 400, "expected {\"resource\""),
        (r#"{"resource":"RidesTable","trouble":"explode"}"#, 400, "expected"),
        (r#"{"resource":"RidesTable","trouble":"fail","more":1}"#, 400, "expected"),
        (r#"{"resource":"Nothing","trouble":"fail"}"#, 404, "no table, parameter, queue, function or pipe \"Nothing\""),
    ] {
        let answer = console(&lab, Method::POST, "/api/switches", &shown, order).await;
        assert_eq!(answer.status.as_u16(), status, "{order}: {}", answer.text);
        assert!(answer.json()["error"].as_str().is_some_and(|error| error.contains(said)), "{order}: {}", answer.text);
    }
    let answer = console(&lab, Method::GET, "/api/switches", &shown, "").await;
    assert_eq!(answer.status, 404, "an order is a POST: {}", answer.text);
    let long = format!("{{\"resource\":\"{}\"}}", "x".repeat(5_000));
    let to = format!("{}/api/switches", lab.console.origin);
    assert_eq!(send(Method::POST, &to, &shown, long).await.status, 400);
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201, "nothing is broken");

    assert_eq!(console(&lab, Method::POST, "/api/switches", &shown, fail).await.json(), json!({}));
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 503, "now it is");
    // Everything, where no resource is named.
    let mended = console(&lab, Method::POST, "/api/switches", &shown, r#"{"resource":null,"trouble":null}"#).await;
    assert_eq!(mended.status, 200, "{}", mended.text);
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    assert!(!ask(&lab, "/api/state").await.to_string().contains(secret), "the secret stands in the state file only");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_read_past_their_troubles_by_who_knows_the_secret() {
    let lab = stack::start().await;
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    let secret = lab.console.secret.clone();
    let shown = [("x-lab-secret", secret.as_str())];
    let fail = r#"{"resource":"RidesTable","trouble":"fail"}"#;
    assert_eq!(console(&lab, Method::POST, "/api/switches", &shown, fail).await.status, 200);
    let path = format!("/api/items?table={}", lab.table("RidesTable").expect("a table"));
    let asked = || lab.calls.all().iter().filter(|call| call.resource.ends_with("-rides")).count();
    let before = asked();
    let rows = console(&lab, Method::GET, &path, &shown, "").await.json();
    assert_eq!((rows["items"].as_array().map(Vec::len), &rows["at_rest"]), (Some(1), &json!(true)), "{rows}");
    assert_eq!(asked(), before, "nobody has called DynamoDB");
    for wrong in [&[][..], &[("x-lab-secret", "guess")]] {
        let refused = console(&lab, Method::GET, &path, wrong, "").await;
        assert_eq!(refused.status, 403);
        assert!(!refused.text.contains("RideId"), "{}", refused.text);
    }
    assert_eq!(console(&lab, Method::GET, "/api/items?table=none", &shown, "").await.status, 404);
    assert_eq!(console(&lab, Method::GET, "/api/items", &shown, "").await.status, 400);
}
