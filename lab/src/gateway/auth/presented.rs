//! What a signed request says of its signature: in the `Authorization` header, or in the query of a presigned URL.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>

use http::HeaderMap;
use http::request::Parts;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::canonical;
use super::refusal::Refusal;

/// The only algorithm: keys of one region.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Most seconds that a presigned URL may live: seven days.
const MAX_EXPIRES: i64 = 7 * 24 * 60 * 60;

/// A signature with everything that is needed to judge it, nothing of it judged yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Presented {
    pub(super) credential: Credential,
    /// As the caller wrote them, separated by semicolons.
    pub(super) signed_headers: String,
    pub(super) signature: String,
    pub(super) date: Timestamp,
    /// Lifetime of a presigned URL, in seconds.
    pub(super) expires: Option<i64>,
    pub(super) session_token: Option<Vec<u8>>,
}

/// `key/date/region/service/aws4_request`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Credential {
    pub(super) access_key: String,
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
    pub(super) terminator: String,
}

/// Reads the signature of a request.
pub(super) fn read(parts: &Parts) -> Result<Presented, Refusal> {
    let query = parts.uri.query().unwrap_or_default();
    match only(&parts.headers, "authorization")? {
        Some(header) if !header.is_empty() => of_header(header, &parts.headers),
        _ if canonical::parameters(query).any(|(name, _)| name == b"X-Amz-Algorithm") => of_query(query),
        _ => Err(Refusal::unsigned()),
    }
}

fn of_header(header: &[u8], headers: &HeaderMap) -> Result<Presented, Refusal> {
    let text = std::str::from_utf8(header).map_err(|_| Refusal::no_pair(header))?.trim();
    let (algorithm, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (mut credential, mut signature, mut signed_headers) = (None, None, None);
    for pair in rest.split([',', ' ']).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| Refusal::no_pair(header))?;
        let known = match key {
            "Credential" => &mut credential,
            "Signature" => &mut signature,
            "SignedHeaders" => &mut signed_headers,
            _ => continue,
        };
        if known.replace(value).is_some() {
            return Err(Refusal::incomplete(format!("Authorization header has '{key}' twice.")));
        }
    }
    let amz_date = only(headers, "x-amz-date")?;
    let date = match amz_date {
        Some(date) => Some(date),
        None => only(headers, "date")?,
    };
    let lacking: Vec<&str> = [
        (credential.is_none(), "Authorization header requires 'Credential' parameter."),
        (signature.is_none(), "Authorization header requires 'Signature' parameter."),
        (signed_headers.is_none(), "Authorization header requires 'SignedHeaders' parameter."),
        (date.is_none(), "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."),
    ]
    .into_iter()
    .filter_map(|(missing, sentence)| missing.then_some(sentence))
    .collect();
    let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (credential, signature, signed_headers, date)
    else {
        return Err(Refusal::lacking(&lacking, header));
    };
    if algorithm != ALGORITHM {
        return Err(Refusal::incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'.")));
    }
    Ok(Presented {
        credential: Credential::parse(credential)?,
        signed_headers: signed_headers.to_owned(),
        signature: signature.to_owned(),
        date: instant(date, amz_date.is_none())?,
        expires: None,
        session_token: only(headers, "x-amz-security-token")?.map(<[u8]>::to_vec),
    })
}

fn of_query(query: &str) -> Result<Presented, Refusal> {
    let one = |name: &'static str| -> Result<Option<Vec<u8>>, Refusal> {
        let mut values = canonical::parameters(query).filter(|(found, _)| found == name.as_bytes());
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Refusal::incomplete(format!("AWS query-string parameters include '{name}' twice."))),
            (value, None) => Ok(value.map(|(_, value)| value)),
        }
    };
    let required = |name: &'static str| {
        let missing = || Refusal::incomplete(format!("AWS query-string parameters must include '{name}'."));
        String::from_utf8(one(name)?.ok_or_else(missing)?).map_err(|_| missing())
    };
    let algorithm = required("X-Amz-Algorithm")?;
    if algorithm != ALGORITHM {
        return Err(Refusal::incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'.")));
    }
    let expires = required("X-Amz-Expires")?.parse().ok().filter(|expires| (1..=MAX_EXPIRES).contains(expires));
    Ok(Presented {
        credential: Credential::parse(&required("X-Amz-Credential")?)?,
        signature: required("X-Amz-Signature")?,
        signed_headers: required("X-Amz-SignedHeaders")?,
        date: instant(required("X-Amz-Date")?.as_bytes(), false)?,
        expires: Some(expires.ok_or_else(|| {
            Refusal::incomplete(format!("X-Amz-Expires must be a number of seconds from 1 to {MAX_EXPIRES}."))
        })?),
        session_token: one("X-Amz-Security-Token")?,
    })
}

impl Credential {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = text.split('/').collect();
        let [access_key, date, region, service, terminator] = parts[..] else {
            return Err(Refusal::incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{text}'"
            )));
        };
        Ok(Self {
            access_key: access_key.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            terminator: terminator.to_owned(),
        })
    }
}

/// The one value of a header. A repeated one could mean either value, so it means none.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a [u8]>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Refusal::incomplete(format!("The header '{name}' must not be repeated."))),
        (value, None) => Ok(value.map(|value| value.as_bytes())),
    }
}

/// `20150830T123600Z`; or, in a `Date` header, also `Sun, 30 Aug 2015 12:36:00 GMT`.
fn instant(text: &[u8], is_date_header: bool) -> Result<Timestamp, Refusal> {
    let text = String::from_utf8_lossy(text);
    let basic = || {
        let shaped = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'T' | b'Z'));
        let time = DateTime::strptime("%Y%m%dT%H%M%SZ", &*text).ok().filter(|_| shaped)?;
        time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    let http = || jiff::fmt::rfc2822::parse(&text).ok().map(|zoned| zoned.timestamp());
    basic().or_else(|| is_date_header.then(http).flatten()).ok_or_else(|| {
        Refusal::incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_the_forms_that_aws_takes() {
        let expected: Timestamp = "2015-08-30T12:36:00Z".parse().expect("a time");
        assert_eq!(instant(b"20150830T123600Z", false), Ok(expected));
        assert_eq!(instant(b"Sun, 30 Aug 2015 12:36:00 GMT", true), Ok(expected));
        for wrong in
            ["Sun, 30 Aug 2015 12:36:00 GMT", "2015-08-30T12:36:00Z", "20150230T123600Z", "20150830T123600", ""]
        {
            assert!(instant(wrong.as_bytes(), false).is_err(), "{wrong}");
        }
    }
}
