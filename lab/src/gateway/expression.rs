//! The part of API Gateway's mapping language that a static answer needs: `$context` variables.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>

/// Why a template cannot be run here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lab does not evaluate '{found}' in mapping templates, only $context variables")]
pub struct UnknownExpression {
    found: String,
}

/// Refuses what [`render`] would print unchanged although API Gateway evaluates it.
pub(super) fn check(template: &str) -> Result<(), UnknownExpression> {
    let unknown = |found: &str| Err(UnknownExpression { found: found.to_owned() });
    for directive in ["#set", "#if", "#foreach", "#else", "#end"] {
        if template.contains(directive) {
            return unknown(directive);
        }
    }
    for (at, _) in template.match_indices('$') {
        let rest = &template[at + 1..];
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        if rest.starts_with(|first: char| first.is_ascii_alphabetic()) && !rest.starts_with("context.") {
            let word: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
            return unknown(&format!("${word}"));
        }
    }
    Ok(())
}

/// Replaces every `$context.name` by what `lookup` says, or by `missing`.
pub(super) fn render(template: &str, missing: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut rendered = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find("$context.") {
        rendered.push_str(&rest[..at]);
        let after = &rest[at + "$context.".len()..];
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_')).unwrap_or(after.len());
        // A dot at the end is a full stop, not part of the name.
        let name = after[..end].trim_end_matches('.');
        rendered.push_str(&lookup(name).unwrap_or_else(|| missing.to_owned()));
        rest = &after[name.len()..];
    }
    rendered.push_str(rest);
    rendered
}

/// A header mapping: `'literal'`, `context.name` or `method.request.header.Name`.
pub(super) fn header(
    expression: &str,
    context: impl Fn(&str) -> Option<String>,
    request_header: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    if let Some(literal) = expression.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Some(literal.to_owned());
    }
    if let Some(name) = expression.strip_prefix("context.") {
        return context(name);
    }
    expression.strip_prefix("method.request.header.").and_then(request_header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "requestId" => Some("r-1".to_owned()),
            "error.messageString" => Some("\"no\"".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn context_variables_are_replaced() {
        for (template, expected) in [
            (r#"{"id":"$context.requestId"}"#, r#"{"id":"r-1"}"#),
            (r#"{"message":$context.error.messageString}"#, r#"{"message":"no"}"#),
            ("Ask about $context.requestId.", "Ask about r-1."),
            ("$context.unknown", "-"),
            ("no variable, 5 $", "no variable, 5 $"),
        ] {
            assert_eq!(render(template, "-", lookup), expected);
        }
    }

    #[test]
    fn what_is_not_evaluated_is_refused_by_name() {
        for template in ["#set($x = 1)", "$input.json('$')", "${input.body}", "$util.escapeJavaScript('x')"] {
            assert!(check(template).is_err(), "{template}");
        }
        assert_eq!(check("$context.requestId costs 5$"), Ok(()));
    }

    #[test]
    fn headers_map_from_literals_context_and_the_request() {
        let request = |name: &str| (name == "Origin").then(|| "https://a".to_owned());
        assert_eq!(header("'x,y'", lookup, request).as_deref(), Some("x,y"));
        assert_eq!(header("context.requestId", lookup, request).as_deref(), Some("r-1"));
        assert_eq!(header("method.request.header.Origin", lookup, request).as_deref(), Some("https://a"));
        assert_eq!(header("method.request.header.Other", lookup, request), None);
    }
}
