use std::time::Duration;

/// Why a call brought no answer. The sources never name the URL, which may hold a secret.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The time budget was spent before an attempt could start.
    #[error("no time was left for a call")]
    OutOfTime,
    /// The call could not be signed, so it was not made.
    #[cfg(feature = "signing")]
    #[error("the call could not be signed")]
    Unsigned(#[source] super::Unsigned),
    /// No connection.
    #[error("could not connect")]
    Connect(#[source] reqwest::Error),
    /// No whole answer in time.
    #[error("no answer within {} ms", .after.as_millis())]
    TimedOut {
        /// The time allowed.
        after: Duration,
        /// What was waited for.
        source: reqwest::Error,
    },
    /// The connection or the answer broke off.
    #[error("the answer broke off")]
    Broken(#[source] reqwest::Error),
    /// The answer is longer than anything we ask for.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// The longest that is read.
        limit: usize,
        /// The answer, with as much of its body as was read: its head came whole.
        begun: super::Answer,
    },
    /// What is to be sent cannot be written, so nothing was.
    #[error("the call could not be written")]
    Unwritable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault on purpose.
    #[cfg(feature = "faults")]
    #[error("{0}, by an injected fault")]
    Injected(super::Injected),
}

impl CallError {
    pub(super) fn of(error: reqwest::Error, allowed: Duration) -> Self {
        let error = error.without_url();
        // A connection that took too long is both; the time-out says more.
        if error.is_timeout() {
            Self::TimedOut { after: allowed, source: error }
        } else if error.is_connect() {
            Self::Connect(error)
        } else {
            Self::Broken(error)
        }
    }

    /// Whether another attempt may fare better.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Connect(_) | Self::TimedOut { .. } | Self::Broken(_) => true,
            Self::OutOfTime | Self::TooLong { .. } | Self::Unwritable(_) => false,
            #[cfg(feature = "signing")]
            Self::Unsigned(_) => false,
            #[cfg(feature = "faults")]
            Self::Injected(_) => true,
        }
    }
}
