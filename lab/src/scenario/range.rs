//! What a figure may be: `3`, `0..20`, `95%` or `40..95%`.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A closed range of figures. Percentages are shares of 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
    pub(super) percent: bool,
}

/// Shares are compared as computed from counts: this much is rounding.
const ROUNDING: f64 = 1e-9;

impl Range {
    /// Exactly this figure.
    pub fn exactly(figure: f64) -> Self {
        Self { least: figure, most: figure, percent: false }
    }

    /// Whether a figure lies within.
    pub fn holds(&self, figure: f64) -> bool {
        figure >= self.least - ROUNDING && figure <= self.most + ROUNDING
    }

    /// A figure in the range's own notation.
    pub fn show(&self, figure: f64) -> String {
        if self.percent { format!("{} %", short(figure * 100.0)) } else { short(figure) }
    }

    fn parse(text: &str) -> Option<Self> {
        let (numbers, percent) = match text.trim().strip_suffix('%') {
            Some(numbers) => (numbers.trim(), true),
            None => (text.trim(), false),
        };
        let (least, most) = numbers.split_once("..").unwrap_or((numbers, numbers));
        let figure = |text: &str| text.trim().parse::<f64>().ok().filter(|figure| figure.is_finite() && *figure >= 0.0);
        let unit = if percent { 100.0 } else { 1.0 };
        let range = Self { least: figure(least)? / unit, most: figure(most)? / unit, percent };
        (range.least <= range.most && (!percent || range.most <= 1.0)).then_some(range)
    }
}

fn short(figure: f64) -> String {
    let text = format!("{figure:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.least == self.most {
            return f.write_str(&self.show(self.least));
        }
        write!(f, "{} to {}", self.show(self.least), self.show(self.most))
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a figure (3), a range (0..20) or a share (40..95%)")]
        enum Written {
            Number(f64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(number) if number >= 0.0 => Ok(Self::exactly(number)),
            Written::Number(number) => Err(D::Error::custom(format!("{number} is below 0"))),
            Written::Text(text) => Self::parse(&text).ok_or_else(|| {
                D::Error::custom(format!(
                    "\"{text}\" is no range; write a figure (3), a range (0..20) or a share (40..95%)"
                ))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_a_figure_two_figures_or_a_share() {
        for (text, least, most, shown) in [
            ("3", 3.0, 3.0, "3"),
            ("0..20", 0.0, 20.0, "0 to 20"),
            ("95%", 0.95, 0.95, "95 %"),
            ("40..95.5 %", 0.4, 0.955, "40 % to 95.5 %"),
        ] {
            let range = Range::parse(text).expect(text);
            assert!((range.least - least).abs() < 1e-12 && (range.most - most).abs() < 1e-12, "{text}");
            assert_eq!(range.to_string(), shown);
        }
        for wrong in ["", "a", "3..", "5..3", "-1", "101%", "nan", "1..inf"] {
            assert_eq!(Range::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn both_ends_belong_to_a_range() {
        let range = Range::parse("40..95%").expect("a range");
        assert!(range.holds(0.4) && range.holds(0.95) && !range.holds(0.951) && !range.holds(0.399));
    }
}
