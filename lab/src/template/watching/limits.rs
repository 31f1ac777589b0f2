//! How long a text may be.

use std::ops::RangeInclusive;

use crate::template::error::TemplateError;
use crate::template::tree::Node;

/// A text of so many characters.
pub(crate) fn text(node: &Node, length: RangeInclusive<usize>) -> Result<String, TemplateError> {
    let text = node.text()?;
    checked(&text, length).map_err(|message| node.error(message))?;
    Ok(text)
}

/// Whether it has so many characters, or what is wrong.
pub(crate) fn checked(text: &str, length: RangeInclusive<usize>) -> Result<(), String> {
    let count = text.chars().count();
    if length.contains(&count) {
        return Ok(());
    }
    Err(format!("{count} characters, and AWS allows {} to {}", length.start(), length.end()))
}

/// A number, written as one or as a string.
pub(crate) fn number(node: &Node) -> Result<f64, TemplateError> {
    let text = node.text()?;
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| node.error(format!("must be a number, not \"{text}\"")))
}
