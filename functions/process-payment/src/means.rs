use jiff::Timestamp;
use std::fmt;
use std::time::Duration;

/// A clock and dice. Tests bring their own.
pub struct Means {
    /// The time.
    pub now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// A random time from nothing up to this one.
    pub up_to: Box<dyn Fn(Duration) -> Duration + Send + Sync>,
}

impl Default for Means {
    fn default() -> Self {
        let up_to = |longest: Duration| {
            let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
            Duration::from_millis(fastrand::u64(0..=longest))
        };
        Self { now: Box::new(Timestamp::now), up_to: Box::new(up_to) }
    }
}

impl fmt::Debug for Means {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Means").finish_non_exhaustive()
    }
}
