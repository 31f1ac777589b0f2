//! Stage throttling: a token bucket, as API Gateway documents it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>

use std::time::Instant;

use crate::template::Throttle;

#[derive(Debug)]
pub(super) struct TokenBucket {
    limits: Throttle,
    tokens: f64,
    filled: Instant,
}

impl TokenBucket {
    /// A full bucket.
    pub(super) fn new(limits: Throttle, now: Instant) -> Self {
        Self { limits, tokens: f64::from(limits.burst), filled: now }
    }

    /// Takes one token, if there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.limits.rate).min(f64::from(self.limits.burst));
        self.filled = now;
        let granted = self.tokens >= 1.0;
        if granted {
            self.tokens -= 1.0;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_is_granted_then_the_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(Throttle { rate: 10.0, burst: 5 }, start);
        assert_eq!((0..8).filter(|_| bucket.take(start)).count(), 5);
        let later = start + Duration::from_millis(250);
        assert_eq!((0..8).filter(|_| bucket.take(later)).count(), 2);
        let much_later = start + Duration::from_secs(60);
        assert_eq!((0..8).filter(|_| bucket.take(much_later)).count(), 5, "never more than the burst");
    }
}
