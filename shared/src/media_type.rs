//! Whether a body claims to be JSON.

/// Whether a `Content-Type` means JSON: `application/json` or a `+json` type such as `application/geo+json`, in any
/// case, with or without parameters.
pub fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.strip_prefix("application/") {
        Some("json") => true,
        Some(subtype) => subtype.strip_suffix("+json").is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte))
        }),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_in_any_case_and_with_parameters() {
        for json in
            ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/vnd.a.b+json"]
        {
            assert!(is_json(json), "{json}");
        }
    }

    #[test]
    fn anything_else_is_not_json() {
        for other in [
            "",
            "text/plain",
            "text/json",
            "application/jsonp",
            "application/+json",
            "application/json2",
            "json",
            "*/*",
        ] {
            assert!(!is_json(other), "{other}");
        }
    }
}
