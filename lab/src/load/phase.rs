//! Phases: how many riders come when.

use std::time::Duration;

use fastrand::Rng;
use serde::Deserialize;

use super::duration::Length;

/// A stretch of time with its arrivals, as Artillery writes it.
/// <https://www.artillery.io/docs/reference/test-script>
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Phase {
    /// For people.
    pub name: Option<String>,
    /// How long it takes.
    pub length: Duration,
    /// Who comes in it.
    pub arrivals: Arrivals,
}

/// The arrivals of a phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrivals {
    /// Nobody.
    Pause,
    /// So many riders, evenly spread.
    Count(u64),
    /// Riders a second, from the phase's beginning to its end along a straight line.
    Rate {
        /// At the beginning.
        from: f64,
        /// At the end.
        to: f64,
        /// How the single rider comes.
        mode: Mode,
    },
}

/// How riders come at a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Evenly.
    #[default]
    Uniform,
    /// Each independent of the others: the gaps are exponential, and drawn from the seed.
    Poisson,
}

/// A machine's worth of load; more is a slip of the pen.
const HIGHEST_RATE: f64 = 10_000.0;
const MOST_ARRIVALS: u64 = 1_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    name: Option<String>,
    duration: Option<Length>,
    arrival_rate: Option<f64>,
    ramp_to: Option<f64>,
    arrival_count: Option<u64>,
    pause: Option<Length>,
    mode: Option<Mode>,
}

impl TryFrom<Written> for Phase {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { name, duration, arrival_rate, ramp_to, arrival_count, pause, mode } = written;
        let (length, arrivals) = match (pause, arrival_count, arrival_rate) {
            (Some(Length(pause)), None, None) if duration.is_none() && ramp_to.is_none() && mode.is_none() => {
                (pause, Arrivals::Pause)
            }
            (None, Some(count), None) if ramp_to.is_none() && mode.is_none() => {
                (length(duration)?, Arrivals::Count(count))
            }
            // Artillery's ramp begins at 0 where no rate is given.
            (None, None, from) if from.is_some() || ramp_to.is_some() => {
                let from = rate("arrivalRate", from.unwrap_or(0.0))?;
                let to = ramp_to.map_or(Ok(from), |to| rate("rampTo", to))?;
                (length(duration)?, Arrivals::Rate { from, to, mode: mode.unwrap_or_default() })
            }
            _ => {
                return Err("a phase is one of: duration with arrivalRate (and rampTo, mode), \
                            duration with arrivalCount, pause"
                    .to_owned());
            }
        };
        let phase = Self { name, length, arrivals };
        if phase.expected() > MOST_ARRIVALS as f64 {
            return Err(format!("a phase of more than {MOST_ARRIVALS} arrivals"));
        }
        Ok(phase)
    }
}

fn length(duration: Option<Length>) -> Result<Duration, String> {
    match duration {
        Some(Length(length)) if !length.is_zero() => Ok(length),
        _ => Err("the phase needs a duration above 0".to_owned()),
    }
}

fn rate(key: &str, rate: f64) -> Result<f64, String> {
    if (0.0..=HIGHEST_RATE).contains(&rate) {
        return Ok(rate);
    }
    Err(format!("{key} must be from 0 to {HIGHEST_RATE} a second, not {rate}"))
}

impl Phase {
    /// Riders expected: the integral of the rate, or the count.
    pub fn expected(&self) -> f64 {
        match self.arrivals {
            Arrivals::Pause => 0.0,
            Arrivals::Count(count) => count as f64,
            Arrivals::Rate { from, to, .. } => (from + to) / 2.0 * self.length.as_secs_f64(),
        }
    }

    /// The same phase in `1 / factor` of its time: a rate stays and brings fewer riders, and so does a count.
    #[must_use]
    pub fn compressed(&self, factor: u16) -> Self {
        let factor = factor.max(1);
        let arrivals = match self.arrivals {
            Arrivals::Count(count) => {
                let fewer = (count as f64 / f64::from(factor)).round() as u64;
                Arrivals::Count(fewer.max(count.min(1)))
            }
            other => other,
        };
        Self { name: self.name.clone(), length: self.length / u32::from(factor), arrivals }
    }

    /// When riders come, counted from the phase's beginning, in order.
    ///
    /// Evenly spread riders come where the integral of the rate is a half, one and a half, and so on: at any moment as many
    /// have come as the integral says, to within a half.
    pub(super) fn moments(&self, rng: &mut Rng) -> Vec<Duration> {
        let expected = self.expected();
        let uniform = |count: u64| (0..count).map(|k| self.moment(k as f64 + 0.5)).collect();
        match self.arrivals {
            Arrivals::Pause => Vec::new(),
            Arrivals::Count(count) => uniform(count),
            Arrivals::Rate { mode: Mode::Uniform, .. } => uniform((expected + 0.5 + ROUNDING).floor() as u64),
            Arrivals::Rate { mode: Mode::Poisson, .. } => {
                let mut moments = Vec::new();
                let mut integral = 0.0;
                loop {
                    // Of (0, 1]: the logarithm of 0 is infinite.
                    integral += -(1.0 - rng.f64()).ln();
                    if integral >= expected {
                        return moments;
                    }
                    moments.push(self.moment(integral));
                }
            }
        }
    }

    /// When the integral of the rate reaches `integral`.
    fn moment(&self, integral: f64) -> Duration {
        let length = self.length.as_secs_f64();
        let (from, to) = match self.arrivals {
            Arrivals::Pause => (0.0, 0.0),
            Arrivals::Count(count) => (count as f64 / length, count as f64 / length),
            Arrivals::Rate { from, to, .. } => (from, to),
        };
        // The root of from*t + (to-from)/(2*length)*t^2 = integral, in the form that loses no digits when from = to.
        let root = (from * from + 2.0 * (to - from) * integral / length).max(0.0).sqrt();
        let seconds = 2.0 * integral / (from + root);
        Duration::from_secs_f64(if seconds.is_finite() { seconds.clamp(0.0, length) } else { length })
    }
}

/// So that 0.1 * 5 s are half a rider, whatever the last binary digit says.
const ROUNDING: f64 = 1e-9;
