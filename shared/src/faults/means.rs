use super::disk::Disk;
use super::source::{Reading, Source};
use crate::config::Environment;
use crate::params::{Ssm, Store};
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// The parameter with the configuration. Without it nothing is ever read or injected.
pub const PARAMETER: &str = "FAILURE_INJECTION_PARAM";
/// How many seconds a configuration is good; 0 reads it for every invocation.
pub const CACHE_TTL: &str = "FAILURE_CACHE_TTL";
/// `true` switches everything off.
pub const DISABLED: &str = "FAILURE_LAMBDA_DISABLED";

const DEFAULT_TTL: Duration = Duration::from_secs(60);
/// The longest that a request waits for the configuration: less than any time budget keeps for its answer.
const READ_LIMIT: Duration = Duration::from_millis(300);
/// The longest that opening the connection for it may take.
const CONNECT_LIMIT: Duration = Duration::from_millis(200);

/// A wait that is under way.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What injection needs of the world. Tests bring their own.
pub struct Means {
    /// Reads the configuration.
    pub read: Box<dyn Fn() -> Reading + Send + Sync>,
    /// How long it is good.
    pub ttl: Duration,
    /// Waits.
    pub pause: Box<dyn Fn(Duration) -> Wait + Send + Sync>,
    /// The directory that is filled.
    pub directory: PathBuf,
    /// The seed where the configuration names none.
    pub seed: u64,
}

/// The faults of one process. Clones are the same.
#[derive(Clone)]
pub struct Faults(Arc<Shared>);

pub(super) struct Shared {
    pub(super) service: &'static str,
    pub(super) source: Source,
    pub(super) pause: Box<dyn Fn(Duration) -> Wait + Send + Sync>,
    pub(super) disk: Disk,
    pub(super) seed: u64,
}

/// Whether faults may be injected at all. Not in production, whatever else the environment says: the template gives it
/// neither parameter nor permission, and whatever begins with `prod` is meant so.
pub(crate) fn are_wanted(environment: &Environment) -> bool {
    let production = environment.optional("STAGE").is_some_and(|stage| stage.to_ascii_lowercase().starts_with("prod"));
    !production && environment.optional(PARAMETER).is_some() && environment.optional(DISABLED) != Some("true")
}

impl Faults {
    /// Faults by what the environment says: `FAILURE_INJECTION_PARAM`, `FAILURE_CACHE_TTL`, `FAILURE_LAMBDA_DISABLED`. `None`
    /// when none are wanted, and when they cannot be had, which is logged: a function without faults still serves.
    pub fn read(service: &'static str, environment: &Environment) -> Option<Self> {
        if !are_wanted(environment) {
            return None;
        }
        let name = environment.text(PARAMETER).ok()?;
        let store = match Ssm::new(environment, READ_LIMIT, CONNECT_LIMIT) {
            Ok(store) => store,
            Err(error) => {
                tracing::warn!(error = &error as &dyn Error, "no faults are injected");
                return None;
            }
        };
        let read = move || -> Reading {
            let (store, name) = (store.clone(), name.clone());
            Box::pin(async move { Ok(tokio::time::timeout(READ_LIMIT, store.get(&name)).await??) })
        };
        Some(Self::new(
            service,
            Means {
                read: Box::new(read),
                ttl: ttl(environment),
                pause: Box::new(|wait| Box::pin(tokio::time::sleep(wait))),
                directory: std::env::temp_dir(),
                seed: fastrand::u64(..1 << 53), // as many bits as every reader of JSON keeps
            },
        ))
    }

    /// As [`Faults::read`], with the configuration read before the first request has to wait for it: best effort.
    pub async fn warmed(service: &'static str, environment: &Environment) -> Option<Self> {
        let faults = Self::read(service, environment)?;
        let _ = faults.0.source.start_at(std::time::Instant::now()).await;
        Some(faults)
    }

    /// Faults of a service with these means.
    pub fn new(service: &'static str, means: Means) -> Self {
        let Means { read, ttl, pause, directory, seed } = means;
        Self(Arc::new(Shared { service, source: Source::new(read, ttl), pause, disk: Disk::new(directory), seed }))
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0
    }
}

/// A wrong time to live is told and passed over, as failure-lambda does.
fn ttl(environment: &Environment) -> Duration {
    let Some(text) = environment.optional(CACHE_TTL) else { return DEFAULT_TTL };
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    // A day is as good as for ever, and fits into any moment.
    let seconds = seconds.filter(|ttl| *ttl <= Duration::from_secs(86_400));
    seconds.unwrap_or_else(|| {
        tracing::warn!(variable = CACHE_TTL, "is no number of seconds from 0 to 86400; 60 are used");
        DEFAULT_TTL
    })
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Faults").field("service", &self.0.service).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(more: &[(&'static str, &'static str)]) -> Environment {
        let aws = [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        aws.iter().chain(more).copied().collect()
    }

    #[test]
    fn there_are_faults_only_where_a_parameter_is_named_and_the_kill_switch_is_off() {
        let faults = |more: &[_]| Faults::read("x", &environment(more)).is_some();
        let parameter = (PARAMETER, "/wild-rydes/dev/faults");
        assert!(faults(&[parameter]));
        assert!(faults(&[parameter, (DISABLED, "false")]));
        assert!(!faults(&[parameter, (DISABLED, "true")]));
        assert!(!faults(&[]));
        assert!(!faults(&[(PARAMETER, "")]));
        assert!(faults(&[parameter, ("STAGE", "staging")]));
        assert!(!faults(&[parameter, ("STAGE", "prod")]) && !faults(&[parameter, ("STAGE", "production")]));
        let no_credentials = [parameter].into_iter().collect();
        assert!(Faults::read("x", &no_credentials).is_none());
    }

    #[test]
    fn a_wrong_time_to_live_is_the_default() {
        let of = |text: &'static str| ttl(&environment(&[(CACHE_TTL, text)]));
        assert_eq!(of("0"), Duration::ZERO);
        assert_eq!(of("0.5"), Duration::from_millis(500));
        for wrong in ["", "-1", "soon", "NaN", "inf", "1e300"] {
            assert_eq!(of(wrong), DEFAULT_TTL, "{wrong}");
        }
    }
}
