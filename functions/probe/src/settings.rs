use crate::SERVICE;
use shared::config::{ConfigError, Environment};
use shared::params;
use shared::retry::Schedule;
use std::time::Duration;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What every function is told.
    pub common: shared::settings::Settings,
    /// The SSM parameter with the address of `POST /probe/ride`.
    pub url_parameter: String,
    /// How long the address is good.
    pub parameters: params::Settings,
    /// The longest that opening a connection may take.
    pub connect_timeout: Duration,
    /// How long a rider would wait for the answer.
    pub attempt_timeout: Duration,
}

impl Settings {
    /// One attempt: a probe that tries again calls a system well that fails its riders. It also keeps one beat one ride.
    pub const SCHEDULE: Schedule = Schedule { attempts: 1, base: Duration::ZERO, cap: Duration::ZERO };

    /// Reads the environment.
    ///
    /// # Errors
    /// A variable is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            common: shared::settings::Settings::read(SERVICE, environment)?,
            url_parameter: environment.text("RIDE_PROBE_URL_PARAMETER")?,
            parameters: params::Settings {
                ttl: environment.seconds("PARAMETER_TTL_SECONDS")?,
                timeout: environment.milliseconds("SSM_TIMEOUT_MS")?,
            },
            connect_timeout: environment.milliseconds("CONNECT_TIMEOUT_MS")?,
            attempt_timeout: environment.milliseconds("RIDE_ATTEMPT_TIMEOUT_MS")?,
        })
    }
}
