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
