//! Whom the load may go to.

use url::{Host, Url};

use super::LoadError;

/// Refuses other machines unless they are allowed. Nothing here asks a name server: a name that is not `localhost` is
/// somebody else's.
pub(super) fn judge(text: &str, allow_remote: bool) -> Result<Url, LoadError> {
    let url = Url::parse(text).map_err(|_| LoadError::Target(text.to_owned()))?;
    let local = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return Err(LoadError::Target(text.to_owned())),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(LoadError::Target(text.to_owned()));
    }
    if local || allow_remote { Ok(url) } else { Err(LoadError::Remote(url.origin().ascii_serialization())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loaded_unless_another_one_is_allowed() {
        for local in ["http://127.0.0.1:3000/dev", "http://localhost:3000", "http://[::1]:3000", "http://127.9.9.9"] {
            assert!(judge(local, false).is_ok(), "{local}");
        }
        for remote in
            ["https://api.example.com/prod", "http://10.0.0.1", "http://localhost.example.com", "http://0.0.0.0:3000"]
        {
            let refused = judge(remote, false).expect_err(remote).to_string();
            assert!(refused.contains("--allow-remote"), "{refused}");
            assert!(judge(remote, true).is_ok(), "{remote}");
        }
        for no_url in ["127.0.0.1:3000", "", "file:///etc/passwd", "ftp://127.0.0.1/"] {
            assert!(matches!(judge(no_url, true), Err(LoadError::Target(_))), "{no_url}");
        }
    }
}
