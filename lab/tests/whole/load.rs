//! Load on the real lab: what riders saw, and what the table says.

use std::path::Path;
use std::process::{Command, Output};

use lab::load::{self, Agreement, Client, Options, Profile, Progress, Summary};
use rustix::process::Signal;
use serde_json::Value;
use tokio::sync::watch;

use crate::command_line::{lab, signal, start_command};
use crate::stack::{self, url};

/// Rides of the workshop's profile, with limits that a busy machine keeps.
fn profile(directory: &Path, name: &str, phases: &str, ensure: &str) -> String {
    let text = format!(
        "config:\n  phases: [{phases}]\n  http: {{timeout: 30}}\n  ensure: {{{ensure}}}\nscenarios:\n  - flow:\n      - post:\n          \
         url: /ride\n          json: {{PickupLocation: {{Latitude: 42.35, Longitude: -71.05}}}}\n          expect: [statusCode: 201]\n"
    );
    let path = directory.join(name);
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_201_of_a_load_has_its_row() {
    let lab = stack::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = profile(directory.path(), "load.yml", "{duration: 2, arrivalRate: 5, rampTo: 15}", "maxErrorRate: 0");
    let profile = Profile::read(Path::new(&path)).expect("a profile");
    let options = Options { client: Client::Browser, tell_apart: true, ..Options::new(url(&lab, "/dev"), 7) };
    let progress = watch::Sender::new(Progress::default());
    let outcome = load::run(&profile, &options, &progress, std::future::pending()).await.expect("runs");
    let summary = Summary::of(&outcome.ledger, &profile);
    assert_eq!(summary.counter("vusers.completed"), 20, "{summary:?}");
    assert!(summary.judge(&profile.ensure, 1.0).iter().all(|check| check.ok), "{summary:?}");
    let attempts = || outcome.ledger.entries.iter().flat_map(|entry| &entry.attempts);
    assert!(attempts().all(|attempt| attempt.request_id.is_some() && attempt.key.is_some()));
    let table = lab.table("RidesTable").expect("a rides table");
    let rows = lab.dynamodb.items(table).await.expect("the table is readable");
    let found = Agreement::of(&outcome.ledger, &profile, &rows);
    // The stack's own probe books rides, too: those are others'.
    assert_eq!((found.told, found.stored), (20, 20), "{found:?}");
    assert!(found.holds(), "{found:?}");
    // The comparison must be able to fail.
    assert_eq!(Agreement::of(&outcome.ledger, &profile, &[]).lost.len(), 20);
}

#[test]
fn the_command_loads_the_running_lab_and_judges_the_run() {
    let directory = tempfile::tempdir().expect("a directory");
    let states = directory.path().join("states");
    let here = |arguments: &[&str]| {
        let mut command = lab(arguments);
        command.env("LAB_STATE_DIR", &states).env_remove("TARGET");
        command
    };
    let run = |arguments: &[&str]| here(arguments).output().expect("runs");
    let phases = "{duration: 20, arrivalRate: 5}";
    let good = profile(directory.path(), "good.yml", phases, "conditions: [{expression: http.requests >= 100}]");

    let said = usage(&run(&["load", &good]));
    assert!(said.contains("cargo lab up") && said.contains("--target"), "{said}");
    let said = usage(&run(&["load", &good, "--target", "https://api.example.com/dev"]));
    assert!(said.contains("https://api.example.com") && said.contains("--allow-remote"), "{said}");
    let unknown = profile(directory.path(), "unknown.yml", "{duration: 1, arrivalRate: 1, maxVusers: 3}", "");
    let said = usage(&run(&["load", &unknown]));
    assert!(said.contains("unknown.yml:2:") && said.contains("maxVusers"), "{said}");
    let said = usage(&run(&["load", "nowhere.yml"]));
    assert!(said.contains("nowhere.yml"), "{said}");

    let (running, _) = start_command(here(&["up", "--port", "0", "--logs", "none", "--no-ride"]), "Serving until");
    // The comparison reads the table whatever is wrong with it, and costs it nothing.
    assert!(run(&["break", "RidesTable", "--operation", "Scan"]).status.success());
    let ledger = directory.path().join("ledger.jsonl");
    let output =
        run(&["load", &good, "--compress", "10", "--seed", "3", "--json", "--ledger", &ledger.display().to_string()]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{errors}", String::from_utf8_lossy(&output.stdout));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&report["passed"], &report["seed"], &report["table"]["holds"]),
        (&true.into(), &3.into(), &true.into())
    );
    assert_eq!(report["aggregate"]["counters"]["http.codes.201"], 10, "100 riders, ten times as short");
    assert_eq!(report["table"]["found"]["stored"], 10);
    assert!(errors.contains("seed 3") && errors.contains("10 of 10 riders") && !errors.contains('\u{1b}'), "{errors}");
    let ledger = std::fs::read_to_string(ledger).expect("written");
    let entries: Vec<Value> = ledger.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(entries.len(), 10);
    assert!(entries.iter().all(|entry| entry["attempts"][0]["ride_id"].is_string()), "{ledger}");

    let strict = profile(directory.path(), "strict.yml", phases, "thresholds: [http.response_time.p99: 0]");
    let output = run(&["load", &strict, "--compress", "20"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in [
        "Summary report @",
        "http.codes.201: ...",
        "  p99: ...",
        "fail: http.response_time.p99 < 0",
        "ok: 0 of 5 rides",
    ] {
        assert!(said.contains(part), "{part} in\n{said}");
    }

    let output = interrupted(here(&["load", &good, "--seed", "3"]));
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("vusers.created: ..."), "{said}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("stopped before its end"));
    drop(running);
}

/// What a command says that must end with the code for wrong usage.
fn usage(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// Starts a command and sends Ctrl-C once it has said that the load has begun.
fn interrupted(mut command: Command) -> Output {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut errors = BufReader::new(child.stderr.take().expect("piped"));
    let mut said = String::new();
    // Progress comes each ten seconds in a pipe: half of the run is over then.
    while !said.contains("riders,") {
        assert!(errors.read_line(&mut said).expect("readable") > 0, "ended early: {said}");
    }
    signal(&child, Signal::INT);
    errors.read_to_string(&mut said).expect("readable");
    let output = child.wait_with_output().expect("ends");
    Output { stderr: said.into_bytes(), ..output }
}
