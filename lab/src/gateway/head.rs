//! What is asked of a request's head before anything else.

use http::HeaderMap;
use http::request::Parts;

/// API Gateway's limit of request line and headers together.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
pub(super) const LIMIT: usize = 10_240;

/// The methods that a REST API can have. <https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html>
pub(super) const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Bytes of request line and header values.
pub(super) fn size(parts: &Parts) -> usize {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let headers: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    parts.method.as_str().len() + target + headers
}

/// Whether there is one `Host` and it is a host with at most a port.
pub(super) fn host_is_valid(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(http::header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let authority = host.to_str().ok().and_then(|host| host.parse::<http::uri::Authority>().ok());
    authority.is_some_and(|authority| {
        let named = url::Host::parse(authority.host()).is_ok();
        let port = authority.as_str().len() == authority.host().len() || authority.port_u16().is_some();
        named && port && !authority.as_str().contains('@')
    })
}

/// The path below `/{stage}`; a path at the root is taken as it is.
pub(super) fn without_stage<'a>(path: &'a str, stage: &str) -> &'a str {
    match path.strip_prefix('/').and_then(|rest| rest.strip_prefix(stage)) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_is_taken_off_only_as_a_whole_part() {
        for (path, expected) in [
            ("/dev/ride", "/ride"),
            ("/dev", "/"),
            ("/dev/", "/"),
            ("/device", "/device"),
            ("/ride", "/ride"),
            ("/", "/"),
        ] {
            assert_eq!(without_stage(path, "dev"), expected);
        }
    }
}
