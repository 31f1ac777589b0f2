//! The time limits of the template fit into each other: gateway > function > attempts and back-off and time to answer.

use lab::template::{Function, Inputs, Integration, Stack, Template};

use crate::stack;

/// Kept by every function to answer, in milliseconds.
const TO_ANSWER: u64 = 500;

/// How often a claim is tried while others change it: `ROUNDS` of `shared/src/idempotency/once.rs`.
const CLAIM_ROUNDS: u64 = 3;

/// The SDK's back-off in milliseconds: `FIRST_PAUSE` of `shared/src/aws.rs`, and the SDK's own most.
const SDK_FIRST_PAUSE: u64 = 50;
const SDK_LONGEST_PAUSE: u64 = 20_000;

fn resolved() -> Stack {
    let inputs = Inputs {
        stack_name: "wild-rydes-dev".to_owned(),
        region: "eu-west-1".to_owned(),
        account_id: "123456789012".to_owned(),
        parameters: [].into(),
        api_origin: "http://127.0.0.1:3000".to_owned(),
    };
    let template = Template::parse(&stack::template(), "template.yaml").expect("parses");
    template.resolve(&inputs).expect("resolves")
}

fn function<'a>(stack: &'a Stack, logical_id: &str) -> &'a Function {
    stack.functions.get(logical_id).unwrap_or_else(|| panic!("no {logical_id}"))
}

/// A number of a function's environment; every one that a limit is made of must be there.
fn number(function: &Function, name: &str) -> u64 {
    let text = function.environment.get(name).unwrap_or_else(|| panic!("{} has no {name}", function.name));
    text.parse().unwrap_or_else(|_| panic!("{name} of {} is {text}", function.name))
}

fn milliseconds(function: &Function) -> u64 {
    u64::try_from(function.timeout.as_millis()).expect("small")
}

/// The longest that `attempts` calls can take with full jitter: before retry n the wait is at most base * 2^(n-1), capped.
fn longest(attempts: u64, attempt: u64, base: u64, cap: u64) -> u64 {
    let waits: u64 = (1..attempts).map(|retry| cap.min(base << (retry - 1))).sum();
    attempts * attempt + waits
}

#[test]
fn every_function_knows_its_own_time_limit() {
    for function in resolved().functions.values() {
        assert_eq!(number(function, "TIMEOUT_MS"), milliseconds(function), "{}", function.name);
    }
}

#[test]
fn the_gateway_waits_longer_than_every_function_it_calls() {
    let stack = resolved();
    for route in stack.apis.values().flat_map(|api| &api.routes) {
        if let Integration::Lambda { function: id, timeout } = &route.integration {
            assert!(*timeout > function(&stack, id).timeout, "{} {}", route.method, route.path);
        }
    }
}

#[test]
fn request_ride_can_make_every_attempt_and_still_answer() {
    let stack = resolved();
    let ride = function(&stack, "RequestRideFunction");
    let (attempts, base, cap) =
        (number(ride, "CALL_ATTEMPTS"), number(ride, "BACKOFF_BASE_MS"), number(ride, "BACKOFF_CAP_MS"));
    let fleet = longest(attempts, number(ride, "FLEET_ATTEMPT_TIMEOUT_MS"), base, cap);
    let record = longest(attempts, number(ride, "RECORD_ATTEMPT_TIMEOUT_MS"), base, cap);
    let claims = longest(
        number(ride, "DYNAMODB_ATTEMPTS"),
        number(ride, "DYNAMODB_ATTEMPT_TIMEOUT_MS"),
        SDK_FIRST_PAUSE,
        SDK_LONGEST_PAUSE,
    );
    // Two addresses, one after the other; a claim that others contend for, and its completion.
    let needed = 2 * number(ride, "SSM_TIMEOUT_MS") + fleet + record + (CLAIM_ROUNDS + 1) * claims + TO_ANSWER;
    assert!(milliseconds(ride) > needed, "{} ms are not more than {needed} ms", milliseconds(ride));
    for attempt in ["FLEET_ATTEMPT_TIMEOUT_MS", "RECORD_ATTEMPT_TIMEOUT_MS"] {
        assert!(number(ride, "CONNECT_TIMEOUT_MS") < number(ride, attempt), "connecting is part of {attempt}");
    }
}

#[test]
fn a_claim_is_taken_over_only_after_its_holder_must_have_ended() {
    let stack = resolved();
    let ride = function(&stack, "RequestRideFunction");
    let in_progress = number(ride, "IDEMPOTENCY_IN_PROGRESS_SECONDS") * 1000;
    assert!(in_progress > milliseconds(ride), "{in_progress} ms");
    assert!(number(ride, "IDEMPOTENCY_TTL_SECONDS") * 1000 > in_progress);
}

#[test]
fn the_callees_give_up_before_their_caller_does() {
    let stack = resolved();
    let ride = function(&stack, "RequestRideFunction");
    for (callee, attempt) in
        [("PutRideRecordFunction", "RECORD_ATTEMPT_TIMEOUT_MS"), ("RequestUnicornFunction", "FLEET_ATTEMPT_TIMEOUT_MS")]
    {
        let callee = function(&stack, callee);
        let database = longest(
            number(callee, "DYNAMODB_ATTEMPTS"),
            number(callee, "DYNAMODB_ATTEMPT_TIMEOUT_MS"),
            SDK_FIRST_PAUSE,
            SDK_LONGEST_PAUSE,
        );
        let needed = database + TO_ANSWER;
        assert!(milliseconds(callee) > needed, "{}: {needed} ms", callee.name);
        assert!(number(ride, attempt) > needed, "{}: {needed} ms within the caller's attempt", callee.name);
        assert!(
            number(callee, "CONNECT_TIMEOUT_MS") < number(callee, "DYNAMODB_ATTEMPT_TIMEOUT_MS"),
            "{}",
            callee.name
        );
    }
}

/// AWS asks for six times the function's limit and the batching window, so that no message comes back while its function may still be at it.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>
#[test]
fn a_message_stays_hidden_for_longer_than_its_function_may_take() {
    let stack = resolved();
    for source in stack.event_source_mappings.values() {
        let queue = &stack.queues[&source.queue];
        let function = function(&stack, &source.function);
        let needed = 6 * function.timeout + source.window;
        assert!(
            queue.visibility_timeout >= needed,
            "{}: {:?} are less than {needed:?}",
            queue.name,
            queue.visibility_timeout
        );
    }
}

#[test]
fn process_payment_can_ask_finance_and_save_what_it_said_for_each_message_of_a_batch() {
    let stack = resolved();
    let pay = function(&stack, "ProcessPaymentFunction");
    let batch = stack.event_source_mappings["ProcessPaymentTakesJobs"].batch_size;
    let rounds = u64::try_from(batch).expect("small").div_ceil(number(pay, "PAYMENTS_SIDE_BY_SIDE"));
    let needed = rounds * (number(pay, "FINANCE_ATTEMPT_TIMEOUT_MS") + number(pay, "SAVE_TIMEOUT_MS")) + TO_ANSWER;
    assert!(milliseconds(pay) > needed, "{} ms are not more than {needed} ms", milliseconds(pay));
    let save = longest(
        number(pay, "DYNAMODB_ATTEMPTS"),
        number(pay, "DYNAMODB_ATTEMPT_TIMEOUT_MS"),
        SDK_FIRST_PAUSE,
        SDK_LONGEST_PAUSE,
    );
    assert!(number(pay, "SAVE_TIMEOUT_MS") > save, "{save} ms to save");
}
