use shared::config::{ConfigError, Environment};
use shared::payments::Tables;
use std::time::Duration;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The tables of payments and of their counts.
    pub tables: Tables,
    /// Where jobs go.
    pub queue_url: String,
    /// Where jobs end that were tried too often.
    pub dead_letters_url: String,
    /// The parameter with the faults that are injected, where there are any.
    pub faults_parameter: Option<String>,
    /// The longest that the page waits for that parameter.
    pub ssm_timeout: Duration,
    /// The longest that the page waits for the states of the alarms.
    pub cloudwatch_timeout: Duration,
    /// The longest that opening a connection may take.
    pub connect_timeout: Duration,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// A variable is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            tables: Tables {
                payments: environment.text("PAYMENTS_TABLE")?,
                counts: environment.text("PAYMENT_COUNTS_TABLE")?,
            },
            queue_url: environment.text("PAYMENTS_QUEUE_URL")?,
            dead_letters_url: environment.text("PAYMENTS_DEAD_LETTERS_URL")?,
            faults_parameter: environment.optional("FAULTS_PARAMETER").map(str::to_owned),
            ssm_timeout: environment.milliseconds("SSM_TIMEOUT_MS")?,
            cloudwatch_timeout: environment.milliseconds("CLOUDWATCH_TIMEOUT_MS")?,
            connect_timeout: environment.milliseconds("CONNECT_TIMEOUT_MS")?,
        })
    }
}
