use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use shared::service::{Route, Routes};

pub(crate) const PAGE: &str = "/ops";
pub(crate) const ASSET: &str = "/ops/assets/{asset}";
pub(crate) const PAYMENTS: &str = "/payments";
pub(crate) const COUNT: &str = "/count";
pub(crate) const REDRIVE: &str = "/payments/{RideId}/redrive";
pub(crate) const REDRIVE_ALL: &str = "/payments/redrive";

static MORE: [Route; 5] = [
    Route { method: Method::GET, path: ASSET },
    Route { method: Method::GET, path: PAYMENTS },
    Route { method: Method::GET, path: COUNT },
    Route { method: Method::POST, path: REDRIVE_ALL },
    Route { method: Method::POST, path: REDRIVE },
];

/// What the page may do and load: what is its own, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; script-src 'self'; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// The paths of this service. What goes for the page goes for its data: none of it is to be framed, guessed at or passed on.
pub fn routes() -> Routes {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"), // for browsers that do not know frame-ancestors
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
    ];
    let headers: HeaderMap = headers.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect();
    Routes {
        method: Method::GET,
        path: PAGE,
        also: &[],
        more: &MORE,
        health: "/ops/health",
        caller_budget: true,
        headers,
    }
}
