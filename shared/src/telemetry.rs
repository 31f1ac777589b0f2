//! The log, one flat JSON object a line on standard output, and the traces. Neither ever fails, blocks or slows a request.

mod fields;
mod identity;
mod line;
pub mod metrics;
pub mod trace;

pub use identity::Identity;
pub use line::Format;

use crate::config::Environment;
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log of this process, and logs panics in one line from then on. A second start is ignored.
///
/// `service` is also the target of its own events, with `_` for `-`, as Rust spells crate names.
pub fn start(service: &'static str, environment: &Environment) {
    let log = subscriber(service, environment, |line| {
        // Nobody is left to tell when standard output is gone; println would panic.
        let _ = std::io::stdout().lock().write_all(line.as_bytes());
    });
    let _ = log.try_init();
    crate::panic::quiet_panics();
}

/// The log, line by line into `write`: what [`start`] starts, and what tests read.
pub fn subscriber(
    service: &'static str,
    environment: &Environment,
    write: impl Fn(&str) + Send + Sync + 'static,
) -> impl tracing::Subscriber + Send + Sync {
    let identity = Identity::new(service, environment);
    let layer = line::Lines::new(identity, format(environment), metrics_level(environment), write);
    tracing_subscriber::registry().with(layer).with(targets(service, environment))
}

/// Which events are written: ours from the configured level, those of libraries from `warn`, because at finer levels
/// an SDK writes requests, and a request holds locations and signatures.
fn targets(service: &str, environment: &Environment) -> Targets {
    let level = level(environment);
    let ours = service.replace('-', "_");
    let libraries = level.min(LevelFilter::WARN);
    let targets = Targets::new().with_default(libraries).with_target("shared", level).with_target(ours, level);
    // The runtime writes every error that a handler returns, as Debug prints it: what the function has logged already.
    targets.with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
}

/// What Lambda's own setting says, else `LOG_LEVEL`, else `info`. A word that neither knows counts as unset.
fn level(environment: &Environment) -> LevelFilter {
    let parse = |key| match environment.optional(key)?.to_ascii_uppercase().as_str() {
        "TRACE" => Some(LevelFilter::TRACE),
        "DEBUG" => Some(LevelFilter::DEBUG),
        "INFO" => Some(LevelFilter::INFO),
        "WARN" | "WARNING" => Some(LevelFilter::WARN),
        "ERROR" | "FATAL" | "CRITICAL" => Some(LevelFilter::ERROR),
        _ => None,
    };
    parse("AWS_LAMBDA_LOG_LEVEL").or_else(|| parse("LOG_LEVEL")).unwrap_or(LevelFilter::INFO)
}

/// The level of lines of metrics. They have none, for they are no log events. But of a function that logs JSON Lambda
/// drops the lines below its own level, and it takes a line without a level for INFO; nothing in its documentation
/// excepts EMF. Metrics must get out at any level, so from WARN on they say the very level that Lambda lets through.
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
fn metrics_level(environment: &Environment) -> Option<&'static str> {
    let level = environment.optional("AWS_LAMBDA_LOG_LEVEL")?;
    ["WARN", "ERROR", "FATAL"].into_iter().find(|above| above.eq_ignore_ascii_case(level))
}

/// JSON unless Lambda is told that the function writes text.
fn format(environment: &Environment) -> Format {
    let text = environment.optional("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("text"));
    if text { Format::Text } else { Format::Json }
}

/// The end of a process: a failure is logged, and the exit code tells Lambda.
pub fn exit_code(result: Result<(), Box<dyn Error + Send + Sync>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = &*error as &dyn Error, "the function cannot run");
            ExitCode::FAILURE
        }
    }
}

/// An error and everything that caused it, as one text.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in causes(error) {
        let cause = cause.to_string();
        // Some errors repeat their source in their own text.
        if !text.ends_with(&cause) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause);
        }
    }
    text
}

/// An error and everything that caused it, as far as it may come out: what AWS says about a request may repeat it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    #[cfg(any(feature = "dynamodb", feature = "params", feature = "sqs"))]
    let may_be_told = crate::aws::may_be_told;
    #[cfg(not(any(feature = "dynamodb", feature = "params", feature = "sqs")))]
    let may_be_told = |_: &(dyn Error + 'static)| true;
    std::iter::successors(Some(error), |&error| error.source()).filter(move |&error| may_be_told(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().copied().collect()
    }

    #[derive(Debug, thiserror::Error)]
    #[error("the ride was not stored")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("the table is gone")]
    struct Inner;

    #[test]
    fn the_whole_source_chain_is_one_text() {
        assert_eq!(chain(&Outer(Inner)), "the ride was not stored: the table is gone");
    }

    #[test]
    fn lambdas_own_level_wins_and_nonsense_is_ignored() {
        let both = [("AWS_LAMBDA_LOG_LEVEL", "ERROR"), ("LOG_LEVEL", "debug")];
        assert_eq!(level(&environment(&both)), LevelFilter::ERROR);
        assert_eq!(level(&environment(&both[1..])), LevelFilter::DEBUG);
        assert_eq!(level(&environment(&[("LOG_LEVEL", "WARNING")])), LevelFilter::WARN);
        assert_eq!(level(&environment(&[("LOG_LEVEL", "loud")])), LevelFilter::INFO);
    }

    #[test]
    fn libraries_never_speak_below_warn() {
        let targets = targets("request-ride", &environment(&[("LOG_LEVEL", "TRACE")]));
        assert!(targets.would_enable("request_ride", &tracing::Level::TRACE));
        assert!(targets.would_enable("shared::http", &tracing::Level::TRACE));
        assert!(!targets.would_enable("aws_smithy_runtime", &tracing::Level::INFO));
    }

    #[test]
    fn text_is_written_only_when_lambda_says_text() {
        assert_eq!(format(&environment(&[])), Format::Json);
        assert_eq!(format(&environment(&[("AWS_LAMBDA_LOG_FORMAT", "JSON")])), Format::Json);
        assert_eq!(format(&environment(&[("AWS_LAMBDA_LOG_FORMAT", "Text")])), Format::Text);
    }
}
