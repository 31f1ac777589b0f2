//! The expressions of `ensure` conditions: metrics, numbers, arithmetic, comparisons, `and`, `or`, `not`, parentheses.
//! The part of Artillery's (filtrex's) language that checks need: <https://www.artillery.io/docs/reference/extensions/ensure>

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Number(f64),
    Metric(String),
    Not(Box<Expression>),
    Minus(Box<Expression>),
    Both(&'static str, Box<Expression>, Box<Expression>),
}

/// Operators by how tightly they bind, the loosest first; within a level from left to right.
const LEVELS: &[&[&str]] = &[&["or"], &["and"], &["==", "!=", "<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];
/// More parentheses than anyone writes; keeps recursion shallow.
const MAX_DEPTH: usize = 32;

impl Expression {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let mut parser = Parser { rest: &tokens, depth: 0 };
        let expression = parser.level(0)?;
        match parser.rest.first() {
            Some(token) => Err(format!("{token:?} is not expected here in {text:?}")),
            None => Ok(expression),
        }
    }

    /// The value, true being 1. An unknown metric is an error with its name.
    pub(super) fn value(&self, metric: &impl Fn(&str) -> Option<f64>) -> Result<f64, String> {
        Ok(match self {
            Self::Number(value) => *value,
            Self::Metric(name) => metric(name).ok_or_else(|| name.clone())?,
            Self::Not(inner) => truth(inner.value(metric)? == 0.0),
            Self::Minus(inner) => -inner.value(metric)?,
            Self::Both(operator, left, right) => {
                let (left, right) = (left.value(metric)?, right.value(metric)?);
                match *operator {
                    "or" => truth(left != 0.0 || right != 0.0),
                    "and" => truth(left != 0.0 && right != 0.0),
                    "==" => truth(left == right),
                    "!=" => truth(left != right),
                    "<=" => truth(left <= right),
                    ">=" => truth(left >= right),
                    "<" => truth(left < right),
                    ">" => truth(left > right),
                    "+" => left + right,
                    "-" => left - right,
                    "*" => left * right,
                    "/" => left / right,
                    _ => left % right,
                }
            }
        })
    }
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let length = if word(first) {
            rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else if ["==", "!=", "<=", ">="].iter().any(|operator| rest.starts_with(operator)) {
            2
        } else if "<>+-*/%()".contains(first) {
            1
        } else {
            return Err(format!("{first:?} is not known in expressions; {text:?} has it"));
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token.to_owned());
        rest = after.trim_start();
    }
    Ok(tokens)
}

struct Parser<'a> {
    rest: &'a [String],
    depth: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<String> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first.clone())
    }

    fn level(&mut self, level: usize) -> Result<Expression, String> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) =
            self.rest.first().and_then(|token| operators.iter().find(|operator| *operator == token))
        {
            self.next();
            left = Expression::Both(operator, Box::new(left), Box::new(self.level(level + 1)?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        let token = self.next().ok_or("the expression ends too early")?;
        let expression = match token.as_str() {
            // Looser than a comparison: `not a < b` is `not (a < b)`.
            "not" => Expression::Not(Box::new(self.level(2)?)),
            "-" => Expression::Minus(Box::new(self.unary()?)),
            "(" => {
                let inner = self.level(0)?;
                if self.next().as_deref() != Some(")") {
                    return Err("a \")\" is missing".to_owned());
                }
                inner
            }
            _ if token.starts_with(|c: char| c.is_ascii_digit()) => {
                Expression::Number(token.parse().map_err(|_| format!("{token:?} is no number"))?)
            }
            "and" | "or" => return Err(format!("{token:?} is not expected here")),
            _ if token.starts_with(|c: char| c.is_ascii_alphabetic()) => Expression::Metric(token),
            _ => return Err(format!("{token:?} is not expected here")),
        };
        self.depth -= 1;
        Ok(expression)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<f64, String> {
        let metric = |name: &str| match name {
            "http.codes.201" => Some(7.0),
            "http.requests" => Some(10.0),
            _ => None,
        };
        Expression::parse(text).and_then(|expression| expression.value(&metric))
    }

    #[test]
    fn operators_bind_as_in_arithmetic() {
        for (text, expected) in [
            ("1 + 2 * 3", 7.0),
            ("(1 + 2) * 3", 9.0),
            ("10 - 4 - 3", 3.0),
            ("-2 * -3 % 4", 2.0),
            ("http.codes.201 / http.requests * 100 >= 70", 1.0),
            ("http.codes.201 == http.requests", 0.0),
            ("not http.codes.201 == http.requests and http.requests > 9", 1.0),
            ("1 > 2 or 2 > 1 and 1 != 1", 0.0),
            ("0 / 0 <= 0", 0.0),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert_eq!(value("http.codes.500 == 0"), Err("http.codes.500".to_owned()));
        for (text, word) in [
            ("", "early"),
            ("1 +", "early"),
            ("a in (1, 2)", "','"),
            ("a = 1", "'='"),
            ("(1", "missing"),
            ("1 2", "\"2\""),
            ("1.2.3", "no number"),
            ("x ? 1 : 2", "'?'"),
            ("or 1", "\"or\""),
        ] {
            let error = Expression::parse(text).expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
        assert!(Expression::parse(&"(".repeat(100_000)).is_err());
        assert!(Expression::parse(&"-".repeat(100_000)).is_err());
        assert!(Expression::parse(&"not ".repeat(100_000)).is_err());
    }
}
