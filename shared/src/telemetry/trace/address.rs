use std::net::{SocketAddr, ToSocketAddrs};

/// The variable that says where the X-Ray daemon listens. Lambda sets it.
pub(super) const VARIABLE: &str = "AWS_XRAY_DAEMON_ADDRESS";

/// The daemon's UDP address out of the forms that X-Ray's SDKs know: `host:port` for both protocols, or
/// `tcp:host:port udp:host:port` in any order; here also the second half alone.
///
/// See "Environment variables" in <https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-nodejs-configuration.html>.
/// A host by name is looked up here, once and before the first request; Lambda gives a number.
pub(super) fn daemon(text: &str) -> Option<SocketAddr> {
    let parts = || text.split_ascii_whitespace();
    let udp = parts().find_map(|part| part.strip_prefix("udp:"));
    let both = || parts().next().filter(|part| parts().count() == 1 && !part.starts_with("tcp:"));
    udp.or_else(both)?.to_socket_addrs().ok()?.next().filter(|address| address.port() != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_documented_forms_are_known() {
        for (text, expected) in [
            ("169.254.79.129:2000", "169.254.79.129:2000"),
            ("[::1]:2000", "[::1]:2000"),
            ("tcp:127.0.0.1:2000 udp:127.0.0.2:2001", "127.0.0.2:2001"),
            ("udp:127.0.0.2:2001 tcp:127.0.0.1:2000", "127.0.0.2:2001"),
            ("udp:[::1]:2001\ttcp:[::1]:2000", "[::1]:2001"),
            ("  udp:127.0.0.1:2001 ", "127.0.0.1:2001"),
        ] {
            assert_eq!(daemon(text), Some(expected.parse().expect("an address")), "{text}");
        }
        assert!(daemon("localhost:2000").is_some_and(|address| address.ip().is_loopback()));
    }

    #[test]
    fn anything_else_is_no_address() {
        for text in ["", " ", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", ":::", "tcp:127.0.0.1:2000"]
        {
            assert_eq!(daemon(text), None, "{text}");
        }
        assert_eq!(daemon("127.0.0.1:2000 127.0.0.1:2001"), None);
        assert_eq!(daemon("tcp:127.0.0.1:2000 udp:127.0.0.1"), None);
    }
}
