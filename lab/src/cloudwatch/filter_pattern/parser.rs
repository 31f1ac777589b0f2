//! Text to a condition: `{ ($.a = "x" || $.b > 1) && $.c IS NULL }`. `&&` binds tighter than `||`.

use std::cmp::Ordering;

use super::comparison::{Operand, Wildcard};
use super::condition::{Condition, Test};
use super::error::PatternError;
use super::selector::Selector;

/// Deepest nesting; the lab's own limit.
pub(super) const MAX_DEPTH: usize = 32;

/// Reads a pattern in braces.
pub(super) fn parse(text: &str) -> Result<Condition, PatternError> {
    let mut parser = Parser { text, rest: text, depth: 0 };
    parser.sign("{", "{")?;
    let condition = parser.any()?;
    parser.sign("}", "&&, || or }")?;
    match parser.rest.trim_start() {
        "" => Ok(condition),
        _ => Err(parser.expected("the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn expected(&self, wanted: &'static str) -> PatternError {
        PatternError::Expected { wanted, at: self.text.len() - self.rest.trim_start().len() }
    }

    /// Takes the text if it comes next.
    fn take(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn sign(&mut self, sign: &str, wanted: &'static str) -> Result<(), PatternError> {
        if self.take(sign) { Ok(()) } else { Err(self.expected(wanted)) }
    }

    /// The first of these that comes next.
    fn one_of(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        signs.iter().copied().find(|sign| self.take(sign))
    }

    fn any(&mut self) -> Result<Condition, PatternError> {
        let mut conditions = vec![self.all()?];
        while self.take("||") {
            conditions.push(self.all()?);
        }
        Ok(Condition::Any(conditions))
    }

    fn all(&mut self) -> Result<Condition, PatternError> {
        let mut conditions = vec![self.one()?];
        while self.take("&&") {
            conditions.push(self.one()?);
        }
        Ok(Condition::All(conditions))
    }

    fn one(&mut self) -> Result<Condition, PatternError> {
        if !self.take("(") {
            return self.about_a_value();
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(PatternError::TooDeep);
        }
        let inner = self.any()?;
        self.depth -= 1;
        self.sign(")", "&&, || or )")?;
        Ok(inner)
    }

    fn about_a_value(&mut self) -> Result<Condition, PatternError> {
        let text = self.rest.trim_start();
        let start = self.text.len() - text.len();
        let (selector, rest) = Selector::read(text).map_err(|error| match error {
            PatternError::Expected { wanted, at } => PatternError::Expected { wanted, at: start + at },
            other => other,
        })?;
        self.rest = rest;
        Ok(Condition::One(selector, self.test()?))
    }

    fn test(&mut self) -> Result<Test, PatternError> {
        const WANTED: &str = "=, !=, <, <=, >, >=, IS NULL, IS TRUE, IS FALSE or NOT EXISTS";
        // Longer signs before their beginnings.
        let Some(sign) = self.one_of(&["!=", "<=", ">=", "=", "<", ">", "IS", "NOT"]) else {
            return Err(self.expected(WANTED));
        };
        let orders: &[Ordering] = match sign {
            "=" => return Ok(Test::Equal(self.operand()?)),
            "!=" => return Ok(Test::NotEqual(self.operand()?)),
            "IS" => {
                return match self.one_of(&["NULL", "TRUE", "FALSE"]) {
                    Some("NULL") => Ok(Test::IsNull),
                    Some(truth) => Ok(Test::Is(truth == "TRUE")),
                    None => Err(self.expected("NULL, TRUE or FALSE")),
                };
            }
            "NOT" => return self.sign("EXISTS", "EXISTS").map(|()| Test::NotExists),
            "<" => &[Ordering::Less],
            "<=" => &[Ordering::Less, Ordering::Equal],
            ">" => &[Ordering::Greater],
            _ => &[Ordering::Greater, Ordering::Equal],
        };
        let before = self.rest;
        match self.operand()? {
            Operand::Number(number) => Ok(Test::Number(number, orders)),
            Operand::Text(_) => {
                self.rest = before;
                Err(self.expected("a number"))
            }
        }
    }

    /// A text in quotes, a number, or a text without quotes.
    fn operand(&mut self) -> Result<Operand, PatternError> {
        let text = self.rest.trim_start();
        if let Some(body) = text.strip_prefix('"') {
            let (body, rest) = body.split_once('"').ok_or(PatternError::Open(self.text.len() - text.len()))?;
            self.rest = rest;
            return Ok(Operand::Text(Wildcard::new(body)));
        }
        if text.starts_with('%') {
            return Err(PatternError::Regex);
        }
        let length = text.find(|c: char| c.is_whitespace() || "(){}&|=<>!\"".contains(c)).unwrap_or(text.len());
        let (word, rest) = text.split_at(length);
        if word.is_empty() {
            return Err(self.expected("a value"));
        }
        self.rest = rest;
        Ok(number(word).map_or_else(|| Operand::Text(Wildcard::new(word)), Operand::Number))
    }
}

/// Digits with an optional sign, point and exponent: not `inf`, which the language would take.
fn number(word: &str) -> Option<f64> {
    let numeric = word.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    word.parse().ok().filter(|number: &f64| numeric && number.is_finite())
}
