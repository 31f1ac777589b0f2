//! What every AWS client of a function has in common: region, credentials, time limits and TLS.
//!
//! Lambda hands region and credentials over in the environment, and an execution environment never outlives them. So
//! they are read from there and nowhere else: the default chain (profiles, SSO, STS, instance metadata) would link
//! another SDK client, and its wrong turns would end in a time-out instead of an error that names the variable.

#[cfg(any(feature = "dynamodb", feature = "params", feature = "sqs"))]
mod answer;
#[cfg(any(feature = "dynamodb", feature = "params", feature = "sqs"))]
mod attempts;
#[cfg(any(feature = "dynamodb", feature = "params", feature = "sqs"))]
mod calls;
#[cfg(any(feature = "dynamodb", feature = "sqs"))]
mod within;
mod words;

#[cfg(any(feature = "dynamodb", feature = "params", feature = "sqs"))]
pub use attempts::counted;
#[cfg(any(feature = "dynamodb", feature = "params", feature = "sqs"))]
pub(crate) use calls::Calls;
#[cfg(any(feature = "dynamodb", feature = "sqs"))]
pub use within::CallError;
#[cfg(any(feature = "dynamodb", feature = "sqs"))]
pub(crate) use within::{Service, within};
pub(crate) use words::may_be_told;

use crate::config::{ConfigError, Environment};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::time::Duration;

/// The longest first pause between two attempts. The SDK's own second is longer than most of our budgets.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How long and how often a client tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientLimits {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// The longest that one attempt may take.
    pub attempt_timeout: Duration,
    /// The longest that opening a connection may take.
    pub connect_timeout: Duration,
}

#[cfg(any(feature = "dynamodb", feature = "sqs"))]
impl ClientLimits {
    /// Reads `{service}_ATTEMPTS`, `{service}_ATTEMPT_TIMEOUT_MS` and `CONNECT_TIMEOUT_MS`.
    pub(crate) fn read(environment: &Environment, service: &Service) -> Result<Self, ConfigError> {
        let Service { variable, .. } = service;
        Ok(Self {
            attempts: environment.number(&format!("{variable}_ATTEMPTS"), 1..=10)?,
            attempt_timeout: environment.milliseconds(&format!("{variable}_ATTEMPT_TIMEOUT_MS"))?,
            connect_timeout: environment.milliseconds("CONNECT_TIMEOUT_MS")?,
        })
    }
}

/// The configuration of a client of `service`, spelt as in `AWS_ENDPOINT_URL_{service}`.
///
/// # Errors
/// Region or credentials are missing.
pub fn sdk_config(environment: &Environment, service: &str, limits: &ClientLimits) -> Result<SdkConfig, ConfigError> {
    let credentials = credentials(environment)?;
    let endpoint = environment.optional(&format!("AWS_ENDPOINT_URL_{service}"));
    let endpoint = endpoint.or_else(|| environment.optional("AWS_ENDPOINT_URL"));
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(limits.connect_timeout)
        .operation_attempt_timeout(limits.attempt_timeout)
        .build();
    let retries = RetryConfig::standard().with_max_attempts(limits.attempts).with_initial_backoff(FIRST_PAUSE);
    let http = http_client();
    #[cfg(feature = "faults")]
    let http = if crate::faults::are_wanted(environment) { crate::faults::faulty(http, service) } else { http };
    let mut config = SdkConfig::builder();
    config.set_endpoint_url(endpoint.map(str::to_owned));
    Ok(config
        .behavior_version(BehaviorVersion::v2026_01_12())
        // Answers are small and every attempt has a total limit: watching their pace would only cost time.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .region(Region::new(environment.text("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .timeout_config(timeouts)
        .retry_config(retries)
        .http_client(http)
        .build())
}

/// The credentials of the function's role.
pub(crate) fn credentials(environment: &Environment) -> Result<Credentials, ConfigError> {
    Ok(Credentials::new(
        environment.text("AWS_ACCESS_KEY_ID")?,
        environment.text("AWS_SECRET_ACCESS_KEY")?,
        environment.optional("AWS_SESSION_TOKEN").map(str::to_owned),
        None,
        "environment",
    ))
}

/// An HTTP client that trusts Mozilla's roots, compiled in: what it trusts does not depend on the machine it runs on.
fn http_client() -> aws_smithy_runtime_api::client::http::SharedHttpClient {
    let builder = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    let roots = TrustStore::empty().with_pem_certificate(roots());
    match TlsContext::builder().with_trust_store(roots).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        // The builder checks nothing today; should it ever refuse, the machine's own roots do.
        Err(_) => builder.build_https(),
    }
}

/// The roots in PEM, the only form the SDK's client takes.
fn roots() -> String {
    let mut pem = String::with_capacity(300 * 1024);
    for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        STANDARD.encode_string(root, &mut pem);
        pem.push_str("\n-----END CERTIFICATE-----\n");
    }
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ClientLimits = ClientLimits {
        attempts: 3,
        attempt_timeout: Duration::from_millis(700),
        connect_timeout: Duration::from_millis(500),
    };

    fn environment(endpoints: &[(&'static str, &'static str)]) -> Environment {
        let fixed = [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        fixed.iter().chain(endpoints).copied().collect()
    }

    #[test]
    fn the_endpoint_of_the_service_wins_over_the_general_one() {
        let endpoint = |endpoints: &[_]| {
            let config = sdk_config(&environment(endpoints), "SSM", &LIMITS).expect("a whole environment");
            config.endpoint_url().map(str::to_owned)
        };
        let general = ("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
        assert_eq!(endpoint(&[]), None);
        assert_eq!(endpoint(&[general]).as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(endpoint(&[general, ("AWS_ENDPOINT_URL_SSM", "http://[::1]:2")]).as_deref(), Some("http://[::1]:2"));
    }

    #[test]
    fn missing_credentials_are_named() {
        let empty = [("AWS_REGION", "eu-west-1")].into_iter().collect();
        let error = sdk_config(&empty, "SSM", &LIMITS).expect_err("no credentials");
        assert_eq!(error.key, "AWS_ACCESS_KEY_ID");
    }

    #[test]
    fn an_attempt_has_a_connect_and_a_total_limit() {
        let config = sdk_config(&environment(&[]), "DYNAMODB", &LIMITS).expect("a whole environment");
        let timeouts = config.timeout_config().expect("set above");
        assert_eq!(timeouts.connect_timeout(), Some(LIMITS.connect_timeout));
        assert_eq!(timeouts.operation_attempt_timeout(), Some(LIMITS.attempt_timeout));
        assert_eq!(config.retry_config().map(RetryConfig::max_attempts), Some(3));
    }
}
