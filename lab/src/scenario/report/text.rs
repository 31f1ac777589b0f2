//! Text of a page.

/// Text as HTML shows it, in elements and in quoted attributes. Log lines are of others, and may hold anything.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML has none of these, and a browser shows nothing for them.
            control if control.is_control() && !matches!(control, '\n' | '\t') => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A status as a person says it.
pub(super) fn status(code: u16) -> String {
    if code == 0 { "no answer".to_owned() } else { code.to_string() }
}
