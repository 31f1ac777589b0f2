//! The whole process, with nobody to hear it: its standard output is closed and no X-Ray daemon listens.

#[path = "../../../shared/tests/fake/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use fake::{Fake, Reply};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The headers of an invocation, behind its content type.
const INVOCATION: &str = "application/json\r\n\
    lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
    lambda-runtime-deadline-ms: 33000000000000\r\n\
    lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:123456789012:function:x\r\n\
    lambda-runtime-trace-id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

#[tokio::test]
async fn requests_are_answered_with_standard_output_closed_and_the_daemon_gone() {
    const REQUESTS: usize = 3;
    let (answers, answered) = mpsc::channel();
    let runtime = Fake::judging(move |_, request| {
        if request.head.starts_with("GET ") {
            let body = include_str!("../../../events/record-post.json").to_owned();
            return Reply::Whole { status: 200, content_type: INVOCATION, body };
        }
        let _ = answers.send(request.body.clone());
        Reply::json(202, "{}")
    })
    .await;
    let table = Fake::start(|_| Reply::json(200, "{}")).await;
    let (nobody_reads, output) = std::io::pipe().expect("a pipe");
    drop(nobody_reads);
    let mut process = Command::new(env!("CARGO_BIN_EXE_put-ride-record"))
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", runtime.url("").trim_start_matches("http://").to_owned()),
            ("AWS_LAMBDA_FUNCTION_NAME", "x".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", table.url("/")),
            ("AWS_XRAY_DAEMON_ADDRESS", format!("127.0.0.1:{}", fake::closed_port().await)),
            ("RIDES_TABLE", "rides".to_owned()),
            ("STAGE", "dev".to_owned()),
            ("TIMEOUT_MS", "5000".to_owned()),
            ("CONNECT_TIMEOUT_MS", "1000".to_owned()),
            ("DYNAMODB_ATTEMPTS", "3".to_owned()),
            ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "1000".to_owned()),
        ])
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the function starts");
    let answers = tokio::task::spawn_blocking(move || {
        let next = |_| answered.recv_timeout(Duration::from_secs(30)).expect("an answer");
        (0..REQUESTS).map(next).collect::<Vec<String>>()
    });
    let answers = answers.await.expect("no panic");
    let alive = process.try_wait().expect("a child of ours").is_none();
    process.kill().expect("a child of ours");
    process.wait().expect("a child of ours");
    assert!(alive, "it ended by itself");
    for answer in answers {
        assert!(answer.contains("\"statusCode\":201"), "{answer}");
    }
}
