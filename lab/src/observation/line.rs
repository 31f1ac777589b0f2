//! One log line, read: who printed it, how grave it is, and which request it belongs to.

use super::fields::Fields;
use super::services::{GATEWAY, Services};
use crate::logs::{Kind, Line};
use jiff::Timestamp;
use serde::Serialize;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LineKind {
    /// Printed by a function.
    Function,
    /// The platform's, around an invocation.
    Platform,
    /// The API's access log.
    Access,
    /// Metrics in the embedded format.
    Metric,
}

/// What is kept of a line beside its text.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) at: Timestamp,
    pub(super) service: String,
    pub(super) kind: LineKind,
    pub(super) level: String,
    pub(super) message: String,
    /// As the line has it: the caller's, or the gateway's in an access log line.
    pub(super) request_id: Option<String>,
    pub(super) function_request_id: Option<String>,
    pub(super) trace_id: Option<String>,
    /// What went wrong, where the line says so and it was not the caller.
    pub(super) error: Option<String>,
    pub(super) status: Option<u64>,
    pub(super) text: String,
}

/// Makes an entry of a line and the fields that were read of it, where it is an object. `invocation` is the one that the
/// environment works on, for lines that do not say.
pub(super) fn entry(line: &Line, fields: Option<&Fields<'_>>, services: &Services, invocation: Option<&str>) -> Entry {
    match (line.kind, fields) {
        (Kind::Access, Some(fields)) => access(line, fields),
        (Kind::Access, None) => access(line, &Fields::default()),
        (Kind::Platform, fields) => platform(line, services, fields, invocation),
        (Kind::Function, Some(fields)) => function(line, services, fields, invocation),
        (Kind::Function, None) => plain(line, services, invocation),
    }
}

fn function(line: &Line, services: &Services, fields: &Fields<'_>, invocation: Option<&str>) -> Entry {
    let is_metric = fields.has("_aws");
    let level = fields.text("level").unwrap_or_else(|| "INFO".to_owned());
    let message = fields.text("message").unwrap_or_default();
    let status = fields.number("status");
    // Our services warn of what their dependencies did and reserve ERROR for themselves; either way a request failed.
    let failed = !is_metric && (level == "ERROR" || (level == "WARN" && status.is_some_and(|status| status >= 500)));
    let why = ["error", "detail", "errorMessage"].iter().find_map(|name| fields.text(name));
    Entry {
        at: fields.text("timestamp").and_then(|time| time.parse().ok()).unwrap_or(line.time),
        service: fields.text("service").unwrap_or_else(|| services.name(&line.origin.function).to_owned()),
        kind: if is_metric { LineKind::Metric } else { LineKind::Function },
        error: failed.then(|| why.unwrap_or_else(|| message.clone())),
        level,
        message,
        request_id: fields.text("request_id"),
        function_request_id: fields.text("function_request_id").or_else(|| invocation.map(str::to_owned)),
        trace_id: fields.text("xray_trace_id"),
        status,
        text: line.text.clone(),
    }
}

/// What is no JSON: a panic of a runtime, a library's own print.
fn plain(line: &Line, services: &Services, invocation: Option<&str>) -> Entry {
    let failed = line.text.contains("panicked at");
    Entry {
        at: line.time,
        service: services.name(&line.origin.function).to_owned(),
        kind: LineKind::Function,
        level: if failed { "ERROR" } else { "INFO" }.to_owned(),
        message: line.text.clone(),
        request_id: None,
        function_request_id: invocation.map(str::to_owned),
        trace_id: None,
        error: failed.then(|| line.text.clone()),
        status: None,
        text: line.text.clone(),
    }
}

fn platform(line: &Line, services: &Services, fields: Option<&Fields<'_>>, invocation: Option<&str>) -> Entry {
    let record = fields.and_then(Fields::record);
    let after = |mark: &str| {
        let rest = line.text.split_once(mark)?.1;
        rest.split(|character: char| character.is_whitespace()).next().map(str::to_owned)
    };
    let status = match record {
        Some(record) => record.text("status"),
        None => after("Status: "),
    };
    let timed_out = line.text.contains("Task timed out after");
    let error = match (record.and_then(|record| record.text("errorType")), status.as_deref()) {
        // The line before has said what it was.
        _ if timed_out => Some(format!("Task timed out after{}", line.text.rsplit("after").next().unwrap_or_default())),
        (Some(reason), Some("error" | "timeout")) => Some(reason),
        (None, Some("error")) if !line.text.contains("INIT_REPORT") => Some("the invocation failed".to_owned()),
        (None, Some("error")) => Some("the init phase failed".to_owned()),
        _ => None,
    };
    let failed = error.is_some() || matches!(status.as_deref(), Some("timeout" | "error"));
    let message = fields.and_then(|fields| fields.text("type"));
    Entry {
        at: line.time,
        service: services.name(&line.origin.function).to_owned(),
        kind: LineKind::Platform,
        level: if failed { "ERROR" } else { "INFO" }.to_owned(),
        message: message.unwrap_or_else(|| line.text.clone()),
        request_id: None,
        function_request_id: match record {
            Some(record) => record.text("requestId"),
            None => after("RequestId: "),
        }
        .or_else(|| timed_out.then(|| line.text.split(' ').nth(1).map(str::to_owned)).flatten())
        .or_else(|| invocation.map(str::to_owned)),
        trace_id: None,
        error,
        status: None,
        text: line.text.clone(),
    }
}

fn access(line: &Line, fields: &Fields<'_>) -> Entry {
    let status = fields.number("status");
    let said = |name: &str| fields.text(name).unwrap_or_else(|| "-".to_owned());
    let level = match status {
        Some(500..) => "ERROR",
        Some(400..) => "WARN",
        _ => "INFO",
    };
    // What a function answered is in the function's log; what the gateway answered itself is only here.
    let own = fields.text("error_type").filter(|_| status.is_some_and(|status| status >= 500));
    Entry {
        at: line.time,
        service: GATEWAY.to_owned(),
        kind: LineKind::Access,
        level: level.to_owned(),
        message: format!("{} {} {}", said("method"), said("route"), said("status")),
        request_id: fields.text("request_id"),
        function_request_id: fields.text("function_request_id"),
        trace_id: fields.text("xray_trace_id"),
        error: own.map(|kind| format!("{kind} of {} {}", said("method"), said("route"))),
        status,
        text: line.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::Origin;

    fn read(kind: Kind, text: &str) -> Entry {
        let origin = Origin { function: "wild-rydes-dev-ride".to_owned(), environment: "e".to_owned() };
        let line = Line { time: Timestamp::UNIX_EPOCH, origin, kind, text: text.to_owned() };
        entry(&line, Fields::read(text).as_ref(), &Services::default(), Some("current"))
    }

    #[test]
    fn a_functions_line_says_whose_it_is() {
        let text = r#"{"timestamp":"2026-11-21T10:00:00.5Z","level":"WARN","message":"request completed","service":"request-ride",
            "request_id":"r","function_request_id":"f","xray_trace_id":"1-a","status":503,"error":"no fleet"}"#;
        let line = read(Kind::Function, text);
        assert_eq!(
            (line.service.as_str(), line.level.as_str(), line.kind),
            ("request-ride", "WARN", LineKind::Function)
        );
        assert_eq!((line.request_id.as_deref(), line.function_request_id.as_deref()), (Some("r"), Some("f")));
        assert_eq!((line.error.as_deref(), line.status), (Some("no fleet"), Some(503)));
        assert_eq!(line.at.to_string(), "2026-11-21T10:00:00.5Z");
    }

    #[test]
    fn a_line_that_does_not_say_belongs_to_the_environments_invocation() {
        let line = read(Kind::Function, "thread 'main' panicked at src/main.rs:1:1:");
        assert_eq!((line.function_request_id.as_deref(), line.level.as_str()), (Some("current"), "ERROR"));
        assert_eq!(line.service, "wild-rydes-dev-ride");
    }

    #[test]
    fn metrics_are_no_log_and_a_callers_mistake_is_no_error() {
        assert_eq!(read(Kind::Function, r#"{"_aws":{},"level":"ERROR"}"#).kind, LineKind::Metric);
        let mistake = r#"{"level":"INFO","message":"request completed","status":400,"error":"no location"}"#;
        assert_eq!(read(Kind::Function, mistake).error, None);
    }

    #[test]
    fn the_platforms_lines_are_read_as_text_and_as_json() {
        for text in [
            "REPORT RequestId: f\tDuration: 1.00 ms\tStatus: error",
            r#"{"time":"t","type":"platform.report","record":{"requestId":"f","status":"error"}}"#,
        ] {
            let line = read(Kind::Platform, text);
            assert_eq!((line.function_request_id.as_deref(), line.level.as_str()), (Some("f"), "ERROR"), "{text}");
            assert!(line.error.is_some());
        }
        let timeout = read(Kind::Platform, "2026-11-21T10:00:00.000Z f Task timed out after 3.00 seconds");
        assert_eq!(timeout.error.as_deref(), Some("Task timed out after 3.00 seconds"));
        assert_eq!(timeout.function_request_id.as_deref(), Some("f"));
        let start = read(Kind::Platform, "START RequestId: f Version: $LATEST");
        assert_eq!((start.level.as_str(), start.function_request_id.as_deref()), ("INFO", Some("f")));
    }

    #[test]
    fn an_access_line_is_an_error_only_where_the_gateway_itself_failed() {
        let of = |kind: &str| {
            let text =
                format!(r#"{{"request_id":"r","method":"POST","route":"/ride","status":"504","error_type":"{kind}"}}"#);
            read(Kind::Access, &text)
        };
        assert_eq!(of("INTEGRATION_TIMEOUT").error.as_deref(), Some("INTEGRATION_TIMEOUT of POST /ride"));
        assert_eq!(of("-").error, None);
        assert_eq!((of("-").message.as_str(), of("-").level.as_str()), ("POST /ride 504", "ERROR"));
    }
}
