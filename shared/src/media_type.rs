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

/// Whether a `Content-Type` leaves open how text is encoded, or says that it is UTF-8.
pub fn is_utf8(content_type: &str) -> bool {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut charsets = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charsets.all(|(_, value)| value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"))
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
    fn only_another_charset_is_not_utf_8() {
        for utf8 in ["", "application/json", "a/b; charset=utf-8", "a/b;Charset=\"UTF-8\"", "a/b; v=1; CHARSET = utf-8"]
        {
            assert!(is_utf8(utf8), "{utf8}");
        }
        for other in
            ["a/b; charset=utf-16", "a/b;charset=", "a/b; v=1; Charset=\"latin1\"", "a/b;charset=utf-8;charset=x"]
        {
            assert!(!is_utf8(other), "{other}");
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
