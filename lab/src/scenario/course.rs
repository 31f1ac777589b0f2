//! When a run began, and how far it is.

use std::time::Instant;

use jiff::Timestamp;

use super::plan::Scale;
use crate::assembly::Lab;

/// When it began, by all clocks.
pub(super) struct Course {
    pub(super) began: Instant,
    pub(super) began_at: Timestamp,
    /// By CloudWatch's clock, in milliseconds since 1970.
    pub(super) began_ms: i64,
    scale: Scale,
}

impl Course {
    pub(super) fn beginning(lab: &Lab, scale: Scale) -> Self {
        let began_ms = lab.instruments.clock.now().as_millisecond();
        Self { began: Instant::now(), began_at: Timestamp::now(), began_ms, scale }
    }

    /// Seconds of the scenario since the load began.
    pub(super) fn now(&self) -> f64 {
        self.scale.scenario(self.began.elapsed())
    }
}
