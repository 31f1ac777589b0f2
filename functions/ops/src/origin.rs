//! Whose page sent an order: a browser that holds a session must not be made to redrive payments by a page from elsewhere.
//!
//! The API itself knows no cookies, every call is signed, so nothing of a browser's own opens it. But between the two there
//! is whatever signs for the browser (`cargo lab ops`, a proxy of the company), and that signs for every page that it lets
//! through. Browsers say where a request comes from, and no page can change what they say.
//! <https://www.w3.org/TR/fetch-metadata/>

use http::{HeaderMap, HeaderName, header};
use shared::problem::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses an order from another site's page.
///
/// # Errors
/// It is one.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let own = match (text(SEC_FETCH_SITE), text(header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        // A browser from before 2023, over a proxy that leaves the host as it is. Anything else that sends an origin is none.
        (None, Some(origin)) => text(header::HOST).is_some_and(|host| is_of(origin, host)),
        (None, None) => true, // no browser
    };
    own.then_some(())
        .ok_or(Problem::Forbidden("Orders are taken from the operations page itself and from programs only."))
}

fn is_of(origin: &str, host: &str) -> bool {
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    !host.is_empty() && authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(pairs: &[(&'static str, &'static str)]) -> bool {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), http::HeaderValue::from_static(value))
        };
        check(&pairs.iter().map(pair).collect()).is_ok()
    }

    #[test]
    fn orders_come_from_the_page_itself_or_from_no_page() {
        let host = ("host", "api.example.com");
        assert!(judged(&[host]));
        assert!(judged(&[host, ("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:3001")]));
        assert!(judged(&[host, ("sec-fetch-site", "none")]));
        assert!(judged(&[host, ("origin", "https://api.example.com")]));
        for strange in [
            [host, ("sec-fetch-site", "cross-site")],
            [host, ("sec-fetch-site", "same-site")],
            [host, ("sec-fetch-site", "")],
            [host, ("origin", "https://evil.example.com")],
            [host, ("origin", "null")],
            [host, ("origin", "")],
            [host, ("origin", "https://api.example.com.evil.org")],
        ] {
            assert!(!judged(&strange), "{strange:?}");
        }
    }
}
