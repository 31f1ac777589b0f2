//! What a request to the console asks for.

use std::collections::BTreeMap;
use std::str::FromStr;

/// Why a query cannot be answered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} must be {expected}, not \"{value}\"")]
pub(super) struct BadQuery {
    name: &'static str,
    expected: &'static str,
    value: String,
}

/// The parameters of a query string; of two with one name the last counts.
#[derive(Debug, Default)]
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    pub(super) fn parse(query: Option<&str>) -> Self {
        Self(url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// A parameter that is there and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a switch is on: `faulty=1`.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| !matches!(value, "0" | "false"))
    }

    /// A number within bounds, or what stands for one that is not given.
    pub(super) fn number<N: FromStr + PartialOrd + Copy>(
        &self,
        name: &'static str,
        bounds: std::ops::RangeInclusive<N>,
        expected: &'static str,
    ) -> Result<Option<N>, BadQuery> {
        let Some(value) = self.text(name) else { return Ok(None) };
        let number = value.parse().ok().filter(|number| bounds.contains(number));
        number.map(Some).ok_or_else(|| self.bad(name, expected))
    }

    /// The error of a parameter.
    pub(super) fn bad(&self, name: &'static str, expected: &'static str) -> BadQuery {
        BadQuery { name, expected, value: self.text(name).unwrap_or_default().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_and_its_numbers_are_bounded() {
        let query = Query::parse(Some("faulty=1&slow=0&route=POST%20%2Fride&limit=5&minutes=x&empty="));
        assert!(query.flag("faulty") && !query.flag("slow") && !query.flag("cold"));
        assert_eq!((query.text("route"), query.text("empty")), (Some("POST /ride"), None));
        assert_eq!(query.number("limit", 1..=10, "1 to 10"), Ok(Some(5)));
        assert_eq!(query.number("none", 1..=10, "1 to 10"), Ok(None));
        let error = query.number("minutes", 1..=10, "1 to 10").expect_err("no number");
        assert_eq!(error.to_string(), "minutes must be 1 to 10, not \"x\"");
        assert!(Query::parse(Some("limit=11")).number("limit", 1..=10, "1 to 10").is_err());
    }
}
