//! Reads the rule of a composite alarm: NOT binds tighter than AND, and AND tighter than OR.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html>

use std::collections::BTreeSet;

use super::rule::{MAX_CHILDREN, MAX_DEPTH, MAX_ELEMENTS, Rule, RuleError, Share};
use super::state::State;

/// Reads a rule; alarms are named by name or ARN.
///
/// # Errors
/// Its syntax, or more alarms or elements than AWS takes.
pub(super) fn parse(text: &str) -> Result<Rule<String>, RuleError> {
    let mut parser = Parser { text, at: 0, elements: 0, depth: 0 };
    let rule = parser.either()?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.expected("AND, OR or the end"));
    }
    let children: BTreeSet<_> = rule.children().into_iter().collect();
    if children.len() > MAX_CHILDREN {
        return Err(RuleError::Children(children.len()));
    }
    Ok(rule)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    elements: usize,
    depth: usize,
}

impl Parser<'_> {
    fn either(&mut self) -> Result<Rule<String>, RuleError> {
        let mut rule = self.both()?;
        while self.word("OR") {
            rule = Rule::Or(Box::new(rule), Box::new(self.both()?));
        }
        Ok(rule)
    }

    fn both(&mut self) -> Result<Rule<String>, RuleError> {
        let mut rule = self.one()?;
        while self.word("AND") {
            rule = Rule::And(Box::new(rule), Box::new(self.one()?));
        }
        Ok(rule)
    }

    fn one(&mut self) -> Result<Rule<String>, RuleError> {
        let mut negated = false;
        while self.word("NOT") {
            self.element()?;
            negated = !negated;
        }
        let rule = self.operand()?;
        Ok(if negated { Rule::Not(Box::new(rule)) } else { rule })
    }

    fn operand(&mut self) -> Result<Rule<String>, RuleError> {
        self.element()?;
        if self.sign('(') {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(RuleError::TooDeep);
            }
            let rule = self.either()?;
            self.depth -= 1;
            self.closed()?;
            return Ok(rule);
        }
        for value in [true, false] {
            if self.word(if value { "TRUE" } else { "FALSE" }) {
                return Ok(Rule::Always(value));
            }
        }
        if self.word("AT_LEAST") {
            return self.at_least();
        }
        let Some(state) = self.state() else { return Err(self.expected("an alarm's state, TRUE, FALSE or '('")) };
        self.opened()?;
        let name = self.name()?;
        self.closed()?;
        Ok(Rule::Is(state, name))
    }

    /// `AT_LEAST(2, NOT ALARM, (a, b, c))`, `AT_LEAST(60%, OK, (a, b))`
    fn at_least(&mut self) -> Result<Rule<String>, RuleError> {
        self.opened()?;
        self.skip_space();
        let digits = self.rest().find(|char: char| !char.is_ascii_digit()).unwrap_or(self.rest().len());
        let Ok(number) = self.rest()[..digits].parse() else { return Err(self.expected("a number or a percentage")) };
        self.at += digits;
        let share = if self.sign('%') { Share::Percent(number) } else { Share::Count(number) };
        self.comma()?;
        let negated = self.word("NOT");
        let Some(state) = self.state() else { return Err(self.expected("a state")) };
        self.comma()?;
        self.opened()?;
        let mut children = vec![self.name()?];
        while self.sign(',') {
            self.element()?;
            children.push(self.name()?);
        }
        self.closed()?;
        self.closed()?;
        match share {
            Share::Count(count) if count < 1 || count > children.len() => Err(RuleError::Share(count.to_string())),
            Share::Percent(percent) if !(1..=100).contains(&percent) => Err(RuleError::Share(format!("{percent}%"))),
            share => Ok(Rule::AtLeast { share, negated, state, children }),
        }
    }

    fn state(&mut self) -> Option<State> {
        [State::Ok, State::Alarm, State::InsufficientData].into_iter().find(|state| self.word(&state.to_string()))
    }

    /// In quotes, with `\"` for a quote, or without, and then without space, parentheses and commas.
    fn name(&mut self) -> Result<String, RuleError> {
        self.skip_space();
        let from = self.at;
        if self.sign('"') {
            let mut name = String::new();
            let mut chars = self.rest().char_indices();
            while let Some((offset, char)) = chars.next() {
                match char {
                    '"' => {
                        self.at += offset + 1;
                        return Ok(name);
                    }
                    '\\' => name.extend(chars.next().map(|(_, escaped)| escaped)),
                    other => name.push(other),
                }
            }
            return Err(RuleError::Quote(from));
        }
        let ends = |char: char| char.is_whitespace() || matches!(char, '(' | ')' | ',' | '"');
        let length = self.rest().find(ends).unwrap_or(self.rest().len());
        if length == 0 {
            return Err(self.expected("the name of an alarm"));
        }
        self.at += length;
        Ok(self.text[from..self.at].to_owned())
    }

    /// Whether this word comes next, which is then passed.
    fn word(&mut self, word: &str) -> bool {
        self.skip_space();
        let Some(after) = self.rest().strip_prefix(word) else { return false };
        let ends = !after.starts_with(|char: char| char.is_ascii_alphanumeric() || char == '_');
        if ends {
            self.at += word.len();
        }
        ends
    }

    fn sign(&mut self, sign: char) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    fn opened(&mut self) -> Result<(), RuleError> {
        if self.sign('(') { Ok(()) } else { Err(self.expected("'('")) }
    }

    fn closed(&mut self) -> Result<(), RuleError> {
        if self.sign(')') { Ok(()) } else { Err(self.expected("')'")) }
    }

    fn comma(&mut self) -> Result<(), RuleError> {
        if self.sign(',') { Ok(()) } else { Err(self.expected("','")) }
    }

    /// Counts an element.
    fn element(&mut self) -> Result<(), RuleError> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS { Err(RuleError::Elements) } else { Ok(()) }
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn expected(&self, wanted: &'static str) -> RuleError {
        let found = self.rest().split_whitespace().next().map_or("the end".to_owned(), |word| format!("'{word}'"));
        RuleError::Expected { wanted, found, at: self.at }
    }
}
