//! What every function is told by its environment.

use crate::config::{ConfigError, Environment};
use crate::telemetry::trace::Tracer;
use std::sync::Arc;
use std::time::Duration;

/// What every function is told by its environment.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the service, in logs and in its health.
    pub service: &'static str,
    /// The stage it is deployed to.
    pub stage: Arc<str>,
    /// The function's own timeout, for when the deadline is unknown.
    pub timeout: Duration,
    /// Where traces go.
    pub tracer: Tracer,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// A variable is missing or wrong.
    pub fn read(service: &'static str, environment: &Environment) -> Result<Self, ConfigError> {
        let stage = environment.text("STAGE")?.into();
        let timeout = environment.milliseconds("TIMEOUT_MS")?;
        Ok(Self { service, stage, timeout, tracer: Tracer::new(environment) })
    }
}
