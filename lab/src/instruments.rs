//! What the rooms write down what they do with: CloudWatch's metrics, X-Ray's traces and the index of requests.

use crate::clock::Clock;
use crate::cloudwatch::{Datum, Metrics};
use crate::observation::Requests;
use crate::template::MetricName;
use crate::xray::XRay;

/// The instruments of a lab. Clones share them.
#[derive(Debug, Clone)]
pub struct Instruments {
    /// Metrics.
    pub metrics: Metrics,
    /// The clock that metrics are dated by. Traces and logs keep the machine's time.
    pub clock: Clock,
    /// Traces.
    pub xray: XRay,
    /// Requests of the API.
    pub requests: Requests,
}

impl Default for Instruments {
    /// Instruments of their own, with X-Ray's default rule.
    fn default() -> Self {
        Self {
            metrics: Metrics::default(),
            clock: Clock::starting_now(1),
            xray: XRay::default(),
            requests: Requests::default(),
        }
    }
}

/// Dimensions of a metric: names and values.
pub(crate) type Dimensions<'a> = &'a [(&'a str, &'a str)];

/// A value that a service reports of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
}

impl Reading {
    /// A reading in `Count`.
    pub(crate) const fn count(name: &'static str, value: f64) -> Self {
        Self { name, unit: "Count", value }
    }

    /// A reading in `Milliseconds`.
    pub(crate) const fn milliseconds(name: &'static str, value: f64) -> Self {
        Self { name, unit: "Milliseconds", value }
    }
}

impl Instruments {
    /// Keeps readings of a moment of the machine's clock, once under each set of dimensions.
    pub(crate) fn read(
        &self,
        namespace: &str,
        readings: &[Reading],
        at: jiff::Timestamp,
        dimension_sets: &[Dimensions<'_>],
    ) {
        let at = self.clock.at(at);
        for dimensions in dimension_sets {
            for reading in readings {
                let pairs = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
                self.metrics.put(Datum {
                    metric: MetricName {
                        namespace: namespace.to_owned(),
                        name: reading.name.to_owned(),
                        dimensions: pairs.collect(),
                    },
                    unit: reading.unit,
                    at,
                    value: reading.value,
                });
            }
        }
    }
}
