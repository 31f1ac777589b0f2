use super::trace::Attempt;
use super::{CallError, NoTls, tls};
use crate::context::{RequestContext, X_AMZN_TRACE_ID};
use crate::media_type::is_json;
use crate::retry::Schedule;
use crate::service_url::ServiceUrl;
use crate::telemetry::metrics::Recorder;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use reqwest::redirect;
use std::time::{Duration, Instant};

/// API Gateway's name for why it refused a call.
const X_AMZN_ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The longest answer that is read, in bytes.
pub const LONGEST_ANSWER: usize = 64 * 1024;

/// The one HTTP client of a process, which keeps its connections.
#[derive(Debug, Clone)]
pub struct Client {
    inner: reqwest::Client,
    schedule: Schedule,
    #[cfg(feature = "signing")]
    signer: Option<super::Signer>,
}

/// A call to another service. It must be idempotent, because it may be made more than once.
#[derive(Debug)]
pub struct Call<'a> {
    /// Who is called, for the log and the metrics.
    pub dependency: &'static str,
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: &'a ServiceUrl,
    /// What is sent.
    pub body: Vec<u8>,
    /// Whether the body goes out as `application/json`; without it, it has no content type.
    pub json: bool,
    /// The longest that one attempt may take.
    pub attempt_timeout: Duration,
}

/// What another service answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Whether the answer claims to be JSON.
    pub is_json: bool,
    /// The kind of error, when API Gateway itself refused the call. Its body must not be logged instead: a wrong
    /// signature is answered with the whole signed request, session token included.
    pub error_type: Option<String>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Why the gateway let the call not through, if that is what happened: our role, our signature or our clock.
    pub fn forbidden(&self) -> Option<&str> {
        let forbidden = matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        forbidden.then(|| self.error_type.as_deref().unwrap_or("no reason given"))
    }
}

impl Client {
    /// Builds the client.
    ///
    /// # Errors
    /// The TLS stack cannot be set up.
    pub fn new(connect_timeout: Duration, schedule: Schedule) -> Result<Self, NoTls> {
        let inner = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config()?)
            .connect_timeout(connect_timeout)
            .redirect(redirect::Policy::none())
            .no_proxy() // an environment variable must not reroute rides
            .retry(reqwest::retry::never()) // one layer of retries: ours
            .referer(false)
            .build()
            .map_err(NoTls::Client)?;
        Ok(Self {
            inner,
            schedule,
            #[cfg(feature = "signing")]
            signer: None,
        })
    }

    /// Signs every attempt of every call.
    #[cfg(feature = "signing")]
    #[must_use]
    pub fn signed_by(self, signer: super::Signer) -> Self {
        Self { signer: Some(signer), ..self }
    }

    /// Makes the call, more than once if it is worth it and there is time.
    ///
    /// A 503 is not tried again: whoever sends it has retried already, and two layers of retries multiply.
    ///
    /// # Errors
    /// No attempt brought an answer.
    pub async fn send(&self, call: &Call<'_>, context: &RequestContext) -> Result<Answer, CallError> {
        let (started, mut retries) = (Instant::now(), 0);
        let result = self.retrying(call, context, &mut retries).await;
        // Without any time nobody was called.
        if !matches!(result, Err(CallError::OutOfTime)) {
            let failed = !result.as_ref().is_ok_and(|answer| answer.status.is_success());
            Recorder::current().call(call.dependency, started.elapsed(), failed, retries);
        }
        result
    }

    async fn retrying(
        &self,
        call: &Call<'_>,
        context: &RequestContext,
        retries: &mut u32,
    ) -> Result<Answer, CallError> {
        let mut pauses = self.schedule.pauses(fastrand::Rng::new());
        let mut last = None;
        loop {
            let result = match (self.attempt(call, context).await, last) {
                // The pause took longer than it should: what the last attempt brought is why there is no answer.
                (Err(CallError::OutOfTime), Some(last)) => {
                    *retries -= 1; // the one that could not start
                    return last;
                }
                (result, _) => result,
            };
            let again = match &result {
                Ok(answer) => matches!(answer.status.as_u16(), 429 | 500 | 502 | 504),
                Err(error) => error.is_transient(),
            };
            let pause = pauses.next().filter(|pause| again && *pause < context.budget.remaining());
            let Some(pause) = pause else { return result };
            // At the level of everyday: a request that succeeds after all must show what it went through.
            retried(call.dependency, &result);
            tokio::time::sleep(pause).await;
            *retries += 1;
            last = Some(result);
        }
    }

    async fn attempt(&self, call: &Call<'_>, context: &RequestContext) -> Result<Answer, CallError> {
        let attempt = Attempt::begin(call, context);
        let result = self.exchange(call, context, attempt.as_ref().and_then(Attempt::header)).await;
        #[cfg(feature = "faults")]
        let attempt = attempt.map(|attempt| attempt.marked(crate::faults::marked()));
        if let Some(attempt) = attempt {
            attempt.end(&result);
        }
        result
    }

    /// One request and its answer. `trace` takes the place of the trace header that came with the invocation.
    async fn exchange(
        &self,
        call: &Call<'_>,
        context: &RequestContext,
        trace: Option<HeaderValue>,
    ) -> Result<Answer, CallError> {
        let allowed = context.budget.attempt_at(Instant::now(), call.attempt_timeout).ok_or(CallError::OutOfTime)?;
        #[cfg(feature = "faults")]
        let (allowed, fault_header) = match super::faulty::meet(call, allowed).await? {
            super::faulty::Left::Answer(answer) => return Ok(answer),
            super::faulty::Left::Time(left, header) => (left, header),
        };
        let mut headers = context.outbound_headers(allowed);
        #[cfg(feature = "faults")]
        headers.extend(fault_header);
        if let Some(trace) = trace {
            headers.insert(X_AMZN_TRACE_ID, trace); // in place of it: `extend` would send both
        }
        let mut request = self
            .inner
            .request(call.method.clone(), call.url.as_url().clone())
            .headers(headers)
            .timeout(allowed)
            .body(call.body.clone());
        if call.json {
            request = request.header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let failed = |error| CallError::of(error, allowed);
        #[cfg_attr(not(feature = "signing"), expect(unused_mut, reason = "only a signature changes it"))]
        let mut request = request.build().map_err(failed)?;
        #[cfg(feature = "signing")]
        if let Some(signer) = &self.signer {
            // Here and not once for the call: a signature is good for some minutes, and attempts differ in a header.
            signer.sign(&mut request).map_err(CallError::Unsigned)?;
        }
        let mut response = self.inner.execute(request).await.map_err(failed)?;
        let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let (status, is_json) = (response.status(), content_type.is_some_and(is_json));
        let error_type = response.headers().get(X_AMZN_ERROR_TYPE).and_then(error_type);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(CallError::TooLong { limit: LONGEST_ANSWER });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, is_json, error_type, body })
    }
}

fn retried(dependency: &str, result: &Result<Answer, CallError>) {
    let status = result.as_ref().ok().map(|answer| answer.status.as_u16());
    let error = result.as_ref().err().map(|error| error as &(dyn std::error::Error + 'static));
    tracing::info!(dependency, status, error, "attempt failed, trying again");
}

/// A name such as `AccessDeniedException`, for the log. Anything else is not of AWS's making.
fn error_type(value: &HeaderValue) -> Option<String> {
    let name = value.to_str().ok()?;
    let name = name.split(':').next().unwrap_or(name); // some services add an address after a colon
    let plain = (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_is_the_type_of_an_error() {
        let of = |text: &'static str| error_type(&HeaderValue::from_static(text));
        assert_eq!(of("AccessDeniedException").as_deref(), Some("AccessDeniedException"));
        assert_eq!(of("ValidationException:http://aws.example/").as_deref(), Some("ValidationException"));
        let long: &'static str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        for odd in ["", ":", "ada@example.com", "a b", long] {
            assert_eq!(of(odd), None, "{odd}");
        }
    }

    #[test]
    fn who_is_not_let_in_is_told_from_who_fails() {
        let of = |status, error_type: Option<&str>| {
            let error_type = error_type.map(str::to_owned);
            let answer = Answer { status, is_json: true, error_type, body: Vec::new() };
            answer.forbidden().map(str::to_owned)
        };
        let denied = Some("AccessDeniedException");
        assert_eq!(of(StatusCode::FORBIDDEN, denied).as_deref(), denied);
        assert_eq!(of(StatusCode::UNAUTHORIZED, None).as_deref(), Some("no reason given"));
        assert_eq!(of(StatusCode::INTERNAL_SERVER_ERROR, denied), None);
    }
}
