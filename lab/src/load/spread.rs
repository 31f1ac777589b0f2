//! How figures are spread: least, most, mean, percentiles.

use serde::Serialize;

use crate::percentile::place;

/// A summary of figures, in milliseconds where they are times, with one digit after the point as Artillery has them.
///
/// Percentiles are exact (nearest rank): the ledger has every figure, so nothing is put into buckets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names are Artillery's and say it")]
pub struct Spread {
    pub min: f64,
    pub max: f64,
    pub count: u64,
    pub mean: f64,
    pub p50: f64,
    pub median: f64,
    pub p75: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
    pub p999: f64,
}

impl Spread {
    /// The spread of some figures; `None` of none.
    pub fn of(mut figures: Vec<f64>) -> Option<Self> {
        figures.sort_by(f64::total_cmp);
        let (min, max) = (*figures.first()?, *figures.last()?);
        let rank = |per_mille| place(figures.len(), per_mille).and_then(|place| figures.get(place)).copied().map(round);
        Some(Self {
            min: round(min),
            max: round(max),
            count: figures.len() as u64,
            mean: round(figures.iter().sum::<f64>() / figures.len() as f64),
            p50: rank(500)?,
            median: rank(500)?,
            p75: rank(750)?,
            p90: rank(900)?,
            p95: rank(950)?,
            p99: rank(990)?,
            p999: rank(999)?,
        })
    }

    /// One of the figures by its name.
    pub(super) fn get(&self, name: &str) -> Option<f64> {
        Some(match name {
            "min" => self.min,
            "max" => self.max,
            "count" => self.count as f64,
            "mean" => self.mean,
            "p50" => self.p50,
            "median" => self.median,
            "p75" => self.p75,
            "p90" => self.p90,
            "p95" => self.p95,
            "p99" => self.p99,
            "p999" => self.p999,
            _ => return None,
        })
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_figures_that_occurred() {
        let spread = Spread::of((1..=1000).rev().map(f64::from).collect()).expect("figures");
        assert_eq!((spread.min, spread.max, spread.count, spread.mean), (1.0, 1000.0, 1000, 500.5));
        assert_eq!((spread.p50, spread.p95, spread.p99, spread.p999), (500.0, 950.0, 990.0, 999.0));
        assert_eq!(spread.get("p99"), Some(990.0));
        assert_eq!(spread.get("p98"), None);
        assert_eq!(Spread::of(vec![7.04]).map(|spread| (spread.median, spread.p999)), Some((7.0, 7.0)));
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
