//! The life of execution environments, with a function that misbehaves on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lab::assembly::Lab;
use lab::lambda::Trouble;
use lab::template::{Integration, Stack};

use crate::client::{Answer, get};
use crate::stack::{eventually, unruly, url};

async fn ask(lab: &Lab, path: &str) -> Answer {
    get(&url(lab, path)).await
}

/// Asks once an environment of the unruly function waits: a machine under load may otherwise start a second one.
async fn ask_idle(lab: &Lab, path: &str) -> Answer {
    ask_waiting(lab, "Unruly", path).await
}

async fn ask_waiting(lab: &Lab, function: &str, path: &str) -> Answer {
    eventually("an environment waits", || lab.lambda.idle(function) >= 1).await;
    ask(lab, path).await
}

/// A gateway that waits as long as API Gateway may: a cold start on a busy machine is no 504.
fn patient(stack: &mut Stack) {
    for route in stack.apis.values_mut().flat_map(|api| &mut api.routes) {
        if let Integration::Lambda { timeout, .. } = &mut route.integration {
            *timeout = Duration::from_secs(29);
        }
    }
}

fn pid(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["pid"].as_u64().expect("a pid")
}

fn logged(lab: &Lab, text: &str) -> bool {
    lab.logs.lines().iter().any(|line| line.text.contains(text))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_is_reused_while_it_lives() {
    let lab = unruly().start().await;
    let first = pid(&ask_idle(&lab, "/unruly/echo").await);
    for _ in 0..5 {
        assert_eq!(pid(&ask_idle(&lab, "/unruly/echo").await), first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_500_problem_and_the_process_lives() {
    let lab = unruly().start().await;
    let before = pid(&ask_idle(&lab, "/unruly/echo").await);
    let answer = ask_idle(&lab, "/unruly/panic").await;
    assert_eq!(answer.status, 500, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["status"], 500);
    assert!(!answer.text.contains("as told"), "the cause stays inside: {}", answer.text);
    assert_eq!(pid(&ask_idle(&lab, "/unruly/echo").await), before);
    eventually("and is in the log", || logged(&lab, "panicked, as told")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_over_its_time_limit_is_killed_and_the_answer_a_502() {
    let lab = unruly().start().await;
    let before = pid(&ask(&lab, "/unruly/echo").await);
    for what in ["sleep", "spin"] {
        let answer = ask(&lab, &format!("/unruly/{what}")).await;
        assert_eq!(answer.status, 502, "{what}: {}", answer.text);
        assert_eq!(answer.json()["message"], "Internal server error");
        assert!(answer.took >= Duration::from_secs(1), "after the limit of 1 s, not {:?}", answer.took);
    }
    assert!(logged(&lab, "Task timed out after 1.00 seconds"));
    assert_ne!(pid(&ask(&lab, "/unruly/echo").await), before, "another process serves now");
    let gone = || !std::path::Path::new(&format!("/proc/{before}")).exists();
    eventually("the killed process is gone", gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_over_its_time_limit_answers_504_and_the_function_goes_on() {
    let lab = unruly().start().await;
    let answer = ask(&lab, "/patient/sleep-2500").await;
    assert_eq!(answer.status, 504, "{}", answer.text);
    assert_eq!(answer.json()["message"], "Endpoint request timed out");
    let completed = || {
        let lines = lab.logs.lines();
        lines.iter().any(|line| line.text.contains("/patient/sleep-2500") || line.text.contains("\"status\":200"))
    };
    eventually("the invocation completes", completed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_ends_is_a_502_and_the_next_request_works() {
    let lab = unruly().start().await;
    for what in ["exit", "abort"] {
        let answer = ask(&lab, &format!("/unruly/{what}")).await;
        assert_eq!(answer.status, 502, "{what}: {}", answer.text);
        assert_eq!(ask(&lab, "/unruly/echo").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_no_proxy_response_is_a_502() {
    for mode in ["garbage", "error"] {
        let lab = unruly().parameter("Mode", mode).start().await;
        let answer = ask(&lab, "/odd").await;
        assert_eq!(answer.status, 502, "{mode}: {}", answer.text);
        assert_eq!(answer.json()["message"], "Internal server error");
        assert_eq!(answer.header("x-amzn-errortype"), Some("InternalServerErrorException"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_fails_at_init_keeps_the_stack_from_starting() {
    let error = unruly().parameter("Mode", "init-crash").try_start().await.expect_err("does not start").to_string();
    assert!(error.contains("Odd") && error.contains("init"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_hangs_at_init_is_given_ten_seconds() {
    let started = std::time::Instant::now();
    let error = unruly().parameter("Mode", "init-hang").try_start().await.expect_err("does not start").to_string();
    assert!(error.contains("init did not end within 10 s"), "{error}");
    assert!(started.elapsed() >= Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_environment_serves_one_request_at_a_time() {
    let lab = unruly().changed(patient).start().await;
    // Longer than three cold starts take on a busy machine.
    let requests: Vec<_> = (0..4)
        .map(|_| {
            let to = url(&lab, "/patient/sleep-4000");
            tokio::spawn(async move { get(&to).await })
        })
        .collect();
    let mut pids = BTreeSet::new();
    for request in requests {
        pids.insert(pid(&request.await.expect("no panic")));
    }
    assert_eq!(pids.len(), 4, "four at once are four processes");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_reserved_concurrency_is_throttled() {
    let lab = unruly().parameter("Reserved", "2").changed(patient).start().await;
    let requests: Vec<_> = (0..6)
        .map(|_| {
            let to = url(&lab, "/patient/sleep-4000");
            tokio::spawn(async move { get(&to).await })
        })
        .collect();
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(request.await.expect("no panic").status.as_u16());
    }
    let served = statuses.iter().filter(|status| **status == 200).count();
    // API Gateway makes a 500 of Lambda's 429.
    let throttled = statuses.iter().filter(|status| **status == 500).count();
    assert_eq!((served, throttled), (2, 4), "{statuses:?}");
    let none = unruly().parameter("Reserved", "0").try_start().await;
    assert!(none.is_ok(), "a function without seats starts");
    assert_eq!(ask(&none.expect("started"), "/patient/echo").await.status, 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_process_is_killed_at_the_deadline() {
    // Four seconds, of which it would work for three: whoever stops it has time.
    let longer = |stack: &mut Stack| {
        patient(stack);
        stack.functions.get_mut("Patient").expect("a function").timeout = Duration::from_secs(4);
    };
    let lab = unruly().changed(longer).start().await;
    let stopped = pid(&ask(&lab, "/patient/echo").await);
    let process = rustix::process::Pid::from_raw(i32::try_from(stopped).expect("a pid")).expect("a pid");
    eventually("the environment waits", || lab.lambda.idle("Patient") == 1).await;
    let to = url(&lab, "/patient/sleep-3000");
    let working = tokio::spawn(async move { get(&to).await });
    eventually("it works", || lab.lambda.idle("Patient") == 0).await;
    rustix::process::kill_process(process, rustix::process::Signal::STOP).expect("stopped");
    let answer = working.await.expect("no panic");
    assert_eq!(answer.status, 502, "{}", answer.text);
    assert_ne!(pid(&ask(&lab, "/patient/echo").await), stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_megabyte_of_log_neither_blocks_the_function_nor_is_lost() {
    let lab = unruly().start().await;
    assert_eq!(ask(&lab, "/unruly/print").await.status, 200);
    let printed = || lab.logs.lines().iter().filter(|line| line.text.len() == 1023).count() == 1024;
    eventually("1024 lines are kept", printed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_sees_lambdas_environment_and_not_the_hosts() {
    let lab = unruly().start().await;
    let answer = ask(&lab, "/unruly/echo").await;
    let process = pid(&answer);
    let environment = std::fs::read(format!("/proc/{process}/environ")).expect("readable");
    let names: BTreeSet<String> = String::from_utf8_lossy(&environment)
        .split('\0')
        .filter_map(|entry| Some(entry.split_once('=')?.0.to_owned()))
        .collect();
    for name in ["AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_ENDPOINT_URL", "STAGE", "TZ"] {
        assert!(names.contains(name), "{name} in {names:?}");
    }
    for name in ["HOME", "CARGO", "HTTP_PROXY", "HTTPS_PROXY", "RUST_BACKTRACE", "USER"] {
        assert!(!names.contains(name), "{name} leaks into the function");
    }
    let headers = answer.json()["headers"].clone();
    assert_eq!(headers["x-forwarded-proto"], "https");
    assert!(headers["x-amzn-trace-id"].as_str().is_some_and(|id| id.starts_with("Root=1-")), "{headers}");
}

/// The letter of `/proc/PID/stat`: R, S, T (stopped), Z; `None` where it has ended.
#[cfg(target_os = "linux")]
fn state(pid: u64) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next())
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_environment_is_frozen_while_it_waits() {
    let lab = unruly().start().await;
    let before = pid(&ask_idle(&lab, "/unruly/echo").await);
    eventually("it is frozen", || state(before) == Some('T')).await;
    assert_eq!(pid(&ask_idle(&lab, "/unruly/echo").await), before, "and goes on with the next invocation");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_environment_over_its_memory_is_killed_and_the_answer_a_502() {
    let lab = unruly().start().await;
    let before = pid(&ask_idle(&lab, "/patient/echo").await);
    let answer = ask_idle(&lab, "/patient/hoard-256").await;
    assert_eq!(answer.status, 502, "{}", answer.text);
    assert!(logged(&lab, "Max Memory Used: 128 MB"), "no more than it has");
    assert_ne!(pid(&ask(&lab, "/patient/echo").await), before);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn memory_counts_however_soon_the_answer_comes() {
    let lab = unruly().start().await;
    lab.lambda.set("Unruly", Some(Trouble::Memory(4)));
    assert_eq!(ask(&lab, "/unruly/echo").await.status, 502, "the process alone takes more");
    lab.lambda.set("Unruly", None);
    assert_eq!(ask(&lab, "/unruly/echo").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_configuration_replaces_the_environments() {
    let lab = unruly().start().await;
    let before = pid(&ask_idle(&lab, "/unruly/echo").await);
    let shorter = BTreeMap::from([("TIMEOUT_MS".to_owned(), Some("900".to_owned()))]);
    assert!(lab.lambda.set("Unruly", Some(Trouble::Environment(shorter))));
    let with_it = pid(&ask(&lab, "/unruly/echo").await);
    assert_ne!(with_it, before);
    assert!(lab.lambda.set("Unruly", None));
    assert_ne!(pid(&ask(&lab, "/unruly/echo").await), with_it);
    assert!(!lab.lambda.set("Nobody", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_breaks_init_is_a_502_until_it_is_mended() {
    let lab = unruly().start().await;
    let broken = BTreeMap::from([("UNRULY_MODE".to_owned(), Some("init-crash".to_owned()))]);
    lab.lambda.set("Unruly", Some(Trouble::Environment(broken)));
    assert_eq!(ask(&lab, "/unruly/echo").await.status, 502);
    lab.lambda.set("Unruly", None);
    assert_eq!(ask(&lab, "/unruly/echo").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_seat_nobody_is_served() {
    let lab = unruly().start().await;
    lab.lambda.set("Unruly", Some(Trouble::Seats(0)));
    assert_eq!(ask(&lab, "/unruly/echo").await.status, 500, "API Gateway makes a 500 of Lambda's 429");
    lab.lambda.set("Unruly", None);
    assert_eq!(ask(&lab, "/unruly/echo").await.status, 200);
    // Five of the account's seats are reserved for the patient one: the others share what is left.
    lab.lambda.limit_account(Some(5));
    assert_eq!(ask(&lab, "/unruly/echo").await.status, 500);
    assert_eq!(ask(&lab, "/patient/echo").await.status, 200, "which has seats of its own");
    lab.lambda.limit_account(None);
    assert_eq!(ask(&lab, "/unruly/echo").await.status, 200);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn with_a_full_disk_who_writes_is_ended_and_who_does_not_goes_on() {
    let lab = unruly().start().await;
    lab.lambda.set("Unruly", Some(Trouble::DiskFull));
    assert_eq!(ask_idle(&lab, "/unruly/echo").await.status, 200);
    assert_eq!(ask_idle(&lab, "/unruly/file").await.status, 502);
    lab.lambda.set("Unruly", None);
    assert_eq!(ask(&lab, "/unruly/file").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_is_a_502_and_the_next_request_works() {
    let lab = unruly().start().await;
    let to = url(&lab, "/patient/sleep-1900");
    let waiting = tokio::spawn(async move { get(&to).await });
    eventually("it is at work", || lab.lambda.idle("Patient") == 0).await;
    assert!(lab.lambda.kill_one("Patient", |_| 0));
    assert_eq!(waiting.await.expect("no panic").status, 502);
    assert_eq!(ask(&lab, "/patient/echo").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_init_is_part_of_the_cold_start() {
    let lab = unruly().start().await;
    lab.lambda.set("Unruly", Some(Trouble::SlowInit(Duration::from_millis(700))));
    lab.lambda.retire("Unruly");
    let answer = ask(&lab, "/unruly/echo").await;
    assert!(answer.took >= Duration::from_millis(700), "{:?}", answer.took);
}

#[tokio::test(flavor = "multi_thread")]
async fn environments_are_killed_again_and_again_until_that_is_mended() {
    let lab = unruly().start().await;
    let beat = Trouble::KillEvery { every: Duration::from_millis(20), seed: 7 };
    lab.lambda.set("Patient", Some(beat));
    for _ in 0..2 {
        assert_eq!(ask(&lab, "/patient/sleep-1900").await.status, 502, "who works for long is killed");
    }
    lab.lambda.set("Patient", None);
    let survivor = pid(&ask(&lab, "/patient/sleep-300").await);
    assert_eq!(pid(&ask_waiting(&lab, "Patient", "/patient/sleep-300").await), survivor);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_functions_are_at_rest_when_the_last_has_ended_whether_or_not_anybody_waits_for_it() {
    let lab = unruly().start().await;
    let to = url(&lab, "/patient/sleep-4000");
    let caller = tokio::spawn(async move { get(&to).await });
    eventually("it is at work", || lab.lambda.idle("Patient") == 0).await;
    caller.abort();
    assert!(!lab.lambda.at_rest(Duration::from_millis(100)).await, "its caller has gone, and it works on");
    assert!(lab.lambda.at_rest(Duration::from_secs(30)).await);
    eventually("it waits again", || lab.lambda.idle("Patient") == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_init_keeps_no_other_function_from_starting() {
    let lab = unruly().start().await;
    // One for each place at which the machine starts processes, and a seat for each.
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    lab.lambda.set("Patient", Some(Trouble::Seats(u32::try_from(cores).expect("a machine of this world"))));
    lab.lambda.set("Patient", Some(Trouble::SlowInit(Duration::from_secs(600))));
    lab.lambda.retire("Patient");
    lab.lambda.retire("Unruly");
    let slow: Vec<_> = (0..cores)
        .map(|_| {
            let to = url(&lab, "/patient/echo");
            tokio::spawn(async move { get(&to).await })
        })
        .collect();
    for waiting in slow {
        assert_eq!(waiting.await.expect("no panic").status, 504, "the gateway waits two seconds");
    }
    assert!(!lab.lambda.at_rest(Duration::ZERO).await, "and they still initialise");
    let answer = ask(&lab, "/unruly/echo").await;
    // Of the ten seconds that an init may take, the slow ones have eight left.
    assert!(answer.status == 200 && answer.took < Duration::from_secs(6), "{:?}", answer.took);
}
