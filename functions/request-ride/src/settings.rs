use http::HeaderValue;
use shared::config::{ConfigError, Environment};
use shared::idempotency;
use shared::params;
use shared::retry::Schedule;
use std::time::Duration;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The SSM parameter with the address of `POST /record`.
    pub record_url_parameter: String,
    /// The SSM parameter with the address of `GET /unicorn`.
    pub fleet_url_parameter: String,
    /// How long addresses are good.
    pub parameters: params::Settings,
    /// The origin whose pages may read the answers; `*` for any.
    pub cors_origin: HeaderValue,
    /// The longest that opening a connection may take.
    pub connect_timeout: Duration,
    /// The longest that one attempt at the fleet may take.
    pub fleet_attempt_timeout: Duration,
    /// The longest that one attempt at the record service may take.
    pub record_attempt_timeout: Duration,
    /// The table of idempotency claims.
    pub idempotency_table: String,
    /// How long claims last.
    pub idempotency: idempotency::Settings,
    /// How often calls are made and how long the pauses are.
    pub schedule: Schedule,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// A variable is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let timeout = environment.milliseconds("TIMEOUT_MS")?;
        let in_progress = environment.seconds("IDEMPOTENCY_IN_PROGRESS_SECONDS")?;
        let ttl = environment.seconds("IDEMPOTENCY_TTL_SECONDS")?;
        // A caller that is still at work must not be taken for dead, nor a claim expire under it.
        environment.parsed("IDEMPOTENCY_IN_PROGRESS_SECONDS", "more than TIMEOUT_MS", |_| {
            (in_progress > timeout).then_some(())
        })?;
        environment.parsed("IDEMPOTENCY_TTL_SECONDS", "more than IDEMPOTENCY_IN_PROGRESS_SECONDS", |_| {
            (ttl > in_progress).then_some(())
        })?;
        let origin = "* or an origin such as https://example.com";
        Ok(Self {
            record_url_parameter: environment.text("RIDE_RECORD_URL_PARAMETER")?,
            fleet_url_parameter: environment.text("RIDE_FLEET_URL_PARAMETER")?,
            parameters: params::Settings {
                ttl: environment.seconds("PARAMETER_TTL_SECONDS")?,
                timeout: environment.milliseconds("SSM_TIMEOUT_MS")?,
            },
            cors_origin: environment.parsed("CORS_ORIGIN", origin, cors_origin)?,
            connect_timeout: environment.milliseconds("CONNECT_TIMEOUT_MS")?,
            fleet_attempt_timeout: environment.milliseconds("FLEET_ATTEMPT_TIMEOUT_MS")?,
            record_attempt_timeout: environment.milliseconds("RECORD_ATTEMPT_TIMEOUT_MS")?,
            idempotency_table: environment.text("IDEMPOTENCY_TABLE")?,
            idempotency: idempotency::Settings { ttl, in_progress },
            schedule: Schedule {
                attempts: environment.number("CALL_ATTEMPTS", 1..=10)?,
                base: environment.milliseconds("BACKOFF_BASE_MS")?,
                cap: environment.milliseconds("BACKOFF_CAP_MS")?,
            },
        })
    }
}

/// One origin, without a path: browsers compare it letter by letter.
fn cors_origin(text: &str) -> Option<HeaderValue> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let origin = host.is_some_and(|host| !host.is_empty() && !host.contains(['/', ',', ' ', '*']));
    (text == "*" || origin).then(|| HeaderValue::from_str(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_at_work_is_never_taken_for_dead() {
        let read = |in_progress: &'static str, ttl: &'static str| {
            let fixed = [
                ("RIDE_RECORD_URL_PARAMETER", "record"),
                ("RIDE_FLEET_URL_PARAMETER", "fleet"),
                ("PARAMETER_TTL_SECONDS", "60"),
                ("SSM_TIMEOUT_MS", "1000"),
                ("CORS_ORIGIN", "*"),
                ("CONNECT_TIMEOUT_MS", "1000"),
                ("FLEET_ATTEMPT_TIMEOUT_MS", "2000"),
                ("RECORD_ATTEMPT_TIMEOUT_MS", "3000"),
                ("CALL_ATTEMPTS", "3"),
                ("BACKOFF_BASE_MS", "100"),
                ("BACKOFF_CAP_MS", "1000"),
                ("IDEMPOTENCY_TABLE", "claims"),
                ("TIMEOUT_MS", "20000"),
            ];
            let lives = [("IDEMPOTENCY_IN_PROGRESS_SECONDS", in_progress), ("IDEMPOTENCY_TTL_SECONDS", ttl)];
            let read = Settings::read(&fixed.into_iter().chain(lives).collect());
            read.map(|settings| settings.idempotency.ttl.as_secs()).map_err(|error| error.key)
        };
        assert_eq!(read("30", "86400"), Ok(86_400));
        assert_eq!(read("20", "86400"), Err("IDEMPOTENCY_IN_PROGRESS_SECONDS".into()));
        assert_eq!(read("30", "30"), Err("IDEMPOTENCY_TTL_SECONDS".into()));
    }

    #[test]
    fn an_origin_has_no_path_and_there_is_only_one() {
        for origin in ["*", "https://example.com", "http://localhost:5173"] {
            assert!(cors_origin(origin).is_some(), "{origin}");
        }
        for wrong in
            ["example.com", "https://", "https://example.com/", "https://a.com,https://b.com", "https://*.a.com"]
        {
            assert!(cors_origin(wrong).is_none(), "{wrong}");
        }
    }
}
