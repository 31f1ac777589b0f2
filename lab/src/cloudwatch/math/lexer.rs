//! Text to tokens, one at a time, so that an unknown function is named before its arguments are read.

use super::error::MathError;

/// A word of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    /// Begins with a small letter: `m1`.
    Id(String),
    /// Begins with a capital: `SUM`, `AND`.
    Name(String),
    /// In double quotes.
    Text(String),
    /// An operator, bracket or comma.
    Sign(&'static str),
    End,
}

impl Token {
    /// For a message.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Id(word) | Self::Name(word) => word.clone(),
            Self::Text(text) => format!("{text:?}"),
            Self::Sign(sign) => (*sign).to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Longer signs before their beginnings.
const SIGNS: [&str; 18] =
    ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ","];

/// Reads tokens from the front of a text.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token and where it begins.
    pub(super) fn next(&mut self) -> Result<(Token, usize), MathError> {
        let rest = self.text[self.at..].trim_start();
        let start = self.text.len() - rest.len();
        let Some(first) = rest.chars().next() else { return Ok((Token::End, start)) };
        let (token, length) = match first {
            '"' => {
                let body = rest[1..].split_once('"').ok_or(MathError::Quote(start))?.0;
                (Token::Text(body.to_owned()), body.len() + 2)
            }
            '0'..='9' | '.' => number(rest).ok_or(MathError::Character { character: first, at: start })?,
            'a'..='z' => word(rest, Token::Id),
            'A'..='Z' => word(rest, Token::Name),
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let sign = sign.ok_or(MathError::Character { character: first, at: start })?;
                (Token::Sign(sign), sign.len())
            }
        };
        self.at = start + length;
        Ok((token, start))
    }
}

/// Digits with at most one point; AWS documents no exponents.
fn number(rest: &str) -> Option<(Token, usize)> {
    let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    Some((Token::Number(rest[..length].parse().ok()?), length))
}

fn word(rest: &str, token: fn(String) -> Token) -> (Token, usize) {
    let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    (token(rest[..length].to_owned()), length)
}
