//! `cargo lab payments --audit` and `--fill`: the books of the running lab, from outside.

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command_line::{lab, start_command};

fn run(directory: &Path, arguments: &[&str]) -> Output {
    lab(arguments).env("LAB_STATE_DIR", directory).output().expect("runs")
}

/// The books, and whether they agree by the exit code, which must be what the JSON says.
fn audit(directory: &Path) -> (bool, Value) {
    let output = run(directory, &["payments", "--audit", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(output.status.code(), Some(i32::from(told["agrees"] != true)), "{told}");
    (output.status.success(), told["books"].clone())
}

#[test]
fn the_books_of_a_lab_agree_when_all_is_paid_and_not_when_a_payment_has_no_ride() {
    let directory = tempfile::tempdir().expect("a directory");
    let here = directory.path();
    let mut up = lab(&["up", "--port", "0", "--logs", "none"]);
    up.env("LAB_STATE_DIR", here);
    let (running, _) = start_command(up, "Serving until");
    assert!(run(here, &["ride"]).status.success());

    // The ride of `up` and this one. Before they are paid for the books say that they are not.
    let deadline = Instant::now() + Duration::from_secs(30);
    let books = loop {
        let (agree, books) = audit(here);
        if agree {
            break books;
        }
        assert!(Instant::now() < deadline, "two rides are paid for within thirty seconds: {books}");
    };
    assert_eq!((&books["rides"], &books["payments"]["Complete"], &books["charges"]), (&2.into(), &2.into(), &2.into()));
    assert_eq!(books["counted"]["placed"], 2);
    assert!(books["times"]["p50_ms"].as_f64().is_some_and(|ms| ms > 0.0), "{books}");

    // More than one minute of the clock, so several transactions.
    assert!(run(here, &["payments", "--fill", "130"]).status.success());
    let (agree, books) = audit(here);
    assert!(!agree, "{books}");
    assert_eq!(books["unknown"].as_array().map(Vec::len), Some(130));
    assert_eq!((&books["payments"]["Complete"], &books["counted"]["complete"]), (&132.into(), &132.into()));
    // They count and are listed as any other.
    let output = run(here, &["payments", "--json", "--limit", "200"]);
    let listed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&listed["count"]["placed"], &listed["count"]["inQueue"]), (&132.into(), &0.into()), "{listed}");
    assert_eq!(listed["payments"].as_array().map(Vec::len), Some(132));
    let said = run(here, &["payments", "--audit"]);
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(text.contains("fail: 130 payments are of no ride that is stored"), "{text}");
    drop(running);
}

#[test]
fn without_a_lab_the_books_say_how_to_get_one() {
    let directory = tempfile::tempdir().expect("a directory");
    for arguments in [["payments", "--audit", "--json"].as_slice(), &["payments", "--fill", "1"]] {
        let output = run(directory.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("cargo lab up"), "{said}");
    }
}
