use shared::config::{ConfigError, Environment};
use shared::retry::Schedule;
use shared::telemetry::trace::Tracer;
use std::time::Duration;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The unicorns table.
    pub table: String,
    /// The longest that opening a connection may take.
    pub connect_timeout: Duration,
    /// The function's own timeout, for when the deadline is unknown.
    pub timeout: Duration,
    /// How the answer is tried again.
    pub schedule: Schedule,
    /// Where traces go.
    pub tracer: Tracer,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// A variable is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            table: environment.text("UNICORNS_TABLE")?,
            connect_timeout: environment.milliseconds("CONNECT_TIMEOUT_MS")?,
            timeout: environment.milliseconds("TIMEOUT_MS")?,
            // A stack waits for this answer, and nobody else does: patience is cheap.
            schedule: Schedule { attempts: 5, base: Duration::from_millis(200), cap: Duration::from_secs(2) },
            tracer: Tracer::new(environment),
        })
    }
}
