use crate::SERVICE;
use crate::breaker;
use crate::rules::Rules;
use shared::config::{ConfigError, Environment};
use shared::params;
use shared::payments::Tables;
use shared::retry::Schedule;
use std::time::Duration;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What every function is told.
    pub common: shared::settings::Settings,
    /// The SSM parameter with the address of finance's `POST /ProcessPayment`.
    pub finance_url_parameter: String,
    /// How long the address is good.
    pub parameters: params::Settings,
    /// Whether finance is a function of our own API, which asks for a signature. A stranger gets none: it would tell it
    /// which role of which account calls.
    pub finance_is_ours: bool,
    /// The longest that opening a connection may take.
    pub connect_timeout: Duration,
    /// The two tables.
    pub tables: Tables,
    /// The address of the queue.
    pub queue_url: String,
    /// The address of its dead-letter queue.
    pub dead_letters_url: String,
    /// How payments are processed.
    pub rules: Rules,
    /// When finance is left alone.
    pub breaker: breaker::Rules,
}

impl Settings {
    /// Retries are the queue's, which outlives the function: a second layer of them would multiply.
    pub const ONE_ATTEMPT: Schedule = Schedule { attempts: 1, base: Duration::ZERO, cap: Duration::ZERO };

    /// Reads the environment.
    ///
    /// # Errors
    /// A variable is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let auth = environment.parsed("FINANCE_AUTH", "iam or none", |text| match text {
            "iam" => Some(true),
            "none" => Some(false),
            _ => None,
        })?;
        let timeout = environment.milliseconds("TIMEOUT_MS")?;
        let rules = Rules {
            attempt_timeout: environment.milliseconds("FINANCE_ATTEMPT_TIMEOUT_MS")?,
            time_to_save: environment.milliseconds("SAVE_TIMEOUT_MS")?,
            side_by_side: environment.number("PAYMENTS_SIDE_BY_SIDE", 1..=10)?,
            max_attempts: environment.number("PAYMENT_ATTEMPTS", 1..=100)?,
            back_off: Schedule {
                attempts: u32::MAX,
                base: environment.milliseconds("BACKOFF_BASE_MS")?,
                cap: environment.milliseconds("BACKOFF_CAP_MS")?,
            },
        };
        // Else every message would be given back untouched, for ever.
        environment.parsed(
            "TIMEOUT_MS",
            "more than FINANCE_ATTEMPT_TIMEOUT_MS and SAVE_TIMEOUT_MS together",
            |_| (timeout > rules.needed() + shared::budget::ANSWER_RESERVE).then_some(()),
        )?;
        Ok(Self {
            common: shared::settings::Settings::read(SERVICE, environment)?,
            finance_url_parameter: environment.text("FINANCE_URL_PARAMETER")?,
            parameters: params::Settings {
                ttl: environment.seconds("PARAMETER_TTL_SECONDS")?,
                timeout: environment.milliseconds("SSM_TIMEOUT_MS")?,
            },
            finance_is_ours: auth,
            connect_timeout: environment.milliseconds("CONNECT_TIMEOUT_MS")?,
            tables: Tables {
                payments: environment.text("PAYMENTS_TABLE")?,
                counts: environment.text("PAYMENT_COUNTS_TABLE")?,
            },
            queue_url: environment.text("PAYMENTS_QUEUE_URL")?,
            dead_letters_url: environment.text("PAYMENTS_DEAD_LETTERS_URL")?,
            breaker: breaker::Rules {
                failures: environment.number("BREAKER_FAILURES", 1..=1_000)?,
                open: environment.milliseconds("BREAKER_OPEN_MS")?,
                longest_open: environment.milliseconds("BREAKER_LONGEST_OPEN_MS")?,
                probe: rules.needed(),
                drain_calls: environment.number("DRAIN_CALLS", 1..=10_000)?,
                drain_interval: environment.milliseconds("DRAIN_INTERVAL_MS")?,
            },
            rules,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(change: &[(&'static str, &'static str)]) -> Result<Settings, ConfigError> {
        let fixed = [
            ("STAGE", "dev"),
            ("TIMEOUT_MS", "60000"),
            ("FINANCE_AUTH", "iam"),
            ("FINANCE_URL_PARAMETER", "/wild-rydes-finance/dev/URL"),
            ("PARAMETER_TTL_SECONDS", "60"),
            ("SSM_TIMEOUT_MS", "1000"),
            ("CONNECT_TIMEOUT_MS", "1000"),
            ("FINANCE_ATTEMPT_TIMEOUT_MS", "10000"),
            ("SAVE_TIMEOUT_MS", "5000"),
            ("PAYMENTS_SIDE_BY_SIDE", "5"),
            ("PAYMENT_ATTEMPTS", "12"),
            ("BACKOFF_BASE_MS", "2000"),
            ("BACKOFF_CAP_MS", "900000"),
            ("PAYMENTS_TABLE", "payments"),
            ("PAYMENT_COUNTS_TABLE", "payment-counts"),
            ("PAYMENTS_QUEUE_URL", "http://127.0.0.1/payments"),
            ("PAYMENTS_DEAD_LETTERS_URL", "http://127.0.0.1/dead"),
            ("BREAKER_FAILURES", "10"),
            ("BREAKER_OPEN_MS", "15000"),
            ("BREAKER_LONGEST_OPEN_MS", "60000"),
            ("DRAIN_CALLS", "20"),
            ("DRAIN_INTERVAL_MS", "10000"),
        ];
        Settings::read(&fixed.into_iter().chain(change.iter().copied()).collect())
    }

    #[test]
    fn a_whole_environment_is_taken() {
        let settings = read(&[]).expect("whole");
        assert!(settings.finance_is_ours);
        assert_eq!(settings.rules.needed(), Duration::from_secs(15));
    }

    #[test]
    fn each_variable_is_named_when_it_is_wrong() {
        for (key, wrong) in [
            ("FINANCE_AUTH", "basic"),
            ("PAYMENT_ATTEMPTS", "0"),
            ("PAYMENTS_SIDE_BY_SIDE", "11"),
            ("PAYMENTS_TABLE", ""),
            ("BREAKER_FAILURES", "many"),
            // No attempt would ever fit.
            ("TIMEOUT_MS", "15000"),
        ] {
            assert_eq!(read(&[(key, wrong)]).expect_err(key).key, key);
        }
    }
}
