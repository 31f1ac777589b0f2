//! What the gateway tells X-Ray of a request: the shape of the segments that API Gateway itself writes.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-understanding-xray-traces.html>

use http::HeaderMap;
use http::header::HOST;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::context::{Context, IntegrationOutcome};
use crate::template::{Function, RestApi};
use crate::xray::{Candidate, Document, TraceHeader, XRay, seconds, segment_id, trace_id};

/// What origin the stage has in X-Ray, and what sampling rules call its type.
const ORIGIN: &str = "AWS::ApiGateway::Stage";

/// One request's place in its trace.
#[derive(Debug, Clone)]
pub(super) struct Tracing {
    /// As it came, or new.
    header: TraceHeader,
    /// Whether the gateway writes its segment.
    recorded: bool,
    segment_id: String,
    /// The subsegment of the call to Lambda.
    call_id: String,
}

impl Tracing {
    /// Joins the trace of the request's header, or starts one. A decision that the header brings stands; otherwise the
    /// sampling rules decide, where the stage is traced at all.
    pub(super) fn start(api: &RestApi, region: &str, request: &http::request::Parts, xray: &XRay) -> Self {
        let now = Timestamp::now();
        let text = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        let new = || TraceHeader { root: trace_id(now), parent: None, sampled: None };
        let mut header = text("x-amzn-trace-id").and_then(TraceHeader::parse).unwrap_or_else(new);
        if api.tracing && header.sampled.is_none() {
            let path = request.uri.path();
            let prefix = format!("/{}", api.stage);
            let staged = path.strip_prefix(&prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            let candidate = Candidate {
                service_name: &format!("{}/{}", api.name, api.stage),
                service_type: ORIGIN,
                host: text(HOST.as_str()).unwrap_or_default(),
                http_method: request.method.as_str(),
                url_path: &if staged { path.to_owned() } else { format!("{prefix}{path}") },
                resource_arn: &arn(api, region),
            };
            header.sampled = Some(xray.samples_request(&candidate, now));
        }
        let recorded = api.tracing && header.sampled == Some(true);
        Self { header, recorded, segment_id: segment_id(), call_id: segment_id() }
    }

    /// The trace's id.
    pub(super) fn trace_id(&self) -> &str {
        &self.header.root
    }

    /// Whoever called, as the request said.
    pub(super) fn parent(&self) -> Option<&str> {
        self.header.parent.as_deref()
    }

    /// Whether the trace is recorded.
    pub(super) fn is_sampled(&self) -> bool {
        self.header.sampled == Some(true)
    }

    /// For the answer and for the event's headers.
    pub(super) fn header(&self) -> String {
        if self.recorded { self.header.called_by(&self.segment_id).to_string() } else { self.header.to_string() }
    }

    /// For Lambda.
    pub(super) fn invocation_header(&self) -> String {
        if self.recorded { self.header.called_by(&self.call_id).to_string() } else { self.header.to_string() }
    }

    /// Writes the request's segment, with a subsegment of the invocation where there was one.
    pub(super) fn finish(
        &self,
        context: &Context,
        api: &RestApi,
        region: &str,
        function: Option<&Function>,
        headers: &HeaderMap,
        xray: &XRay,
    ) {
        if !self.recorded {
            return;
        }
        let Context { domain, stage, path, request_id, .. } = context;
        let mut request = json!({
            "url": format!("https://{domain}/{stage}{path}"),
            "method": context.method,
            "client_ip": context.source_ip,
            "x_forwarded_for": headers.contains_key("x-forwarded-for"),
        });
        if let Some(agent) = &context.user_agent {
            request["user_agent"] = agent.as_str().into();
        }
        let Value::Object(annotations) = json!({"aws:api_id": api.id, "aws:api_stage": stage}) else { return };
        let details = json!({"extended_request_id": context.extended_request_id, "request_id": request_id});
        let call = function.and_then(|function| self.call(context, function, region));
        xray.traces.put(Document {
            id: self.segment_id.clone(),
            trace_id: self.header.root.clone(),
            parent_id: self.header.parent.clone(),
            name: format!("{}/{stage}", api.name),
            start_time: seconds(context.received),
            end_time: Some(seconds(Timestamp::now())),
            origin: Some(ORIGIN.to_owned()),
            error: (400..500).contains(&context.status),
            fault: context.status >= 500,
            throttle: context.status == 429,
            http: json!({"request": request,
                "response": {"status": context.status, "content_length": context.response_length}}),
            aws: json!({"api_gateway": {"account_id": context.account_id, "rest_api_id": api.id, "stage": stage,
                "request_id": request_id}}),
            // Its message is left out: it may quote an Authorization header.
            cause: context.error.as_ref().map_or(
                Value::Null,
                |error| json!({"exceptions": [{"id": segment_id(), "type": error.response_type, "message": ""}]}),
            ),
            annotations,
            metadata: [("default".to_owned(), details)].into_iter().collect(),
            subsegments: call.into_iter().collect(),
            ..Document::default()
        });
    }

    /// The invocation as the gateway saw it. Its status is the function's where the function answered, as in real traces;
    /// which of the flags a function error sets there is not documented: a fault, since it is no fault of the caller.
    fn call(&self, context: &Context, function: &Function, region: &str) -> Option<Document> {
        let IntegrationOutcome { lambda_status, function_status, latency_ms, error, .. } = &context.integration;
        let (started, latency) = (context.integration.started?, (*latency_ms)?);
        let status = function_status.or(*lambda_status);
        let throttle = *lambda_status == Some(429);
        let start_time = seconds(started);
        let url = format!("https://lambda.{region}.amazonaws.com/2015-03-31/functions/{}/invocations", function.arn);
        Some(Document {
            id: self.call_id.clone(),
            name: "Lambda".to_owned(),
            start_time,
            end_time: Some(start_time + latency as f64 / 1000.0),
            namespace: Some("aws".to_owned()),
            throttle,
            error: status.is_some_and(|status| (400..500).contains(&status)),
            fault: !throttle && (error.is_some() || status.is_none_or(|status| status >= 500)),
            http: json!({"request": {"url": url, "method": "POST"},
                "response": {"status": status, "content_length": context.response_length}}),
            aws: json!({"function_name": function.name, "region": region, "operation": "Invoke",
                "resource_names": [function.name]}),
            cause: error.as_ref().map_or(
                Value::Null,
                |error| json!({"exceptions": [{"id": segment_id(), "type": error, "message": ""}]}),
            ),
            ..Document::default()
        })
    }
}

fn arn(api: &RestApi, region: &str) -> String {
    format!("arn:aws:apigateway:{region}::/restapis/{}/stages/{}", api.id, api.stage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::SamplingRule;

    fn api(tracing: bool) -> RestApi {
        RestApi {
            logical_id: "Api".to_owned(),
            id: "abcdefghij".to_owned(),
            name: "wild-rydes-dev".to_owned(),
            stage: "dev".to_owned(),
            routes: Vec::new(),
            gateway_responses: std::collections::BTreeMap::new(),
            throttle: None,
            access_log_format: None,
            tracing,
            detailed_metrics: true,
        }
    }

    fn start(tracing: bool, rate: f64, header: Option<&str>) -> Tracing {
        let any = || "*".to_owned();
        let rule = SamplingRule {
            name: "ride".to_owned(),
            priority: 1,
            reservoir: 0,
            fixed_rate: rate,
            service_name: "wild-rydes-dev/dev".to_owned(),
            service_type: "AWS::ApiGateway::*".to_owned(),
            host: any(),
            http_method: any(),
            url_path: "/dev/ride".to_owned(),
            resource_arn: "arn:aws:apigateway:eu-west-1::/restapis/abcdefghij/stages/dev".to_owned(),
        };
        let mut request = http::Request::builder().uri("/ride");
        if let Some(header) = header {
            request = request.header("x-amzn-trace-id", header);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        Tracing::start(&api(tracing), "eu-west-1", &parts, &XRay::new([rule]))
    }

    const ROOT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793";

    #[test]
    fn a_new_trace_is_sampled_by_the_rule_of_its_path() {
        assert!(start(true, 1.0, None).is_sampled());
        let unsampled = start(true, 0.0, None);
        assert!(!unsampled.is_sampled() && unsampled.header().ends_with(";Sampled=0"), "{}", unsampled.header());
        assert!(start(true, 1.0, Some("Root=nonsense;Sampled=0")).is_sampled(), "what is no header is replaced");
    }

    #[test]
    fn a_decision_that_came_with_the_request_stands() {
        let unsampled = format!("{ROOT};Parent=53995c3f42cd8ad8;Sampled=0");
        assert_eq!(start(true, 1.0, Some(&unsampled)).invocation_header(), unsampled);
        let sampled = start(true, 0.0, Some(&format!("{ROOT};Sampled=1")));
        assert!(sampled.is_sampled());
        assert!(sampled.header().starts_with(&format!("{ROOT};Parent=")) && sampled.header().ends_with(";Sampled=1"));
        assert_ne!(sampled.header(), sampled.invocation_header(), "Lambda is called by the subsegment");
        assert_eq!(sampled.parent(), None);
    }

    #[test]
    fn a_stage_without_tracing_decides_nothing() {
        let header = start(false, 1.0, Some(ROOT)).header();
        assert_eq!(header, ROOT);
    }
}
