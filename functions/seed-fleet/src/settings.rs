use crate::SERVICE;
use shared::config::{ConfigError, Environment};
use shared::retry::Schedule;
use std::time::Duration;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What every function is told.
    pub common: shared::settings::Settings,
    /// The unicorns table.
    pub table: String,
    /// The longest that opening a connection may take.
    pub connect_timeout: Duration,
    /// How the answer is tried again.
    pub schedule: Schedule,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// A variable is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            common: shared::settings::Settings::read(SERVICE, environment)?,
            table: environment.text("UNICORNS_TABLE")?,
            connect_timeout: environment.milliseconds("CONNECT_TIMEOUT_MS")?,
            // A stack waits for this answer, and nobody else does: patience is cheap.
            schedule: Schedule { attempts: 5, base: Duration::from_millis(200), cap: Duration::from_secs(2) },
        })
    }
}
