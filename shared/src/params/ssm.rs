use super::Store;
use crate::aws::{Calls, ClientLimits, sdk_config};
use crate::config::{ConfigError, Environment};
use aws_sdk_ssm::Client;
use aws_sdk_ssm::config::Config;
use aws_sdk_ssm::error::SdkError;
use aws_sdk_ssm::operation::get_parameter::GetParameterError;
use std::time::Duration;

/// SSM itself. It needs `ssm:GetParameter` on each parameter that it is asked for.
#[derive(Debug, Clone)]
pub struct Ssm {
    client: Client,
}

/// Why SSM gave no value.
#[derive(Debug, thiserror::Error)]
pub enum SsmError {
    /// The call failed.
    #[error("SSM GetParameter failed")]
    Failed(#[from] Box<SdkError<GetParameterError>>),
    /// The answer has no value in it.
    #[error("SSM answered without a value")]
    Empty,
}

impl Ssm {
    /// Builds the client. `timeout` is what a request may wait for SSM in all, so one attempt gets half of it and a
    /// second attempt fits in.
    ///
    /// # Errors
    /// Region or credentials are missing.
    pub fn new(environment: &Environment, timeout: Duration, connect_timeout: Duration) -> Result<Self, ConfigError> {
        let limits = ClientLimits { attempts: 2, attempt_timeout: timeout / 2, connect_timeout };
        let config = sdk_config(environment, "SSM", &limits)?;
        let calls = Calls::of("SSM", &config, |_| None);
        Ok(Self { client: Client::from_conf(Config::from(&config).to_builder().interceptor(calls).build()) })
    }
}

impl Store for Ssm {
    type Error = SsmError;

    async fn get(&self, name: &str) -> Result<String, SsmError> {
        let output = self.client.get_parameter().name(name).send().await.map_err(Box::new)?;
        output.parameter.and_then(|parameter| parameter.value).ok_or(SsmError::Empty)
    }
}
