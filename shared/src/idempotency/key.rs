use http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};
use std::fmt;

/// The header of "The Idempotency-Key HTTP Header Field" (IETF draft).
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const LONGEST: usize = 255;

/// What a caller gives to several requests that are meant as one: 1 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

/// The header is there and cannot be used. To go on without it would book what the caller meant to book once.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("The header Idempotency-Key must be there once, with 1 to 255 visible ASCII characters.")]
pub struct BadKey;

impl Key {
    /// The key of a request, if it has one.
    ///
    /// # Errors
    /// It has one that cannot be used, or several.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, BadKey> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => Self::parse(value.as_bytes()).map(Some),
            (Some(_), Some(_)) => Err(BadKey),
        }
    }

    /// A key out of the bytes of a header.
    ///
    /// # Errors
    /// It is empty, too long, or has other characters than visible ASCII.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadKey> {
        let legal = (1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        let text = legal.then(|| std::str::from_utf8(bytes).ok()).flatten();
        text.map(|text| Self(text.to_owned())).ok_or(BadKey)
    }
}

impl fmt::Debug for Key {
    /// Who knows a key may ask for its ride.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key")
    }
}

/// Where the claim of a key is kept: a hash of operation, caller and key, so that callers cannot meet on one key and
/// the table does not hold the keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClaimId(String);

impl ClaimId {
    /// The id for this operation. Callers whom nobody knows share one space of keys.
    pub fn new(operation: &str, caller: Option<&str>, key: &Key) -> Self {
        Self(match caller {
            Some(caller) => fingerprint(&[operation.as_bytes(), b"caller", caller.as_bytes(), key.0.as_bytes()]),
            None => fingerprint(&[operation.as_bytes(), b"anyone", key.0.as_bytes()]),
        })
    }

    /// An id that was kept.
    pub fn from_hash(hash: String) -> Self {
        Self(hash)
    }

    /// The id as text: 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a request asks for, as a hash: of its meaning and not of its bytes, so that a client may write the same body
/// in another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload(String);

impl Payload {
    /// The hash of these values, in this order.
    pub fn of(values: &[&[u8]]) -> Self {
        Self(fingerprint(values))
    }

    /// A hash that was kept.
    pub fn from_hash(hash: String) -> Self {
        Self(hash)
    }

    /// The hash as text: 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 over the parts, each with its length in front: no two lists of parts give the same bytes.
fn fingerprint(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for bytes in values {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(bytes).expect("a legal header value"));
        }
        headers
    }

    #[test]
    fn a_key_is_visible_ascii_and_there_is_only_one() {
        assert_eq!(Key::of(&headers(&[])), Ok(None));
        let longest = [b'k'; 255];
        for right in [&b"k"[..], b"8e03978e-40d5-43e8-bc93-6894a57f9324", b"\"quoted\"", b"!~", &longest] {
            assert!(matches!(Key::of(&headers(&[right])), Ok(Some(_))), "{right:?}");
        }
        let too_long = [b'k'; 256];
        for wrong in [&[&b""[..]][..], &[b"a b"], &[b"\tk"], &[b"caf\xc3\xa9"], &[b"\xff"], &[&too_long], &[b"a", b"a"]]
        {
            assert_eq!(Key::of(&headers(wrong)), Err(BadKey), "{wrong:?}");
        }
    }

    #[test]
    fn a_key_does_not_show_in_debug_output() {
        let key = Key::parse(b"secret").expect("a legal key");
        assert!(!format!("{key:?} {:?}", ClaimId::new("POST /ride", None, &key)).contains("secret"));
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_a_key_is_legal_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let legal = (1..=255).contains(&bytes.len()) && bytes.iter().all(|byte| (0x21..=0x7e).contains(byte));
            prop_assert_eq!(Key::parse(&bytes).is_ok(), legal);
        }

        #[test]
        fn riders_cannot_meet_on_one_claim(one in "[ -~]{1,12}", other in "[ -~]{1,12}", a in "[!-~]{1,12}", b in "[!-~]{1,12}") {
            let id = |rider: Option<&str>, key: &str| {
                ClaimId::new("POST /ride", rider, &Key::parse(key.as_bytes()).expect("a legal key"))
            };
            prop_assert_eq!(id(Some(&one), &a) == id(Some(&other), &b), (&one, &a) == (&other, &b));
            prop_assert_ne!(id(Some(&one), &a), id(None, &a));
            prop_assert_eq!(id(None, &a) == id(None, &b), a == b);
        }
    }
}
