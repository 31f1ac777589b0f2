//! Whether an order is one at all, before anybody looks for what it names.

use super::order::{Order, Wrong};
use super::refusal::{Lack, Refusal};
use crate::dynamodb::{self, Throughput};
use crate::sqs::Disorder;

/// "You can reserve up to the Unreserved account concurrency value minus 100", which a new account of 1000 has.
/// The sum over all functions, which AWS keeps under that too, is not judged.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>
const SEATS: u32 = 900;

/// Megabytes. Lambda's least is 128, which no function of this stack ever needs: fewer can be ordered here.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
const MEMORY: std::ops::RangeInclusive<u32> = 1..=10_240;

/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html>
const TIMEOUT_SECONDS: std::ops::RangeInclusive<u32> = 1..=900;

/// How slow something may be ordered to be. As the command line takes it, which refuses the rest before it looks for a lab.
pub(crate) const MILLISECONDS: std::ops::RangeInclusive<i64> = 1..=600_000;

/// What the platform sets, and where the lab says which services there are: no order may lead a function out of the machine.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
const RESERVED: [&str; 3] = ["AWS_", "LAMBDA_", "_"];

/// Whether the members of an order go together, and its numbers are in their ranges.
pub(super) fn check(order: &Order) -> Result<(), Refusal> {
    match order.share {
        // What is no number is in no range.
        Some(share) if !(share > 0.0 && share <= 1.0) => {
            return Err(Refusal::out_of_range("share", "share", &share, "more than 0 and at most 1"));
        }
        None if order.seed.is_some() && !matches!(order.trouble, Some(Wrong::KillEvery { .. })) => {
            return Err(Refusal::Pointless { member: "seed", without: Lack::Chance });
        }
        _ => {}
    }
    order.trouble.as_ref().map_or(Ok(()), numbers)?;
    if order.trouble.as_ref().is_some_and(Wrong::is_whole) {
        for (member, given) in [("operation", order.operation.is_some()), ("share", order.share.is_some())] {
            if given {
                return Err(Refusal::Pointless { member, without: Lack::TroubleOfCalls });
            }
        }
    }
    Ok(())
}

fn numbers(wrong: &Wrong) -> Result<(), Refusal> {
    let out_of_range = |name, is: &dyn ToString, range| Err(Refusal::out_of_range(wrong.name(), name, is, range));
    match wrong {
        Wrong::Slow { ms } | Wrong::Late { ms } | Wrong::SlowInit { ms } | Wrong::KillEvery { ms }
            if !MILLISECONDS.contains(&i64::from(*ms)) =>
        {
            out_of_range("ms", ms, "1 to 600000 milliseconds")
        }
        Wrong::Seats(seats) if *seats > SEATS => out_of_range("seats", seats, "0 to 900"),
        Wrong::Memory { mb } if !MEMORY.contains(mb) => out_of_range("mb", mb, "1 to 10240 megabytes"),
        Wrong::Timeout { seconds } if !TIMEOUT_SECONDS.contains(seconds) => {
            out_of_range("seconds", seconds, "1 to 900 seconds")
        }
        Wrong::Environment(variables) if variables.is_empty() => {
            out_of_range("environment", &"empty", "at least one variable")
        }
        Wrong::Environment(variables) => {
            variables.iter().try_for_each(|(name, value)| variable(name, value.as_deref()))
        }
        Wrong::Capacity(units) => capacity(units),
        Wrong::Disorder(Disorder { duplicates, reordering, .. }) => {
            let shares = [("duplicates", duplicates), ("reordering", reordering)];
            match shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(*share)) {
                Some((name, share)) => out_of_range(name, share, "0 to 1"),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn variable(name: &str, value: Option<&str>) -> Result<(), Refusal> {
    let range =
        "a letter, then letters, digits and \"_\", and none of the platform's, which begin with AWS_, LAMBDA_ or _";
    let plain = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    if !plain
        || !name.starts_with(|first: char| first.is_ascii_alphabetic())
        || RESERVED.iter().any(|reserved| name.starts_with(reserved))
    {
        return Err(Refusal::out_of_range("environment", "environment", &name, range));
    }
    // No process can be given one.
    match value {
        Some(value) if value.contains('\0') => {
            Err(Refusal::out_of_range("environment", "environment", &name, "without a zero byte"))
        }
        _ => Ok(()),
    }
}

fn capacity(units: &Throughput) -> Result<(), Refusal> {
    for (name, units) in [("read", units.read), ("write", units.write)] {
        if !dynamodb::UNITS.contains(&units) {
            return Err(Refusal::out_of_range("capacity", name, &units, "1 to 40000 units a second"));
        }
    }
    match units.burst {
        Some(seconds) if seconds > dynamodb::BURST_SECONDS => {
            Err(Refusal::out_of_range("capacity", "burst", &seconds, "0 to 300 seconds"))
        }
        _ => Ok(()),
    }
}
