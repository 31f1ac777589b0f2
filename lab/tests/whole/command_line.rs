//! `cargo lab` itself: what it prints, how it stops, what it leaves behind, and what it says when it cannot start.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::client::{RIDE, post};
use crate::stack;

/// Long enough for cargo to find that nothing is left to build, on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);

/// A command that runs; killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) output: BufReader<std::process::ChildStdout>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Has ended where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command of the real `cargo lab`.
pub(crate) fn lab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.current_dir(stack::workspace()).args(arguments).stdin(Stdio::null());
    // Tests run side by side: none may take another's lab for the running one.
    command.env("LAB_STATE_DIR", std::env::temp_dir().join(format!("lab-{}", uuid::Uuid::new_v4())));
    command
}

/// Starts a command and reads its output up to the line that starts so.
fn start(arguments: &[&str], last: &str) -> (Running, Vec<String>) {
    start_command(lab(arguments), last)
}

/// The same with a command that somebody has made.
pub(crate) fn start_command(command: Command, last: &str) -> (Running, Vec<String>) {
    start_telling(command, last, Stdio::null())
}

/// The same, with its standard error somewhere.
pub(crate) fn start_telling(mut command: Command, last: &str, errors: Stdio) -> (Running, Vec<String>) {
    let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().expect("starts");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let mut running = Running { child, output };
    let mut lines = Vec::new();
    let deadline = Instant::now() + START_LIMIT;
    loop {
        let mut line = String::new();
        let read = running.output.read_line(&mut line).expect("readable");
        assert!(read > 0 && Instant::now() < deadline, "{command:?} ended early:\n{}", lines.join("\n"));
        let found = line.starts_with(last);
        lines.push(line.trim_end().to_owned());
        if found {
            return (running, lines);
        }
    }
}

/// Runs a command to its end.
fn run(arguments: &[&str]) -> (ExitStatus, String, String) {
    let output = lab(arguments).output().expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status, text(&output.stdout), text(&output.stderr))
}

/// Runs a command that must fail and returns what it says.
fn fails(arguments: &[&str]) -> String {
    let (status, _, errors) = run(arguments);
    assert!(!status.success(), "{arguments:?} succeeded");
    assert!(!errors.contains("panicked"), "{errors}");
    errors
}

/// Processes whose environment says that they are functions of this lab, or its reaper: all descendants.
fn descendants(of: u32) -> Vec<u32> {
    let mut family = vec![of];
    let mut at = 0;
    while at < family.len() {
        let parent = family[at];
        at += 1;
        for entry in std::fs::read_dir("/proc").expect("proc").flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            // After the name in brackets: state, parent.
            let found = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse::<u32>().ok());
            if found == Some(parent) {
                family.push(pid);
            }
        }
    }
    family.split_off(1)
}

fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // A zombie waits for its parent only.
    !stat.is_empty() && !stat.contains(") Z ")
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    kill_process(pid, signal).expect("signalled");
}

fn variation(directory: &Path, old: &str, new: &str) -> String {
    let text = stack::template();
    assert!(text.contains(old), "{old}");
    let path = directory.join("template.yaml");
    std::fs::write(&path, text.replace(old, new)).expect("written");
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn up_books_a_ride_prints_what_is_needed_and_stops_on_a_signal() {
    let (mut running, lines) = start(&["up", "--port", "0", "--logs", "none"], "Serving until");
    let printed = lines.join("\n");
    for expected in [
        "ServiceEndpoint",
        "RideRecordUrl",
        "RequestUnicornUrl",
        "curl -i http://127.0.0.1:",
        "201 Created",
        "stored as",
    ] {
        assert!(printed.contains(expected), "{expected} in\n{printed}");
    }
    assert!(!printed.contains('\u{1b}'), "no colours into a pipe");
    let curl = lines.iter().find(|line| line.contains("curl -i")).expect("a curl");
    let to = curl.split_whitespace().nth(2).expect("a URL");
    assert_eq!(post(to, RIDE).await.status, 201);
    let family = descendants(running.child.id());
    assert!(family.len() >= 4, "functions and the reaper: {family:?}");
    signal(&running.child, Signal::INT);
    let status = running.child.wait().expect("ends");
    assert!(status.success(), "{status}");
    let mut rest = String::new();
    running.output.read_to_string(&mut rest).expect("readable");
    stack::eventually("nothing is left", || family.iter().all(|pid| !alive(*pid))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_lab_leaves_no_process_behind() {
    let (mut running, _) = start(&["up", "--port", "0", "--logs", "none"], "Serving until");
    let family = descendants(running.child.id());
    assert!(family.len() >= 4, "functions and the reaper: {family:?}");
    running.child.kill().expect("SIGKILL");
    running.child.wait().expect("ends");
    stack::eventually("nothing is left", || family.iter().all(|pid| !alive(*pid))).await;
}

#[test]
fn ride_without_a_running_lab_books_through_one_of_its_own() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().display().to_string();
    let (status, output, errors) = run(&["ride", "--latitude", "-12.5", "--data", &data]);
    assert!(status.success(), "{output}\n{errors}");
    assert!(output.contains("201 Created") && output.contains("stored as") && output.contains("-12.5"), "{output}");
}

#[test]
fn ride_shows_what_was_refused_and_fails() {
    let (status, output, _) = run(&["ride", "--latitude", "91"]);
    assert_eq!(status.code(), Some(1));
    assert!(
        output.contains("-> 422 ") && output.contains("/PickupLocation/Latitude") && output.contains("no row"),
        "{output}"
    );
}

#[test]
fn invoke_prints_the_response_of_one_invocation() {
    let (status, output, errors) = run(&["invoke", "request-unicorn", "events/unicorn-get.json"]);
    assert!(status.success(), "{errors}");
    let response: serde_json::Value = serde_json::from_str(&output).expect("JSON");
    assert_eq!(response["statusCode"], 200, "{output}");
    let (status, output, errors) = run(&["invoke", "seed-fleet", "events/fleet-create.json"]);
    assert!(status.success(), "{errors}");
    assert!(
        output.contains("reported to CloudFormation") && output.contains("SUCCESS"),
        "not to the internet: {output}"
    );
    assert!(fails(&["invoke", "no-such-function", "events/unicorn-get.json"]).contains("put-ride-record"));
    assert!(fails(&["invoke", "request-unicorn", "events/none.json"]).contains("events/none.json"));
    assert!(fails(&["invoke", "request-unicorn", "README.md"]).contains("not JSON"));
}

#[test]
fn invoke_measures_time_and_processor_time() {
    for tracing in [&[][..], &["--unsampled"]] {
        let arguments = [&["invoke", "request-unicorn", "events/unicorn-get.json", "--times", "5"], tracing].concat();
        let (status, output, errors) = run(&arguments);
        assert!(status.success(), "{errors}");
        let row = |what: &str| {
            let line = output.lines().find(|line| line.starts_with(what)).expect("a row");
            line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!((&*row("init")[0], &*row("first")[0], &*row("warm")[0]), ("20", "20", "5"), "{output}");
        let processor = row("warm")[4].parse::<f64>();
        assert!(processor.is_ok_and(|ms| ms > 0.0) || output.contains("not known here"), "{output}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn services_write_an_env_file_with_every_endpoint() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("services.env");
    let (running, _) = start(&["services", "--env-file", &file.display().to_string()], "Serving until");
    let text = std::fs::read_to_string(&file).expect("written");
    for name in [
        "AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:",
        "AWS_ENDPOINT_URL_SSM=http://127.0.0.1:",
        "RIDES_TABLE=",
        "UNICORNS_TABLE=",
        "RIDE_RECORD_URL_PARAMETER=",
    ] {
        assert!(text.contains(name), "{name} in\n{text}");
    }
    let dynamodb = text.lines().find_map(|line| line.strip_prefix("AWS_ENDPOINT_URL_DYNAMODB=")).expect("an endpoint");
    assert!(dynamodb.starts_with("http://127.0.0.1:"));
    drop(running);
}

#[test]
fn an_occupied_port_is_an_error_that_says_what_to_do() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let said = fails(&["up", "--port", &port]);
    assert!(said.contains(&port) && said.contains("--port 0"), "{said}");
}

#[test]
fn a_broken_template_is_an_error_that_names_the_place() {
    let directory = tempfile::tempdir().expect("a directory");
    let unknown = variation(directory.path(), "Type: AWS::DynamoDB::Table", "Type: AWS::QLDB::Ledger");
    let said = fails(&["up", "--port", "0", "--template", &unknown]);
    assert!(said.contains("AWS::QLDB::Ledger") && said.contains("template.yaml:"), "{said}");
    let text = directory.path().join("text.yaml");
    std::fs::write(&text, "Resources: [unclosed").expect("written");
    let said = fails(&["up", "--port", "0", "--template", &text.display().to_string()]);
    assert!(said.contains("text.yaml:"), "{said}");
    let said = fails(&["up", "--port", "0", "--template", "/nowhere/template.yaml"]);
    assert!(said.contains("/nowhere/template.yaml"), "{said}");
}

#[test]
fn a_wrong_parameter_is_an_error_that_names_it() {
    let said = fails(&["up", "--port", "0", "--parameter", "Stge=dev"]);
    assert!(said.contains("Stge") && said.contains("Stage"), "{said}");
    let said = fails(&["up", "--port", "0", "--stage", "Not A Stage"]);
    assert!(said.contains("Stage"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_fails_at_init_is_an_error_with_its_own_words() {
    let error = stack::Variation::default()
        .replacing("RECORD_ATTEMPT_TIMEOUT_MS: \"3000\"", "RECORD_ATTEMPT_TIMEOUT_MS: \"soon\"")
        .try_start()
        .await
        .expect_err("does not start")
        .to_string();
    assert!(error.contains("request-ride") && error.contains("RECORD_ATTEMPT_TIMEOUT_MS"), "{error}");
}

#[test]
fn ride_uses_the_lab_that_runs_and_not_one_that_was_killed() {
    let directory = tempfile::tempdir().expect("a directory");
    let here = |arguments: &[&str]| {
        let mut command = lab(arguments);
        command.env("LAB_STATE_DIR", directory.path());
        command
    };
    let (mut running, _) = start_command(here(&["up", "--port", "0", "--logs", "none", "--no-ride"]), "Serving until");
    let ride = here(&["ride"]).output().expect("runs");
    assert!(ride.status.success(), "{}", String::from_utf8_lossy(&ride.stderr));
    assert!(String::from_utf8_lossy(&ride.stdout).contains("booking with the running lab"));
    running.child.kill().expect("SIGKILL");
    running.child.wait().expect("ends");
    assert_eq!(std::fs::read_dir(directory.path()).expect("readable").count(), 1, "a killed lab cannot clean up");
    let ride = here(&["ride"]).output().expect("runs");
    assert!(ride.status.success(), "{}", String::from_utf8_lossy(&ride.stderr));
    assert!(String::from_utf8_lossy(&ride.stdout).contains("no lab runs here"));
}
