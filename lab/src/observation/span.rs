//! A trace as a waterfall.

use serde::Serialize;
use serde_json::{Map, Value};

use super::guilt;
use super::milliseconds;
use super::requests::Journey;
use super::services::{GATEWAY, Services};
use crate::xray::{Document, Placed, Trace};

/// What a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SpanKind {
    /// The API's segment.
    Gateway,
    /// Lambda's segment: the service, queueing included.
    Lambda,
    /// The function's segment.
    Function,
    /// A phase of the platform's or a step of the function's.
    Step,
    /// A call of an AWS service.
    Aws,
    /// A call of something else over HTTP.
    Remote,
    /// Start of an execution environment.
    Init,
}

/// One bar of the waterfall.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpanView {
    /// Id of the segment or subsegment.
    pub id: String,
    /// Id of the caller, where it has arrived.
    pub parent: Option<String>,
    /// Callers above it.
    pub depth: usize,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SpanKind,
    /// Which service made it.
    pub service: String,
    /// Since the request came; below 0 for what began earlier.
    pub offset_ms: f64,
    /// How long; of one in progress, until the last thing that is known of the trace.
    pub duration_ms: f64,
    /// The caller's error.
    pub error: bool,
    /// The callee's error.
    pub fault: bool,
    /// Refused for want of capacity.
    pub throttle: bool,
    /// Its end has not arrived: lost, still running, or killed.
    pub in_progress: bool,
    /// `PutItem wild-rydes-dev-rides, 2 retries`.
    pub detail: String,
    /// What went wrong.
    pub cause: Option<String>,
    /// Its annotations.
    pub annotations: Map<String, Value>,
    /// Whether it is where the request's failure began.
    pub guilty: bool,
}

impl SpanView {
    /// Whether it failed, and not by its caller's mistake.
    pub(super) fn is_at_fault(&self) -> bool {
        self.fault || self.throttle
    }
}

/// The spans of a journey's trace, depth first. The guilty one is marked where the request failed.
pub(super) fn of(trace: &Trace, journey: &Journey, services: &Services) -> Vec<SpanView> {
    let placed = trace.placed();
    let origin = milliseconds(journey.request.at) / 1000.0;
    let last = placed.iter().map(|one| one.document.end_time.unwrap_or(one.document.start_time)).fold(origin, f64::max);
    let mut spans: Vec<SpanView> = Vec::with_capacity(placed.len());
    for Placed { document, parent, depth } in &placed {
        let above = parent.map(|index| &spans[index]);
        let kind = kind(document);
        spans.push(SpanView {
            id: document.id.clone(),
            parent: above.map(|span| span.id.clone()),
            depth: *depth,
            name: document.name.clone(),
            kind,
            service: match kind {
                SpanKind::Gateway => GATEWAY.to_owned(),
                SpanKind::Lambda | SpanKind::Function => services.name(&document.name).to_owned(),
                _ => above.map_or_else(|| "unknown".to_owned(), |span| span.service.clone()),
            },
            offset_ms: round((document.start_time - origin) * 1000.0),
            duration_ms: round(document.duration_ms().unwrap_or((last - document.start_time).max(0.0) * 1000.0)),
            error: document.error,
            fault: document.fault,
            throttle: document.throttle,
            in_progress: document.end_time.is_none(),
            detail: detail(document, kind, journey),
            cause: document.cause_text(),
            annotations: document.annotations.clone(),
            guilty: false,
        });
    }
    if let Some(guilty) = guilt::index(&spans) {
        spans[guilty].guilty = true;
    }
    spans
}

/// What a document is.
pub(super) fn kind(document: &Document) -> SpanKind {
    match (document.origin.as_deref(), document.namespace.as_deref()) {
        (Some("AWS::ApiGateway::Stage"), _) => SpanKind::Gateway,
        (Some("AWS::Lambda"), _) => SpanKind::Lambda,
        (Some("AWS::Lambda::Function"), _) => SpanKind::Function,
        (_, Some("aws")) => SpanKind::Aws,
        (_, Some("remote")) => SpanKind::Remote,
        // Only the platform's phases carry the function's ARN.
        _ if matches!(document.name.as_str(), "Init" | "Initialization") && is_phase(document) => SpanKind::Init,
        _ => SpanKind::Step,
    }
}

fn is_phase(document: &Document) -> bool {
    document.aws.get("function_arn").is_some()
}

fn detail(document: &Document, kind: SpanKind, journey: &Journey) -> String {
    let status = document.status().map(|status| status.to_string());
    let method = document.http.get("request").and_then(|request| request.get("method")).and_then(Value::as_str);
    let parts: Vec<String> = match kind {
        SpanKind::Gateway => {
            // The path is a stranger's text; the route is ours.
            let id = document.aws.get("api_gateway").and_then(|api| api.get("request_id")).and_then(Value::as_str);
            let request = journey.all().find(|request| Some(request.id.as_str()) == id);
            request.map(|request| format!("{} {}", request.method, request.route)).into_iter().chain(status).collect()
        }
        SpanKind::Aws => {
            let on = document.aws_text("table_name").or_else(|| document.aws_text("function_name"));
            let operation = document.aws_text("operation");
            [operation, on].into_iter().flatten().map(str::to_owned).collect()
        }
        SpanKind::Remote => method.map(str::to_owned).into_iter().chain(status).collect(),
        SpanKind::Lambda => status.filter(|status| status != "200").into_iter().collect(),
        SpanKind::Function | SpanKind::Step | SpanKind::Init => Vec::new(),
    };
    let retries = match document.aws.get("retries").and_then(Value::as_u64) {
        None | Some(0) => String::new(),
        Some(1) => ", 1 retry".to_owned(),
        Some(retries) => format!(", {retries} retries"),
    };
    parts.join(" ") + &retries
}

/// To the microsecond: what is beyond is the error of a floating-point number of seconds since 1970.
fn round(milliseconds: f64) -> f64 {
    (milliseconds * 1000.0).round() / 1000.0
}
