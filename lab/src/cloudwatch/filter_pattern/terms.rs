//! `ERROR -timeout "not found"`: terms that a line must or must not hold. Capitals count.

use super::error::PatternError;

/// Terms by what is asked of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Terms {
    /// Each must occur.
    required: Vec<String>,
    /// `-`: none may occur.
    excluded: Vec<String>,
    /// `?`: one must occur.
    alternatives: Vec<String>,
}

impl Terms {
    pub(super) fn parse(text: &str) -> Result<Self, PatternError> {
        let mut terms = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (list, body) = match rest.chars().next() {
                Some('-') => (&mut terms.excluded, rest[1..].trim_start()),
                Some('?') => (&mut terms.alternatives, &rest[1..]),
                _ => (&mut terms.required, rest),
            };
            let (term, after) = term(text, body)?;
            list.push(term.to_owned());
            rest = after.trim_start();
        }
        if !terms.alternatives.is_empty() && terms.required.len() + terms.excluded.len() > 0 {
            return Err(PatternError::MixedTerms);
        }
        Ok(terms)
    }

    pub(super) fn matches(&self, line: &str) -> bool {
        let holds = |term: &String| line.contains(term.as_str());
        self.required.iter().all(holds)
            && !self.excluded.iter().any(holds)
            && (self.alternatives.is_empty() || self.alternatives.iter().any(holds))
    }
}

/// The first term and what follows it.
fn term<'a>(text: &str, body: &'a str) -> Result<(&'a str, &'a str), PatternError> {
    let at = text.len() - body.len();
    if let Some(quoted) = body.strip_prefix('"') {
        return quoted.split_once('"').ok_or(PatternError::Open(at));
    }
    let (word, rest) = body.split_at(body.find(char::is_whitespace).unwrap_or(body.len()));
    match word {
        "" => Err(PatternError::Expected { wanted: "a term", at }),
        _ if word.starts_with('%') => Err(PatternError::Regex),
        _ if word.chars().all(|c| c.is_alphanumeric() || c == '_') => Ok((word, rest)),
        _ => Err(PatternError::Quotes(word.to_owned())),
    }
}
