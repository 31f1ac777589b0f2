//! The two segments that Lambda writes for an invocation, the service's and the function's, in the shape of real ones.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::invocation::{Outcome, Timing};
use crate::template::Function;
use crate::xray::{Candidate, Document, TraceHeader, XRay, seconds, segment_id, trace_id};

/// One invocation's place in its trace.
#[derive(Debug)]
pub(super) struct InvocationTrace {
    header: TraceHeader,
    recorded: bool,
    service_id: String,
    function_id: String,
    received: Timestamp,
}

/// Where the invocation ran, if it did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ran {
    /// When the environment was ready for it.
    pub(super) ready: Timestamp,
    pub(super) timing: Timing,
}

impl InvocationTrace {
    /// Joins the caller's trace, or starts one. A function whose tracing is `Active` is traced as the caller decided, and
    /// decides itself where the caller has not; any other passes on what it was given.
    pub(super) fn start(given: &str, function: &Function, xray: &XRay) -> Self {
        let received = Timestamp::now();
        let new = || TraceHeader { root: trace_id(received), parent: None, sampled: None };
        let mut header = TraceHeader::parse(given).unwrap_or_else(new);
        if function.tracing && header.sampled.is_none() {
            let candidate = Candidate {
                service_name: &function.name,
                service_type: "AWS::Lambda::Function",
                host: "",
                http_method: "",
                url_path: "",
                resource_arn: &function.arn,
            };
            header.sampled = Some(xray.samples_invocation(&candidate, received));
        }
        let recorded = function.tracing && header.sampled == Some(true);
        Self { header, recorded, service_id: segment_id(), function_id: segment_id(), received }
    }

    /// What the function is given: it is called by its own segment.
    pub(super) fn function_header(&self) -> String {
        if self.recorded { self.header.called_by(&self.function_id).to_string() } else { self.header.to_string() }
    }

    /// Writes the segments. One that never ran, throttled or without an environment, has no function segment.
    pub(super) fn finish(
        &self,
        function: &Function,
        request_id: &str,
        outcome: &Outcome,
        ran: Option<Ran>,
        xray: &XRay,
    ) {
        if !self.recorded {
            return;
        }
        let ended = seconds(Timestamp::now());
        // The Invoke API answers 200 to a function error too. Which flags X-Ray sets then is not documented: a fault here,
        // as the function is to blame and not its caller.
        let (status, fault, throttle) = match outcome {
            Outcome::Success(_) => (200, false, false),
            Outcome::FunctionError(_) => (200, true, false),
            Outcome::Throttled => (429, false, true),
            Outcome::RequestTooLarge => (413, false, false),
            Outcome::NoSuchFunction => (404, false, false),
        };
        let cause = match outcome {
            Outcome::FunctionError(error) => {
                let said: Value = serde_json::from_slice(&error.payload).unwrap_or_default();
                json!({"exceptions": [{"id": segment_id(), "type": error.error_type, "message": said["errorMessage"]}]})
            }
            _ => Value::Null,
        };
        let segment = Document {
            id: self.service_id.clone(),
            trace_id: self.header.root.clone(),
            parent_id: self.header.parent.clone(),
            name: function.name.clone(),
            start_time: seconds(self.received),
            end_time: Some(ended),
            fault,
            throttle,
            error: status >= 400,
            http: json!({"response": {"status": status}}),
            cause: cause.clone(),
            ..Document::default()
        };
        xray.traces.put(Document {
            origin: Some("AWS::Lambda".to_owned()),
            aws: json!({"request_id": request_id}),
            ..segment.clone()
        });
        let Some(Ran { ready, timing }) = ran else { return };
        let (invoked, answered) = (seconds(ready), seconds(ready) + timing.duration.as_secs_f64());
        let phase = |name: &str, start: f64, end: f64| Document {
            id: segment_id(),
            name: name.to_owned(),
            start_time: start,
            end_time: Some(end),
            aws: json!({"function_arn": function.arn}),
            ..Document::default()
        };
        let init = timing.init.map(|init: Duration| phase("Init", invoked - init.as_secs_f64(), invoked));
        let invocation = Document { fault, cause: cause.clone(), ..phase("Invocation", invoked, answered) };
        let overhead = phase("Overhead", answered, ended.max(answered));
        xray.traces.put(Document {
            id: self.function_id.clone(),
            parent_id: Some(self.service_id.clone()),
            start_time: init.as_ref().map_or(invoked, |init| init.start_time),
            end_time: overhead.end_time,
            origin: Some("AWS::Lambda::Function".to_owned()),
            aws: json!({"account_id": function.arn.split(':').nth(4), "function_arn": function.arn,
                "resource_names": [function.name], "request_id": request_id,
                "cloudwatch_logs": [{"log_group": function.log_group}]}),
            http: Value::Null,
            subsegments: init.into_iter().chain([invocation, overhead]).collect(),
            ..segment
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::invocation::FunctionError;
    use super::*;

    fn function(tracing: bool) -> Function {
        Function {
            logical_id: "RideFunction".to_owned(),
            name: "ride".to_owned(),
            arn: "arn:aws:lambda:eu-west-1:123456789012:function:ride".to_owned(),
            binary: String::new(),
            code_uri: String::new(),
            handler: String::new(),
            runtime: String::new(),
            timeout: Duration::from_secs(1),
            memory_mb: 128,
            environment: std::collections::BTreeMap::new(),
            reserved_concurrency: None,
            log_group: "/aws/lambda/ride".to_owned(),
            role_arn: None,
            tracing,
        }
    }

    const GIVEN: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

    fn names(xray: &XRay) -> Vec<(String, usize, bool)> {
        let trace = xray.traces.get(ROOT).expect("a trace");
        trace.placed().iter().map(|one| (one.document.name.clone(), one.depth, one.document.fault)).collect()
    }

    #[test]
    fn a_cold_invocation_that_fails_has_two_segments_and_three_phases() {
        let (xray, function) = (XRay::default(), function(true));
        let trace = InvocationTrace::start(GIVEN, &function, &xray);
        let timing = Timing { init: Some(Duration::from_millis(20)), duration: Duration::from_millis(5) };
        let outcome = Outcome::FunctionError(FunctionError::new("Boom", "it broke"));
        trace.finish(&function, "r", &outcome, Some(Ran { ready: Timestamp::now(), timing }), &xray);
        let expected =
            [("ride", 0, true), ("ride", 1, true), ("Init", 2, false), ("Invocation", 2, true), ("Overhead", 2, false)];
        assert_eq!(names(&xray), expected.map(|(name, depth, fault)| (name.to_owned(), depth, fault)));
        let kept = xray.traces.get(ROOT).expect("a trace");
        assert_eq!(kept.documents[0].parent_id.as_deref(), Some("53995c3f42cd8ad8"));
        assert_eq!(kept.documents[0].cause_text().as_deref(), Some("Boom: it broke"));
        let handed = TraceHeader::parse(&trace.function_header()).expect("a header");
        assert_eq!(handed.parent.as_deref(), Some(kept.documents[1].id.as_str()));
    }

    #[test]
    fn a_throttled_invocation_has_no_function_segment() {
        let (xray, function) = (XRay::default(), function(true));
        InvocationTrace::start(GIVEN, &function, &xray).finish(&function, "r", &Outcome::Throttled, None, &xray);
        let kept = xray.traces.get(ROOT).expect("a trace");
        assert_eq!(kept.documents.len(), 1);
        assert!(kept.documents[0].throttle && kept.documents[0].error && !kept.documents[0].fault);
    }

    #[test]
    fn what_is_not_sampled_or_not_active_is_handed_on_and_leaves_nothing() {
        let xray = XRay::default();
        let unsampled = GIVEN.replace("Sampled=1", "Sampled=0");
        for (function, given) in [(function(true), unsampled.as_str()), (function(false), GIVEN)] {
            let trace = InvocationTrace::start(given, &function, &xray);
            trace.finish(&function, "r", &Outcome::Success(bytes::Bytes::new()), None, &xray);
            assert_eq!(trace.function_header(), given);
        }
        assert_eq!(xray.traces.counts(), (0, 0));
    }
}
