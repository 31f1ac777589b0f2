//! Addresses of services: where a function may send requests at all.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use url::{Host, Url};

/// An address that may be called: https, or http on loopback; no user information; not link-local, where cloud
/// machines serve their credentials.
///
/// A name that resolves to such an address is beyond a look at the text; the functions' security group is for that.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceUrl(Url);

/// Why an address is refused. It does not quote the address, which may hold a secret.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RefusedUrl {
    /// No absolute URL with a host.
    #[error("is not an absolute URL with a host")]
    NotAUrl,
    /// Neither https nor http on loopback.
    #[error("is not https (http is for loopback only)")]
    NotHttps,
    /// A user or a password in it.
    #[error("holds user information")]
    UserInformation,
    /// The address of an instance's metadata, or another of its link.
    #[error("points at a link-local or unspecified address")]
    LinkLocal,
    /// A fragment, which is never sent and so never meant.
    #[error("has a fragment")]
    Fragment,
}

impl ServiceUrl {
    /// The address.
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

impl TryFrom<&str> for ServiceUrl {
    type Error = RefusedUrl;

    fn try_from(text: &str) -> Result<Self, RefusedUrl> {
        let url = Url::parse(text).map_err(|_| RefusedUrl::NotAUrl)?;
        let host = url.host().ok_or(RefusedUrl::NotAUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RefusedUrl::UserInformation);
        }
        let (loopback, forbidden) = match host {
            Host::Domain(name) => (name == "localhost", false),
            Host::Ipv4(address) => judge(IpAddr::V4(address)),
            Host::Ipv6(address) => judge(IpAddr::V6(address)),
        };
        match url.scheme() {
            _ if forbidden => Err(RefusedUrl::LinkLocal),
            _ if url.fragment().is_some() => Err(RefusedUrl::Fragment),
            "https" => Ok(Self(url)),
            "http" if loopback => Ok(Self(url)),
            _ => Err(RefusedUrl::NotHttps),
        }
    }
}

/// Whether an address is loopback, and whether it is never to be called.
fn judge(address: IpAddr) -> (bool, bool) {
    let address = address.to_canonical(); // ::ffff:169.254.169.254 is 169.254.169.254
    let forbidden = match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_unspecified(),
        // EC2's metadata service has an address of its own in IPv6, in a unique-local range.
        IpAddr::V6(v6) => {
            let metadata = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
            v6.is_unicast_link_local() || v6.is_unspecified() || v6 == metadata
        }
    };
    (address.is_loopback(), forbidden)
}

impl fmt::Debug for ServiceUrl {
    /// Host only: a pre-signed URL is a secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ServiceUrl({})", self.0.host_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_loopback_are_taken() {
        for url in [
            "https://api.example.com/dev/record",
            "https://10.0.0.7/record",
            "http://127.0.0.1:3000/dev/record",
            "http://[::1]:3000/record",
            "http://localhost:3000/record",
            "https://bucket.s3.amazonaws.com/key?X-Amz-Signature=a",
        ] {
            assert!(ServiceUrl::try_from(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        for (url, reason) in [
            ("", RefusedUrl::NotAUrl),
            ("/record", RefusedUrl::NotAUrl),
            ("mailto:a@b", RefusedUrl::NotAUrl),
            ("http://api.example.com/record", RefusedUrl::NotHttps),
            ("http://localhost.example.com/", RefusedUrl::NotHttps),
            ("ftp://example.com/", RefusedUrl::NotHttps),
            ("file://localhost/etc/passwd", RefusedUrl::NotAUrl),
            ("https://user@example.com/", RefusedUrl::UserInformation),
            ("https://user:secret@example.com/", RefusedUrl::UserInformation),
            ("http://169.254.169.254/latest/meta-data", RefusedUrl::LinkLocal),
            ("https://169.254.169.254/", RefusedUrl::LinkLocal),
            ("https://2852039166/", RefusedUrl::LinkLocal),
            ("https://0xa9.0xfe.0xa9.0xfe/", RefusedUrl::LinkLocal),
            ("https://[::ffff:169.254.169.254]/", RefusedUrl::LinkLocal),
            ("https://[fe80::1]/", RefusedUrl::LinkLocal),
            ("https://[fd00:ec2::254]/", RefusedUrl::LinkLocal),
            ("https://0.0.0.0/", RefusedUrl::LinkLocal),
            ("https://example.com/#a", RefusedUrl::Fragment),
        ] {
            assert_eq!(ServiceUrl::try_from(url), Err(reason), "{url}");
        }
    }

    #[test]
    fn a_signature_never_shows_in_debug_output() {
        let url = ServiceUrl::try_from("https://bucket.example.com/key?X-Amz-Signature=secret").expect("legal");
        assert_eq!(format!("{url:?}"), "ServiceUrl(bucket.example.com)");
    }
}
