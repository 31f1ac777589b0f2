//! `cargo lab alarms`, `requests`, `trace`, `logs`, `errors`, `metrics`, `break` and `mend` beside a lab that runs, and without one.

use std::io::BufRead;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command_line::{Running, lab, start_command};

/// A command that looks for running labs here.
fn here(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = lab(arguments);
    command.env("LAB_STATE_DIR", directory);
    command
}

/// Exit code, standard output and standard error, both of them a file's and so without colours.
fn run(directory: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = here(directory, arguments).output().expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(!said.contains('\u{1b}') && !errors.contains('\u{1b}'), "{arguments:?} has colours: {said}{errors}");
    assert!(!errors.contains("panicked"), "{arguments:?}: {errors}");
    (output.status.code().expect("not killed"), said, errors)
}

/// What a command prints that must succeed.
fn says(directory: &Path, arguments: &[&str]) -> String {
    let (code, said, errors) = run(directory, arguments);
    assert_eq!((code, errors.as_str()), (0, ""), "{arguments:?}: {said}");
    said
}

/// The same, read by a program.
fn json(directory: &Path, arguments: &[&str]) -> Value {
    let said = says(directory, &[arguments, &["--json"]].concat());
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {said}"))
}

/// Waits for a command to say something; at most half a minute.
fn says_at_last(directory: &Path, arguments: &[&str], wanted: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let said = says(directory, arguments);
        if said.contains(wanted) {
            return said;
        }
        assert!(Instant::now() < deadline, "{arguments:?} should say {wanted:?}: {said}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The next line of a command that stays.
fn next_line(running: &mut Running) -> String {
    let mut line = String::new();
    running.output.read_line(&mut line).expect("readable");
    line
}

#[test]
fn the_way_from_an_alarm_to_its_cause_is_walked_at_the_terminal() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = directory.path();
    let up = ["up", "--port", "0", "--logs", "none", "--no-ride", "--compress", "60"];
    let (_lab, _) = start_command(here(at, &up), "Serving until");
    let (mut follower, _) = start_command(here(at, &["logs", "--follow", "--service", "put-ride-record"]), "");
    assert_eq!(run(at, &["ride"]).0, 0);

    let broken = says(at, &["break", "RidesTable"]);
    assert!(broken.contains("RidesTable fails now") && broken.contains("cargo lab mend"), "{broken}");
    let (code, refused, _) = run(at, &["ride"]);
    assert!(code == 1 && refused.contains("-> 503 "), "{code}: {refused}");

    let put = "put-ride-record > DynamoDB PutItem wild-rydes-dev-rides";
    let list = says_at_last(at, &["requests", "--faulty", "--route", "POST /ride"], put);
    assert!(list.starts_with("TIME") && list.contains("GUILTY"), "{list}");
    // By column: a time or an id may have the same figures.
    assert!(list.lines().skip(1).all(|row| row.split_whitespace().nth(1) == Some("503")), "{list}");
    let listed = json(at, &["requests", "--faulty", "--slowest", "--limit", "1", "--route", "POST /ride"]);
    let request = &listed["requests"][0];
    assert_eq!((request["guilty"].as_str(), request["status"].as_u64()), (Some(put), Some(503)), "{listed}");
    let id = request["id"].as_str().expect("an id");

    let trace = says(at, &["trace", id]);
    assert!(trace.starts_with("POST /ride -> 503") && trace.contains(&format!("guilty: {put}")), "{trace}");
    let guilty: Vec<_> = trace.lines().filter(|line| line.contains("GUILTY")).collect();
    assert!(
        matches!(guilty[..], [line] if line.contains("PutItem wild-rydes-dev-rides") && line.contains("fault")),
        "{trace}"
    );
    assert!(trace.contains("because: ") && trace.contains("error=the ride was not stored"), "{trace}");
    let by_trace = json(at, &["trace", request["trace_id"].as_str().expect("a trace")]);
    assert_eq!(by_trace["request"]["id"], id);

    let logs = says(at, &["logs", "--request", id]);
    for service in ["api", "request-ride", "put-ride-record"] {
        assert!(logs.lines().any(|line| line.split_whitespace().nth(1) == Some(service)), "{service} in {logs}");
    }
    let warned = says(at, &["logs", "--request", id, "--level", "warn", "--service", "put-ride-record", "--json"]);
    let [line] = warned.lines().collect::<Vec<_>>()[..] else { panic!("one object a line: {warned}") };
    let line: Value = serde_json::from_str(line).expect("JSON");
    assert!(
        line["fields"]["error"].as_str().is_some_and(|error| error.starts_with("the ride was not stored")),
        "{line}"
    );

    let errors = says(at, &["errors"]);
    assert!(errors.starts_with("COUNT") && errors.contains("the ride was not stored"), "{errors}");
    assert!(json(at, &["errors"])["errors"].as_array().is_some_and(|groups| !groups.is_empty()));

    let metrics = says(at, &["metrics"]);
    assert!(metrics.contains("SystemErrors") && metrics.contains("TableName=wild-rydes-dev-rides"), "{metrics}");
    let recorded = says(at, &["metrics", "RidesRecorded", "--stat", "Sum", "--dimension", "service=put-ride-record"]);
    assert!(recorded.starts_with("WildRydes RidesRecorded Sum (Count) service=put-ride-record"), "{recorded}");
    assert!(json(at, &["metrics", "Duration", "--stat", "p99"]).as_array().is_some_and(|figures| figures.len() >= 3));

    let seen = next_line(&mut follower);
    assert!(seen.contains("put-ride-record"), "what comes is printed: {seen}");

    // Alarms are looked at first after some seconds.
    let ringing = says_at_last(at, &["alarms", "--state", "ALARM"], "wild-rydes-dev-availability-1h");
    assert!(ringing.lines().skip(1).all(|line| line.starts_with("ALARM ")), "{ringing}");
    let all = says(at, &["alarms"]);
    assert!(all.lines().count() > 30 && all.contains("\nOK "), "{all}");
    let one = says(at, &["alarms", "wild-rydes-dev-availability-1h"]);
    for said in [
        "ALARM wild-rydes-dev-availability-1h",
        "runbook  runbooks/availability-fast-burn.md",
        "watches",
        " -> ALARM: ",
    ] {
        assert!(one.contains(said), "{said:?} in {one}");
    }
    let all = json(at, &["alarms"]);
    assert!(
        all["alarms"].as_array().is_some_and(|alarms| alarms.iter().any(|alarm| alarm["state"] == "ALARM")),
        "{all}"
    );

    assert_eq!(says(at, &["mend", "RidesTable"]), "RidesTable works again.\n");
    assert_eq!(says(at, &["mend"]), "Everything works again.\n");
    assert_eq!(run(at, &["ride"]).0, 0);

    for (arguments, said) in [
        (&["trace", "nobody"][..], "no request, trace or invocation nobody is known"),
        (&["logs", "--request", "nobody"], "no request nobody is known"),
        (&["alarms", "nonesuch"], "no alarm is called so"),
        (&["metrics", "nonesuch"], "no metric is called nonesuch"),
        (&["metrics", "Duration", "--stat", "most"], "stat must be"),
        (&["break", "Nonesuch"], "PaymentsTable, RidesTable, UnicornsTable"),
        (&["mend", "Nonesuch"], "no table, parameter, queue, function or pipe \"Nonesuch\""),
    ] {
        let (code, printed, errors) = run(at, arguments);
        assert_eq!((code, printed.as_str()), (1, ""), "{arguments:?}: {errors}");
        assert!(errors.starts_with("error: ") && errors.contains(said), "{arguments:?}: {errors}");
    }
}

#[test]
fn without_a_lab_each_says_how_to_get_one() {
    let directory = tempfile::tempdir().expect("a directory");
    for arguments in [
        &["alarms"][..],
        &["alarms", "--json"],
        &["alarms", "--watch"],
        &["requests", "--faulty"],
        &["trace", "any"],
        &["logs"],
        &["logs", "--follow"],
        &["errors"],
        &["metrics"],
        &["break", "RidesTable"],
        &["mend"],
    ] {
        let (code, printed, errors) = run(directory.path(), arguments);
        assert_eq!((code, printed.as_str()), (1, ""), "{arguments:?}: {errors}");
        assert!(errors.contains("no lab runs here; start one with `cargo lab up`"), "{arguments:?}: {errors}");
    }
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let directory = tempfile::tempdir().expect("a directory");
    for arguments in [
        &["alarms", "--state", "LOUD"][..],
        &["alarms", "--watch", "--json"],
        &["requests", "--limit", "0"],
        &["trace"],
        &["logs", "--level", "LOUD"],
        &["break"],
        &["break", "RidesTable", "--slow", "0"],
        &["metrics", "--minutes", "long"],
        &["up", "--compress", "0"],
    ] {
        let (code, printed, errors) = run(directory.path(), arguments);
        assert_eq!((code, printed.as_str()), (2, ""), "{arguments:?}: {errors}");
    }
}
