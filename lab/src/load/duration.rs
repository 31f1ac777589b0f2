//! Lengths of time in profiles.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// A number of seconds, or a number with its unit: `90`, `"90"`, `1.5m`, `500ms`.
/// <https://www.artillery.io/docs/reference/test-script>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length(pub(super) Duration);

/// A day. Longer than any test; keeps sums in range.
const LONGEST_S: f64 = 86_400.0;

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "must be a number of seconds, or a number with a unit such as 90s, 2m or 500ms")]
        enum Written {
            Seconds(f64),
            Text(String),
        }
        let seconds = match Written::deserialize(deserializer)? {
            Written::Seconds(seconds) => Some(seconds),
            Written::Text(text) => seconds(&text),
        };
        seconds
            .filter(|seconds| (0.0..=LONGEST_S).contains(seconds))
            .map(|s| Self(Duration::from_secs_f64(s)))
            .ok_or_else(|| {
                serde::de::Error::custom("must be a length of time from 0 to 24 hours, such as 90, 90s, 2m or 500ms")
            })
    }
}

fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (figure, unit) = text.split_at(unit_at);
    let factor = match unit.trim() {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "ms" => 0.001,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        _ => return None,
    };
    figure.parse::<f64>().ok().map(|figure| figure * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_seconds_or_a_figure_with_a_unit() {
        for (text, expected) in
            [("90", 90.0), ("90s", 90.0), ("1.5m", 90.0), ("500ms", 0.5), ("2 min", 120.0), ("1h", 3600.0)]
        {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for wrong in ["", "s", "1 fortnight", "-1s", "1.2.3"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
