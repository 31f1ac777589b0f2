//! CloudWatch's clock in the lab, which can run faster than the machine's, so that nobody waits minutes for an alarm.

use jiff::{SignedDuration, Timestamp};

/// A clock that agrees with the machine's at one moment and runs `factor` times as fast from then on.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Timestamp,
    factor: i32,
}

impl Clock {
    /// A clock that starts now. A factor of 1 is the machine's own time; 0 counts as 1.
    pub fn starting_now(factor: u16) -> Self {
        Self { origin: Timestamp::now(), factor: i32::from(factor.max(1)) }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.at(Timestamp::now())
    }

    /// What this clock shows at a moment of the machine's clock. What lies before the start stays as it is.
    pub fn at(&self, machine: Timestamp) -> Timestamp {
        let since = machine.duration_since(self.origin);
        if since <= SignedDuration::ZERO {
            return machine;
        }
        // Out of the range of times only after years: the machine's time is as good then.
        since.checked_mul(self.factor).and_then(|since| self.origin.checked_add(since).ok()).unwrap_or(machine)
    }

    /// How many times as fast as the machine's.
    pub fn factor(&self) -> u16 {
        u16::try_from(self.factor).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compressed_clock_runs_faster_from_its_start_on() {
        let clock = Clock { origin: Timestamp::UNIX_EPOCH, factor: 60 };
        let second = |seconds| Timestamp::from_second(seconds).expect("in range");
        assert_eq!(clock.at(second(2)), second(120));
        assert_eq!(clock.at(second(-5)), second(-5));
        assert_eq!(Clock::starting_now(0).factor(), 1);
    }
}
