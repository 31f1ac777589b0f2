//! What must hold at the end of a run: Artillery's `ensure`.
//! <https://www.artillery.io/docs/reference/extensions/ensure>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::expression::Expression;

/// The checks of a profile.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Ensure {
    /// In the order thresholds, conditions, error rate.
    pub conditions: Vec<Condition>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "WrittenCondition")]
pub struct Condition {
    /// As a person reads it.
    pub text: String,
    /// Whether the run fails with it.
    pub strict: bool,
    expression: Expression,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// As a person reads it.
    pub text: String,
    /// Whether the run fails with it.
    pub strict: bool,
    /// Whether it held.
    pub ok: bool,
    /// The metric that it asks for and that this run does not have: Artillery fails such a check, too.
    pub missing: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    #[serde(default)]
    thresholds: Vec<BTreeMap<String, f64>>,
    #[serde(default)]
    conditions: Vec<Condition>,
    max_error_rate: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCondition {
    expression: String,
    strict: Option<bool>,
}

impl TryFrom<WrittenCondition> for Condition {
    type Error = String;

    fn try_from(written: WrittenCondition) -> Result<Self, String> {
        let condition = Self::new(&written.expression)?;
        Ok(Self { strict: written.strict.unwrap_or(true), ..condition })
    }
}

impl TryFrom<Written> for Ensure {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let mut conditions = Vec::new();
        for (metric, limit) in written.thresholds.iter().flatten() {
            conditions.push(Condition::new(&format!("{metric} < {limit}"))?);
        }
        conditions.extend(written.conditions);
        if let Some(percent) = written.max_error_rate {
            let expression = format!("(vusers.created - vusers.completed) / vusers.created * 100 <= {percent}");
            conditions.push(Condition { text: format!("maxErrorRate <= {percent}"), ..Condition::new(&expression)? });
        }
        Ok(Self { conditions })
    }
}

impl Condition {
    /// A strict condition.
    ///
    /// # Errors
    /// What is wrong with the expression.
    pub fn new(expression: &str) -> Result<Self, String> {
        Ok(Self { text: expression.to_owned(), strict: true, expression: Expression::parse(expression)? })
    }

    /// Judges a run by its metrics.
    pub(super) fn judge(&self, metric: &impl Fn(&str) -> Option<f64>) -> Check {
        let (ok, missing) = match self.expression.value(metric) {
            // NaN is what 0 of 0 make: nothing was shown.
            Ok(value) => (value != 0.0 && !value.is_nan(), None),
            Err(missing) => (false, Some(missing)),
        };
        Check { text: self.text.clone(), strict: self.strict, ok, missing }
    }
}
