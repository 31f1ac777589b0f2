//! A learner's way through a scenario that does not say what is broken: start, look, guess wrong, guess right, stop.

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::command_line::{lab, signal, start_telling};

/// Exit code and what was said, on standard output and then on standard error.
fn run(directory: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = lab(arguments).env("LAB_STATE_DIR", directory).output().expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("not killed"), text(&output.stdout), text(&output.stderr))
}

/// Asks until it is said; at most a minute.
fn at_last(directory: &Path, arguments: &[&str], wanted: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let (_, said, errors) = run(directory, arguments);
        if said.contains(wanted) {
            return said;
        }
        assert!(Instant::now() < deadline, "{arguments:?} should say {wanted:?}: {said}{errors}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_learner_looks_guesses_wrong_guesses_right_and_stops() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = directory.path();
    let (code, said, errors) = run(at, &["scenario", "guess", "RidesTable"]);
    assert_eq!((code, said.as_str()), (2, ""), "{errors}");
    assert!(errors.contains("cargo lab scenario start --blind"), "{errors}");
    let (code, _, errors) = run(at, &["scenario", "start", "quiet", "--blind"]);
    assert!(code == 1 && errors.contains("nothing to find"), "{code}: {errors}");

    let mut start = lab(&["scenario", "start", "table-down", "--blind", "--compress", "20", "--port", "0"]);
    start.env("LAB_STATE_DIR", at);
    let errors = std::fs::File::create(at.join("errors.txt")).expect("a file");
    let (mut running, lines) = start_telling(start, "Riders begin to book.", errors.into());
    let begun = lines.join("\n");
    assert!(begun.contains("Console http://127.0.0.1:") && begun.contains("cargo lab scenario guess"), "{begun}");

    let put = "put-ride-record > DynamoDB PutItem wild-rydes-dev-rides";
    at_last(at, &["requests", "--faulty", "--route", "POST /ride"], put);
    at_last(at, &["alarms", "--state", "ALARM"], "rides-system-errors");
    let (_, listed, _) = run(at, &["requests", "--faulty", "--route", "POST /ride", "--limit", "1", "--json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let id = listed["requests"][0]["id"].as_str().expect("a request");
    let (code, trace, _) = run(at, &["trace", id]);
    assert!(code == 0 && trace.contains(put) && trace.contains("InternalServerError"), "{trace}");

    let (code, said, _) = run(at, &["scenario", "guess", "the", "unicorns", "table"]);
    assert!(code == 1 && said.starts_with("No."), "{code}: {said}");
    let (code, said, _) = run(at, &["scenario", "guess", "--give-up"]);
    assert!(code == 1 && said.starts_with("It was this."), "{code}: {said}");
    let (code, said, _) = run(at, &["scenario", "guess", "PutItem on the rides table"]);
    assert!(code == 0 && said.starts_with("Yes.") && said.contains("scenario show table-down"), "{code}: {said}");

    signal(&running.child, Signal::INT);
    assert_eq!(running.child.wait().expect("ends").code(), Some(0), "whoever stops it is done with it");
    let mut rest = String::new();
    running.output.read_to_string(&mut rest).expect("readable");
    let told = begun + &rest + &std::fs::read_to_string(at.join("errors.txt")).expect("readable");
    assert!(!told.contains("FAULT"), "{told}");
    assert!(!told.to_lowercase().contains("table"), "nothing tells it before the guess: {told}");
    assert_ne!(run(at, &["requests"]).0, 0, "the lab is gone");
    assert_eq!(run(at, &["scenario", "guess", "rides", "table"]).0, 0, "and can still be guessed");
}
