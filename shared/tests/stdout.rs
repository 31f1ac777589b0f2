//! A standard output that is closed, or that refuses every byte, neither fails nor ends a function. This needs a process
//! of its own, whose standard output is not the test harness's: hence no harness.

use http::{HeaderMap, Method};
use lambda_http::tower::Service;
use lambda_http::{Context, RequestExt};
use shared::config::Environment;
use shared::service::{Answer, Call, Handler, Routes, Settings, service};
use std::fs::File;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

const CHILD: &str = "WILD_RYDES_TEST_CHILD";

struct Panics;

impl Handler for Panics {
    async fn handle(&self, _: Call) -> Answer {
        panic!("a bug")
    }
}

fn main() -> ExitCode {
    if std::env::var_os(CHILD).is_some() {
        return answer_requests();
    }
    let (reader, closed) = std::io::pipe().expect("a pipe");
    drop(reader);
    let full = File::options().write(true).open("/dev/full").map(Stdio::from); // Linux has it, macOS has not
    for stdout in [Some(Stdio::from(closed)), full.ok()].into_iter().flatten() {
        let mut child = Command::new(std::env::current_exe().expect("a path"));
        let output = child.env(CHILD, "1").stdout(stdout).stderr(Stdio::piped()).output().expect("it starts");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
    ExitCode::SUCCESS
}

/// Logs and measures a thousand requests into nothing.
fn answer_requests() -> ExitCode {
    shared::telemetry::start("test", &[("STAGE", "dev")].into_iter().collect::<Environment>());
    let settings =
        Settings { service: "test", stage: "dev".into(), timeout: Duration::from_secs(20), tracer: Default::default() };
    let (method, headers) = (Method::POST, HeaderMap::new());
    let routes =
        Routes { method, path: "/ride", also: &[], more: &[], health: "/health", caller_budget: false, headers };
    let mut service = service(settings, routes, Panics);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for _ in 0..1_000 {
        let event = include_str!("../../events/ride-post.json");
        let request = lambda_http::request::from_str(event).expect("an event that lambda_http knows");
        let Ok(response) = runtime.block_on(service.call(request.with_lambda_context(Context::default())));
        if response.status() != 500 {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
