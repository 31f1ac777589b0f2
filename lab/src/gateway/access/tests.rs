use super::*;
use crate::gateway::auth::signer;
use crate::gateway::event;
use crate::gateway::router::Matched;
use crate::template::{Function, Integration, Role};
use bytes::Bytes;
use http::Request;
use serde_json::json;
use std::time::{Duration, Instant};

const BODY: &[u8] = b"{}";
const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:abc/dev/POST/record";

fn access(statements: Vec<Value>) -> Access {
    let role_arn = "arn:aws:iam::123456789012:role/path/caller".to_owned();
    let function = Function {
        logical_id: "F".to_owned(),
        name: "f".to_owned(),
        arn: String::new(),
        binary: String::new(),
        code_uri: String::new(),
        handler: String::new(),
        runtime: String::new(),
        timeout: Duration::from_secs(1),
        memory_mb: 128,
        environment: BTreeMap::new(),
        reserved_concurrency: None,
        log_group: String::new(),
        role_arn: Some(role_arn.clone()),
        tracing: false,
    };
    let roles = BTreeMap::from([("R".to_owned(), Role { arn: role_arn, statements })]);
    let keyring = Keyring::new([&function], &roles, "123456789012");
    Access { region: "eu-west-1".to_owned(), keyring, guard: Guard::default(), user_pools: BTreeMap::new() }
}

fn context(path: &str) -> Context {
    Context {
        request_id: String::new(),
        extended_request_id: String::new(),
        account_id: "123456789012".to_owned(),
        api_id: "abc".to_owned(),
        stage: "dev".to_owned(),
        domain: String::new(),
        method: "POST".to_owned(),
        path: path.to_owned(),
        resource: String::new(),
        source_ip: std::net::Ipv4Addr::LOCALHOST.into(),
        user_agent: None,
        trace_header: String::new(),
        received: Timestamp::now(),
        started: Instant::now(),
        caller: Caller::default(),
        error: None,
        integration: Default::default(),
        status: 0,
        response_length: 0,
    }
}

fn call(access: &Access, path: &str) -> Result<Caller, Refusal> {
    let request = Request::post(format!("/dev{path}")).header("host", "127.0.0.1:3000");
    let mut parts = request.body(()).expect("a request").into_parts().0;
    let scope = Scope { region: "eu-west-1".to_owned(), service: "execute-api".to_owned() };
    let (key, credentials) = access.keyring.of_function("f").expect("a key");
    let now = Timestamp::now();
    signer::sign(&mut parts, BODY, &scope, &key, &credentials, now).expect("signed");
    access.admit(&Authorization::Iam, &context(path), &parts, BODY, now)
}

fn statement(effect: &str, resource: &str) -> Value {
    json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource})
}

fn event_of(caller: Caller) -> Value {
    let integration = Integration::Lambda { function: "F".to_owned(), timeout: Duration::from_secs(1) };
    let matched = Matched {
        resource: "/record",
        authorization: &Authorization::None,
        integration: &integration,
        parameters: BTreeMap::new(),
    };
    let context = Context { caller, ..context("/record") };
    let event = event::of(&context, &matched, &http::HeaderMap::new(), None, &Bytes::new());
    serde_json::from_slice(&event).expect("JSON")
}

#[test]
fn the_roles_statements_decide() {
    assert!(call(&access(vec![statement("Allow", ARN)]), "/record").is_ok());
    for (statements, path, explicitly) in [
        (vec![], "/record", false),
        (vec![statement("Allow", ARN)], "/record/health", false),
        (vec![statement("Allow", ARN)], "//record", false),
        (vec![statement("Allow", ARN)], "/x/../record", false),
        (vec![statement("Allow", "*"), statement("Deny", ARN)], "/record", true),
    ] {
        let refusal = call(&access(statements), path).expect_err(path);
        assert_eq!((refusal.response_type, refusal.status), ("ACCESS_DENIED", 403));
        assert_eq!(refusal.message.ends_with(" with an explicit deny"), explicitly, "{}", refusal.message);
    }
}

#[test]
fn a_signer_stands_in_the_event() {
    let caller = call(&access(vec![statement("Allow", ARN)]), "/record").expect("let in");
    let event = event_of(caller);
    let identity = &event["requestContext"]["identity"];
    assert_eq!(identity["accessKey"], "LAB.f");
    assert_eq!(identity["accountId"], "123456789012");
    assert_eq!(identity["userArn"], "arn:aws:sts::123456789012:assumed-role/caller/f");
    assert_eq!(identity["caller"], identity["user"]);
    assert!(identity["caller"].as_str().is_some_and(|caller| caller.starts_with("AROA") && caller.ends_with(":f")));
    assert!(event["requestContext"].get("authorizer").is_none());
}

#[test]
fn a_user_stands_in_the_event_and_a_stranger_does_not() {
    let claims = json!({"sub": "s", "cognito:username": "ada"});
    let event = event_of(Caller::User(claims.as_object().expect("an object").clone()));
    assert_eq!(event["requestContext"]["authorizer"]["claims"], claims);
    assert_eq!(event["requestContext"]["identity"]["userArn"], Value::Null);
    let event = event_of(Caller::Anyone);
    assert!(event["requestContext"].get("authorizer").is_none());
    assert_eq!(event["requestContext"]["identity"]["accessKey"], Value::Null);
}
