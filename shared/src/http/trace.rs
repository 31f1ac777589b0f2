use super::{Answer, Call, CallError};
use crate::context::RequestContext;
use crate::telemetry::trace::{Blame, Http, HttpRequest, HttpResponse, Namespace, Outcome, Subsegment, shortened};
use http::HeaderValue;

/// One attempt at a call, in a trace that is sampled. X-Ray's SDKs sit in the HTTP library, below an application's
/// retries, so there too every attempt is a subsegment, and the other side's segment hangs under the attempt it served.
pub(super) struct Attempt {
    subsegment: Subsegment,
    http: Http,
    hands_on: bool,
    /// Whether it was made at all, and not answered by a fault.
    sent: bool,
}

impl Attempt {
    /// Begins an attempt. `None` when nothing is to be sent.
    pub(super) fn begin(call: &Call<'_>, context: &RequestContext) -> Option<Self> {
        let mut subsegment = Subsegment::open(call.dependency)?;
        subsegment.details.namespace = Some(Namespace::Remote);
        let hands_on = context.trace.is_some();
        // A URL has no user information here; its query may be a signature, and is left out. Outside of the system the
        // path may be a name that somebody gave us, and the host says enough.
        let mut url = call.url.as_url().clone();
        url.set_query(None);
        if !hands_on {
            url.set_path("");
        }
        let url = shortened(url.as_str());
        let request = HttpRequest { method: call.method.to_string(), url, traced: None };
        let http = Http { request: Some(request), response: None };
        Some(Self { subsegment, http, hands_on, sent: true })
    }

    /// The trace header with this attempt as the parent. None for a request that is to carry none: one outside of the
    /// system, whose answer will never be a segment.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.subsegment.header().to_string()).ok().filter(|_| self.hands_on)
    }

    /// With the fault that it met, if it met one.
    #[cfg(feature = "faults")]
    pub(super) fn marked(mut self, marked: Option<crate::faults::Marked>) -> Self {
        if let Some(marked) = marked {
            self.subsegment.annotate("fault", marked.mode.name());
            self.sent = marked.sent;
        }
        self
    }

    /// Ends it, with what it brought.
    pub(super) fn end(mut self, result: &Result<Answer, CallError>) {
        let outcome = match result {
            Ok(answer) => {
                let (status, length) = (answer.status.as_u16(), answer.body.len().try_into().ok());
                self.http.response = Some(HttpResponse { status, content_length: length });
                Outcome::of_status(status)
            }
            Err(error) => error.blame(),
        };
        if let Some(request) = &mut self.http.request {
            // Else the trace would wait for a segment of somebody who was never reached.
            request.traced = (self.hands_on && self.sent && reached(result)).then_some(true);
        }
        self.subsegment.details.http = Some(self.http);
        self.subsegment.end(&outcome);
    }
}

/// Whether the other side can have seen the request.
fn reached(result: &Result<Answer, CallError>) -> bool {
    match result {
        Err(CallError::OutOfTime | CallError::Connect(_) | CallError::Unwritable(_)) => false,
        #[cfg(feature = "signing")]
        Err(CallError::Unsigned(_)) => false,
        #[cfg(feature = "faults")]
        Err(CallError::Injected(_)) => false,
        Ok(_) | Err(CallError::TimedOut { .. } | CallError::Broken(_) | CallError::TooLong { .. }) => true,
    }
}
