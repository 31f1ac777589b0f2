use crate::SERVICE;
use shared::config::{ConfigError, Environment};
use shared::payments::Tables;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What every function is told.
    pub common: shared::settings::Settings,
    /// The two tables.
    pub tables: Tables,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// A variable is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            common: shared::settings::Settings::read(SERVICE, environment)?,
            tables: Tables {
                payments: environment.text("PAYMENTS_TABLE")?,
                counts: environment.text("PAYMENT_COUNTS_TABLE")?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(change: &[(&'static str, &'static str)]) -> Result<Settings, ConfigError> {
        let fixed = [
            ("STAGE", "dev"),
            ("TIMEOUT_MS", "30000"),
            ("PAYMENTS_TABLE", "payments"),
            ("PAYMENT_COUNTS_TABLE", "payment-counts"),
        ];
        Settings::read(&fixed.into_iter().chain(change.iter().copied()).collect())
    }

    #[test]
    fn a_whole_environment_is_taken() {
        let settings = read(&[]).expect("whole");
        assert_eq!(
            (settings.tables.payments.as_str(), settings.tables.counts.as_str()),
            ("payments", "payment-counts")
        );
        assert_eq!(settings.common.service, SERVICE);
    }

    #[test]
    fn each_variable_is_named_when_it_is_missing() {
        for key in ["STAGE", "TIMEOUT_MS", "PAYMENTS_TABLE", "PAYMENT_COUNTS_TABLE"] {
            assert_eq!(read(&[(key, "")]).expect_err(key).key, key);
        }
    }
}
