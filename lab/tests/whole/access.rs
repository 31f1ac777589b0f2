//! Who may call: routes that ask for a signature and routes that ask for a token.

use http::{Method, Request};
use jiff::{SignedDuration, Timestamp};
use lab::assembly::Lab;
use lab::gateway::auth::signer;
use lab::gateway::auth::sigv4::{Credentials, Scope};
use lab::template::{Authorization, Role, Stack, UserPool};
use serde_json::{Value, json};

use crate::client::{Answer, RIDE, get, post, send};
use crate::stack::{self, Variation, unruly, url};

const POOL: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Riders001";

fn guard(stack: &mut Stack, path: &str, authorization: &Authorization) {
    for route in stack.apis.values_mut().flat_map(|api| &mut api.routes).filter(|route| route.path == path) {
        route.authorization = authorization.clone();
    }
}

/// `/unruly/{what}` asks for a signature; Unruly may `GET` its echo, Patient may do nothing.
fn signed_echo(stack: &mut Stack) {
    guard(stack, "/unruly/{what}", &Authorization::Iam);
    let api = stack.apis.values().next().expect("an API").id.clone();
    for (id, role) in [("Unruly", "unruly-role"), ("Patient", "patient-role")] {
        let arn = format!("arn:aws:iam::123456789012:role/{role}");
        let resource = format!("arn:aws:execute-api:eu-west-1:123456789012:{api}/dev/GET/unruly/echo");
        let allow = json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource});
        let statements = if id == "Unruly" { vec![allow] } else { vec![] };
        stack.functions.get_mut(id).expect("a function").role_arn = Some(arn.clone());
        stack.roles.insert(role.to_owned(), Role { arn, statements });
    }
}

/// Access key and credentials of a function.
fn key(lab: &Lab, id: &str) -> (String, Credentials) {
    lab.endpoints.keyring.of_function(&lab.stack.functions[id].name).expect("a key")
}

/// Signs a `GET` and sends it, at a time that is `late_s` off and with one header replaced after it was signed.
async fn call(
    lab: &Lab,
    path: &str,
    key: &(String, Credentials),
    late_s: i64,
    replaced: Option<(&str, &str)>,
) -> Answer {
    let host = lab.origin.trim_start_matches("http://").to_owned();
    let mut parts = Request::get(path).header("host", host).body(()).expect("a request").into_parts().0;
    let scope = Scope { region: "eu-west-1".to_owned(), service: "execute-api".to_owned() };
    let date = Timestamp::now() - SignedDuration::from_secs(late_s);
    signer::sign(&mut parts, b"", &scope, &key.0, &key.1, date).expect("signed");
    if let Some((from, to)) = replaced {
        let header = parts.headers["authorization"].to_str().expect("text").replace(from, to);
        parts.headers.insert("authorization", header.parse().expect("a header value"));
    }
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
    send(Method::GET, &url(lab, path), &headers.collect::<Vec<_>>(), "").await
}

/// Status, error type and message of a refusal.
fn said(answer: &Answer) -> (u16, &str, String) {
    let body = answer.json();
    let message = body.get("message").or_else(|| body.get("Message")).and_then(Value::as_str).unwrap_or_default();
    (answer.status.as_u16(), answer.header("x-amzn-errortype").unwrap_or_default(), message.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_record_and_unicorn_are_refused_and_health_is_not() {
    let lab = Variation::default()
        .changed(|stack| {
            for path in ["/record", "/unicorn"] {
                guard(stack, path, &Authorization::Iam);
            }
        })
        .start()
        .await;
    let answers = [
        post(&url(&lab, "/dev/record"), "{}").await,
        get(&url(&lab, "/unicorn")).await,
        send(Method::DELETE, &url(&lab, "/record"), &[], "").await,
    ];
    for answer in &answers {
        let missing = "Missing Authentication Token".to_owned();
        assert_eq!(said(answer), (403, "MissingAuthenticationTokenException", missing), "{}", answer.text);
    }
    let bearer = [("authorization", "Bearer canary-token"), ("content-type", "application/json")];
    let answer = send(Method::POST, &url(&lab, "/record"), &bearer, "{}").await;
    assert_eq!((answer.status.as_u16(), said(&answer).1), (403, "IncompleteSignatureException"));
    assert!(!answer.text.contains("canary-token"), "{}", answer.text);
    for path in ["/record/health", "/dev/unicorn/health"] {
        assert_eq!(get(&url(&lab, path)).await.status, 200, "{path}");
    }
    assert!(lab.calls.all().iter().all(|call| call.action != "dynamodb:PutItem" || call.resource.contains("unicorns")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_calls_what_it_may_and_nothing_else() {
    let lab = unruly().changed(signed_echo).start().await;
    let (unruly, patient) = (key(&lab, "Unruly"), key(&lab, "Patient"));
    let answer = call(&lab, "/dev/unruly/echo", &unruly, 0, None).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    for (path, key) in [("/dev/unruly/other", &unruly), ("/dev/unruly/echo", &patient)] {
        let answer = call(&lab, path, key, 0, None).await;
        let (status, kind, message) = said(&answer);
        assert_eq!((status, kind), (403, "AccessDeniedException"), "{}", answer.text);
        assert!(message.starts_with("User: arn:aws:sts::123456789012:assumed-role/"), "{message}");
        assert!(message.contains(
            " is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********9012:"
        ));
        assert!(answer.json().get("Message").is_some(), "AWS writes it with a capital M: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_late_early_and_misdirected_calls_are_refused() {
    let lab = unruly().changed(signed_echo).start().await;
    let key = key(&lab, "Unruly");
    let mut wrong_secret = key.clone();
    wrong_secret.1.secret = "lab-secret-that-opens-nothing".to_owned();
    let mut no_session = key.clone();
    no_session.1.session_token = None;
    let path = "/dev/unruly/echo";
    for (what, answer, kind, message) in [
        (
            "forged",
            call(&lab, path, &wrong_secret, 0, None).await,
            "InvalidSignatureException",
            "The request signature we",
        ),
        (
            "no session",
            call(&lab, path, &no_session, 0, None).await,
            "UnrecognizedClientException",
            "The security token",
        ),
        ("late", call(&lab, path, &key, 400, None).await, "InvalidSignatureException", "Signature expired: "),
        ("early", call(&lab, path, &key, -400, None).await, "InvalidSignatureException", "Signature not yet current: "),
        (
            "another region",
            call(&lab, path, &key, 0, Some(("eu-west-1", "us-east-1"))).await,
            "InvalidSignatureException",
            "Credential should be scoped to a valid region",
        ),
        (
            "another service",
            call(&lab, path, &key, 0, Some(("/execute-api/", "/dynamodb/"))).await,
            "InvalidSignatureException",
            "Credential should be scoped to correct service: 'execute-api'.",
        ),
    ] {
        let (status, exception, said) = said(&answer);
        assert_eq!((status, exception), (403, kind), "{what}: {}", answer.text);
        assert!(said.starts_with(message), "{what}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_start_makes_other_secrets() {
    let (one, other) = (unruly().start().await, unruly().start().await);
    let (one, other) = (key(&one, "Unruly"), key(&other, "Unruly"));
    assert_eq!(one.0, other.0);
    assert!(one.1.secret != other.1.secret && one.1.session_token != other.1.session_token);
}

/// `/ride` asks for a token of a pool with two clients, for the first one.
fn riders(stack: &mut Stack) {
    let clients = vec!["page".to_owned(), "other".to_owned()];
    let pool = UserPool { id: "eu-west-1_Riders001".to_owned(), arn: POOL.to_owned(), clients };
    stack.user_pools.insert("Riders".to_owned(), pool);
    let (pools, clients) = (vec![POOL.to_owned()], vec!["page".to_owned()]);
    let authorization = Authorization::Cognito { pools, clients, scopes: vec![] };
    for route in stack.apis.values_mut().flat_map(|api| &mut api.routes) {
        if route.path == "/ride" && route.method == "POST" {
            route.authorization = authorization.clone();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rider_needs_a_good_token_of_the_pool() {
    let lab = Variation::default().changed(riders).start().await;
    let (pool, origin) = &lab.user_pools["Riders"];
    let of = |client: &str, lifetime: i64| pool.tokens("ada", client, lifetime, Timestamp::now()).expect("tokens");
    let book = async |token: &str| {
        let headers = [("content-type", "application/json"), ("authorization", token)];
        send(Method::POST, &url(&lab, "/dev/ride"), &headers, RIDE).await
    };
    let good = of("page", 60);
    for (what, answer, status) in [
        ("no token", post(&url(&lab, "/dev/ride"), RIDE).await, 401),
        ("an expired one", book(&of("page", 0).id_token).await, 401),
        ("another client's", book(&of("other", 60).id_token).await, 401),
        ("an access token", book(&good.access_token).await, 401),
        ("a changed one", book(&good.id_token.replacen("ey", "eY", 1)).await, 401),
        ("a good one", book(&format!("Bearer {}", good.id_token)).await, 201),
        ("a good one alone", book(&good.id_token).await, 201),
    ] {
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
    }
    let preflight = send(Method::OPTIONS, &url(&lab, "/dev/ride"), &[("origin", "https://a.example")], "").await;
    assert_eq!(preflight.status, 204, "a browser asks without a token");

    let base = format!("{origin}/eu-west-1_Riders001");
    let configuration = get(&format!("{base}/.well-known/openid-configuration")).await.json();
    assert_eq!(configuration["issuer"], "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Riders001");
    let keys = get(configuration["jwks_uri"].as_str().expect("a URL")).await.json();
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(2));
    let mint = json!({"rider": "ada", "expires_in": 60}).to_string();
    assert_eq!(post(&format!("{base}/lab/token"), mint).await.status, 403, "a token needs the mint secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_whose_callers_cannot_be_judged_keeps_the_lab_from_starting() {
    let no_pool = |stack: &mut Stack| {
        let pools = vec![POOL.to_owned()];
        guard(stack, "/odd", &Authorization::Cognito { pools, clients: vec![], scopes: vec![] });
    };
    let error = stack::unruly().changed(no_pool).try_start().await.expect_err("no such pool").to_string();
    assert!(error.contains("/odd") && error.contains(POOL), "{error}");
    let condition = |stack: &mut Stack| {
        signed_echo(stack);
        let role = stack.roles.get_mut("unruly-role").expect("a role");
        role.statements[0]["Condition"] = json!({"IpAddress": {"aws:SourceIp": "127.0.0.1"}});
    };
    let error = stack::unruly().changed(condition).try_start().await.expect_err("not judged").to_string();
    assert!(error.contains("'Condition'"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_user_pool_the_rider_is_stored_with_the_ride() {
    let lab = Variation::default().parameter("RiderAuth", "cognito").start().await;
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 401);
    let (id, (pool, _)) = lab.user_pools.iter().next().expect("a pool");
    let client = &lab.stack.user_pools[id].clients[0];
    let token = pool.tokens("ada", client, 60, Timestamp::now()).expect("tokens").id_token;
    let headers = [("content-type", "application/json"), ("authorization", token.as_str())];
    let answer = send(Method::POST, &url(&lab, "/ride"), &headers, RIDE).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let rows = stack::rows(&lab).await;
    let rider = rows.values().next().expect("a row")["Rider"]["S"].as_str().expect("a rider").to_owned();
    let payload = token.split('.').nth(1).expect("a payload");
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    assert_eq!(claims["sub"], rider.as_str());
    let wrong_method = send(Method::PUT, &url(&lab, "/ride"), &headers, RIDE).await;
    assert_eq!(wrong_method.status, 405, "{}", wrong_method.text);
}
