//! What an act changes of the stack before it is played.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::error::RunError;
use super::file::Act;
use crate::template::{Function, Stack};

/// Where functions are told their own time limit, in milliseconds.
const TIME_LIMIT: &str = "TIMEOUT_MS";

/// Changes the stack as the act says.
///
/// # Errors
/// The act names what the stack has not, or would shorten what is no number.
pub(super) fn apply(act: &Act, compress: u16, stack: &mut Stack) -> Result<(), RunError> {
    for (id, seconds) in &act.time_limit {
        let function = function(stack, id)?;
        function.timeout = Duration::from_secs((*seconds).into());
        if let Some(told) = function.environment.get_mut(TIME_LIMIT) {
            *told = function.timeout.as_millis().to_string();
        }
    }
    for (id, variables) in &act.environment {
        function(stack, id)?.environment.extend(variables.clone());
    }
    for (id, names) in &act.shorten {
        let function = function(stack, id)?;
        names.iter().try_for_each(|(name, least)| shorten(function, name, *least, compress))?;
    }
    for (id, actions) in &act.rights {
        let role = function(stack, id)?.role_arn.clone();
        let role = stack.roles.values_mut().find(|one| Some(&one.arn) == role.as_ref());
        let role = role.ok_or_else(|| RunError::NoRole(id.clone()))?;
        role.statements.push(json!({"Effect": "Allow", "Action": actions, "Resource": "*"}));
    }
    for (id, seconds) in &act.visibility {
        let queue = stack.queues.get_mut(id).ok_or_else(|| RunError::NoQueue(id.clone()))?;
        queue.visibility_timeout = Duration::from_secs((*seconds).into());
    }
    for (id, most) in &act.concurrency {
        let source = stack.event_source_mappings.get_mut(id).ok_or_else(|| RunError::NoEventSource(id.clone()))?;
        source.maximum_concurrency = Some(*most);
    }
    Ok(())
}

fn function<'a>(stack: &'a mut Stack, id: &str) -> Result<&'a mut Function, RunError> {
    stack.functions.get_mut(id).ok_or_else(|| RunError::NoFunction(id.to_owned()))
}

/// A time by which a function goes, as many times as short as the scenario; not below what the machine needs, nor below 1.
fn shorten(function: &mut Function, name: &str, least: u64, compress: u16) -> Result<(), RunError> {
    let wrong = || RunError::NoTime { function: function.logical_id.clone(), variable: name.to_owned() };
    let full: u64 = function.environment.get(name).and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
    let short = (full / u64::from(compress.max(1))).max(least).max(1).min(full);
    function.environment.insert(name.to_owned(), short.to_string());
    Ok(())
}

/// What is wrong with the numbers of the overrides, if anything is: the ranges are those of AWS.
///
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>,
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>,
/// <https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html>
pub(super) fn contradiction(act: &Act) -> Option<(&'static str, String)> {
    let of = |key, map: &BTreeMap<String, u32>, least: u32, most: u32| {
        let wrong = map.iter().find(|(_, number)| !(least..=most).contains(number));
        wrong.map(|(id, number)| (key, format!("{id}: {number} must be from {least} to {most}")))
    };
    of("visibility", &act.visibility, 0, 43_200)
        .or_else(|| of("time_limit", &act.time_limit, 1, 900))
        .or_else(|| of("concurrency", &act.concurrency, 2, 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::{self, Decision};
    use crate::scenario::file::Scenario;
    use crate::template::{Inputs, Template};

    const SMALL: &str = include_str!("../../tests/data/scenario-small.yaml");

    fn act(overrides: &str) -> Act {
        let text = SMALL.replace("  with: no fault\n", &format!("  with: no fault\n{overrides}"));
        Scenario::read(&text, "small.yaml").expect("a scenario").fixed.expect("an act")
    }

    /// The project's own stack.
    fn stack() -> Stack {
        let template = Template::parse(include_str!("../../../template.yaml"), "template.yaml").expect("a template");
        let inputs = Inputs {
            stack_name: "wild-rydes-dev".to_owned(),
            region: "eu-west-1".to_owned(),
            account_id: "123456789012".to_owned(),
            parameters: BTreeMap::new(),
            api_origin: "http://127.0.0.1:3000".to_owned(),
        };
        template.resolve(&inputs).expect("a stack")
    }

    #[test]
    fn an_act_changes_what_it_names() {
        let act = act("  visibility: { PaymentsQueue: 20 }\n  time_limit: { ProcessPaymentFunction: 30 }\n  \
             concurrency: { ProcessPaymentTakesJobs: 2 }\n  environment: { ProcessPaymentFunction: { PAYMENTS_SIDE_BY_SIDE: \"1\" } }\n  \
             shorten: { ProcessPaymentFunction: { BREAKER_OPEN_MS: 1, SAVE_TIMEOUT_MS: 2000, PARAMETER_TTL_SECONDS: 0 } }\n");
        let mut stack = stack();
        apply(&act, 20, &mut stack).expect("applied");
        assert_eq!(stack.queues["PaymentsQueue"].visibility_timeout, Duration::from_secs(20));
        assert_eq!(stack.event_source_mappings["ProcessPaymentTakesJobs"].maximum_concurrency, Some(2));
        let function = &stack.functions["ProcessPaymentFunction"];
        assert_eq!((function.timeout, function.environment[TIME_LIMIT].as_str()), (Duration::from_secs(30), "30000"));
        let told = ["PAYMENTS_SIDE_BY_SIDE", "BREAKER_OPEN_MS", "SAVE_TIMEOUT_MS", "PARAMETER_TTL_SECONDS"];
        assert_eq!(told.map(|name| function.environment[name].as_str()), ["1", "750", "2000", "3"]);
    }

    #[test]
    fn a_function_may_take_actions_beside_those_of_the_template() {
        let query = |stack: &Stack| {
            let role = stack.functions["ProcessPaymentFunction"].role_arn.as_ref();
            let role = stack.roles.values().find(|one| Some(&one.arn) == role).expect("a role");
            iam::evaluate(&role.statements, "dynamodb:Query", "arn:aws:dynamodb:eu-west-1:123456789012:table/t/index/i")
        };
        let mut stack = stack();
        assert_eq!(query(&stack).expect("judged"), Decision::ImplicitlyDenied);
        let act = act("  rights: { ProcessPaymentFunction: [\"dynamodb:Query\"] }\n");
        apply(&act, 20, &mut stack).expect("applied");
        assert_eq!(query(&stack).expect("judged"), Decision::Allowed);
    }

    #[test]
    fn a_time_stays_what_it_is_at_full_length_and_never_ends() {
        let act = act("  shorten: { ProcessPaymentFunction: { PARAMETER_TTL_SECONDS: 0 } }\n");
        for (compress, told) in [(1, "60"), (7, "8"), (600, "1")] {
            let mut stack = stack();
            apply(&act, compress, &mut stack).expect("applied");
            assert_eq!(stack.functions["ProcessPaymentFunction"].environment["PARAMETER_TTL_SECONDS"], told);
        }
    }

    #[test]
    fn what_the_stack_has_not_is_refused_by_name() {
        for (overrides, named) in [
            ("  visibility: { PaymentQueue: 20 }\n", "PaymentQueue"),
            ("  time_limit: { ProcessPayments: 30 }\n", "ProcessPayments"),
            ("  concurrency: { TakesJobs: 2 }\n", "TakesJobs"),
            ("  shorten: { ProcessPayments: { BREAKER_OPEN_MS: 1 } }\n", "ProcessPayments"),
            ("  rights: { ProcessPayments: [\"dynamodb:Query\"] }\n", "ProcessPayments"),
            ("  shorten: { ProcessPaymentFunction: { BREAKER_OPEN: 1 } }\n", "BREAKER_OPEN"),
            ("  shorten: { ProcessPaymentFunction: { FINANCE_AUTH: 1 } }\n", "FINANCE_AUTH"),
        ] {
            let refused = apply(&act(overrides), 20, &mut stack()).expect_err(overrides).to_string();
            assert!(refused.contains(named), "{refused}");
        }
    }

    #[test]
    fn numbers_that_aws_would_refuse_are_refused_with_their_line() {
        for (overrides, why) in [
            (
                "  visibility: { PaymentsQueue: 43201 }\n",
                "fixed.visibility: PaymentsQueue: 43201 must be from 0 to 43200",
            ),
            ("  time_limit: { ProcessPaymentFunction: 0 }\n", "must be from 1 to 900"),
            ("  concurrency: { ProcessPaymentTakesJobs: 1 }\n", "must be from 2 to 1000"),
        ] {
            let text = SMALL.replace("  with: no fault\n", &format!("  with: no fault\n{overrides}"));
            let said = Scenario::read(&text, "small.yaml").expect_err(overrides).to_string();
            assert!(said.contains(why), "{said}");
        }
    }
}
