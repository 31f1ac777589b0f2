use crate::aws::credentials;
use crate::config::{ConfigError, Environment};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningError, SigningParams, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::{HeaderName, HeaderValue, header};
use std::fmt;
use std::time::SystemTime;

/// API Gateway's name in a signature's scope.
const SERVICE: &str = "execute-api";

/// The headers of ours that are signed, besides the host and those that the signature brings itself. The trace headers
/// are not among them: gateways rewrite them on the way. Nor is the accept header, which the HTTP client adds later.
static SIGNED: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    crate::request_id::X_REQUEST_ID,
    crate::budget::X_REMAINING_MS,
    HeaderName::from_static("x-amz-target"), // which operation of AWS: what is `x-amz-` must be signed
];

/// Signs calls with AWS Signature Version 4, as the role of this function. The body is signed with them.
///
/// See "Create a signed AWS API request" in the AWS Identity and Access Management user guide.
#[derive(Clone)]
pub struct Signer {
    // Read once: an execution environment never outlives the credentials in its environment.
    identity: Identity,
    region: String,
    service: &'static str,
    now: fn() -> SystemTime,
}

/// Why a call could not be signed. None of it quotes the call.
#[derive(Debug, thiserror::Error)]
pub enum Unsigned {
    /// A header or the address has bytes that no signature covers.
    #[error("the call has bytes that cannot be signed")]
    Bytes,
    /// The parts of a signature do not fit together.
    #[error("the parameters of the signature are incomplete")]
    Parameters(#[source] v4::signing_params::BuildError),
    /// The signer refuses the call.
    #[error("the signer refused the call")]
    Refused(#[source] SigningError),
}

impl Signer {
    /// A signer with the region and the credentials of the environment, and the clock of the host.
    ///
    /// # Errors
    /// Region or credentials are missing.
    pub fn new(environment: &Environment) -> Result<Self, ConfigError> {
        Self::of_service(environment, SERVICE)
    }

    /// The same for calls of a service of AWS, by its name in a signature, such as `monitoring`.
    ///
    /// # Errors
    /// Region or credentials are missing.
    pub fn of_service(environment: &Environment, service: &'static str) -> Result<Self, ConfigError> {
        Ok(Self::of(credentials(environment)?, environment.text("AWS_REGION")?, service, SystemTime::now))
    }

    /// The same signer by another clock: for tests.
    #[must_use]
    pub fn with_clock(self, now: fn() -> SystemTime) -> Self {
        Self { now, ..self }
    }

    fn of(credentials: Credentials, region: String, service: &'static str, now: fn() -> SystemTime) -> Self {
        Self { identity: credentials.into(), region, service, now }
    }

    /// Signs a request that is ready to be sent.
    pub(super) fn sign(&self, request: &mut reqwest::Request) -> Result<(), Unsigned> {
        let signed = {
            let headers = request.headers();
            let headers = SIGNED.iter().filter_map(|name| Some((name.as_str(), headers.get(name)?.to_str())));
            let headers: Vec<(&str, &str)> = headers
                .map(|(name, value)| value.map(|value| (name, value)))
                .collect::<Result<_, _>>()
                .map_err(|_| Unsigned::Bytes)?;
            let body = SignableBody::Bytes(request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default());
            let (method, url) = (request.method().as_str(), request.url().as_str());
            let signable = SignableRequest::new(method, url, headers.into_iter(), body).map_err(Unsigned::Refused)?;
            let parameters = self.parameters()?;
            sign(signable, &parameters).map_err(Unsigned::Refused)?.into_parts().0.into_parts().0
        };
        for header in signed {
            let mut value = HeaderValue::from_str(header.value()).map_err(|_| Unsigned::Bytes)?;
            value.set_sensitive(header.sensitive());
            request.headers_mut().insert(HeaderName::from_static(header.name()), value);
        }
        Ok(())
    }

    fn parameters(&self) -> Result<SigningParams<'_>, Unsigned> {
        let parameters = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(&self.region)
            .name(self.service)
            .time((self.now)())
            // The defaults are right for every service but S3: the path is encoded twice, the hash of the body is in
            // the signature and needs no header.
            .settings(SigningSettings::default())
            .build();
        parameters.map(SigningParams::from).map_err(Unsigned::Parameters)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signer").field("region", &self.region).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// 2015-08-30T12:36:00Z, the instant of AWS's test suite.
    fn then() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160)
    }

    fn signer(token: Option<&str>) -> Signer {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let credentials = Credentials::new("AKIDEXAMPLE", secret, token.map(str::to_owned), None, "test");
        Signer::of(credentials, "us-east-1".into(), "service", then)
    }

    fn request(method: http::Method, url: &str) -> reqwest::Request {
        reqwest::Request::new(method, url.parse().expect("a URL"))
    }

    fn authorization(signer: &Signer, mut request: reqwest::Request) -> String {
        signer.sign(&mut request).expect("can be signed");
        request.headers()[header::AUTHORIZATION].to_str().expect("ASCII").to_owned()
    }

    #[test]
    fn the_vectors_of_the_published_test_suite_come_out() {
        let token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
        let url = "https://example.amazonaws.com/";
        for (method, token, headers, signature) in [
            // post-vanilla
            (
                http::Method::POST,
                None,
                "host;x-amz-date",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            // get-vanilla-with-session-token
            (
                http::Method::GET,
                Some(token),
                "host;x-amz-date;x-amz-security-token",
                "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
            ),
        ] {
            let scope = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
            let expected = format!("{scope}, SignedHeaders={headers}, Signature={signature}");
            assert_eq!(authorization(&signer(token), request(method, url)), expected);
        }
    }

    #[test]
    fn body_path_and_our_headers_are_signed_and_the_trace_is_not() {
        let base = |body: &'static str, path: &str, name: &'static str, value: &'static str| {
            let mut request = request(http::Method::POST, &format!("https://example.amazonaws.com{path}"));
            *request.body_mut() = Some(body.into());
            let headers = request.headers_mut();
            headers.insert("content-type", HeaderValue::from_static("application/json"));
            headers.insert("x-request-id", HeaderValue::from_static("r-1"));
            headers.insert("x-remaining-ms", HeaderValue::from_static("1000"));
            headers.insert("x-amzn-trace-id", HeaderValue::from_static("Root=1"));
            headers.insert(name, HeaderValue::from_static(value));
            authorization(&signer(Some("token")), request)
        };
        let first = base("{}", "/dev/record", "accept", "*/*");
        let signed = "content-type;host;x-amz-date;x-amz-security-token;x-remaining-ms;x-request-id";
        assert!(first.contains(&format!("SignedHeaders={signed},")), "{first}");
        assert_eq!(first, base("{}", "/dev/record", "x-amzn-trace-id", "Root=2"));
        assert_ne!(first, base("{ }", "/dev/record", "accept", "*/*"));
        assert_ne!(first, base("{}", "/prod/record", "accept", "*/*"));
        for (name, value) in [("content-type", "text/plain"), ("x-request-id", "r-2"), ("x-remaining-ms", "999")] {
            assert_ne!(first, base("{}", "/dev/record", name, value), "{name}");
        }
    }

    #[test]
    fn the_session_token_is_no_text_to_be_printed() {
        let mut request = request(http::Method::GET, "https://example.amazonaws.com/");
        let signer = signer(Some("a-token"));
        signer.sign(&mut request).expect("can be signed");
        assert_eq!(request.headers()["x-amz-security-token"], "a-token");
        assert!(!format!("{request:?} {signer:?}").contains("a-token"));
    }

    #[test]
    fn a_missing_region_is_named() {
        let keys = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let error = Signer::new(&keys.into_iter().collect()).expect_err("no region");
        assert_eq!(error.key, "AWS_REGION");
    }
}
