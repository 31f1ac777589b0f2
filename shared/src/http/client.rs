use super::trace::Attempt;
use super::{Answer, CallError, NoTls, tls};
use crate::context::{RequestContext, X_AMZN_TRACE_ID};
use crate::retry::Schedule;
use crate::service_url::ServiceUrl;
use crate::telemetry::metrics::Recorder;
use http::{HeaderMap, HeaderValue, Method, header};
use reqwest::redirect;
use std::time::{Duration, Instant};

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
    /// Headers of this call alone, such as an idempotency key.
    pub headers: HeaderMap,
    /// Whether the body goes out as `application/json`; without it, it has no content type.
    pub json: bool,
    /// The longest that one attempt may take.
    pub attempt_timeout: Duration,
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
        headers.extend(call.headers.clone());
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
        let response = self.inner.execute(request).await.map_err(failed)?;
        Answer::read(response, failed).await
    }
}

fn retried(dependency: &str, result: &Result<Answer, CallError>) {
    let status = result.as_ref().ok().map(|answer| answer.status.as_u16());
    let error = result.as_ref().err().map(|error| error as &(dyn std::error::Error + 'static));
    tracing::info!(dependency, status, error, "attempt failed, trying again");
}
