//! The platform's own log lines around an invocation, as text or as JSON.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>

use serde_json::{Value, json};

use super::invocation::Timing;

/// The log format of a function: `LoggingConfig.LogFormat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
}

impl Format {
    /// What a function's environment says, which is how the function itself learns it.
    pub(super) fn of(environment: &std::collections::BTreeMap<String, String>) -> Self {
        match environment.get("AWS_LAMBDA_LOG_FORMAT").map(String::as_str) {
            Some("JSON") => Self::Json,
            _ => Self::Text,
        }
    }

    /// The first line of an invocation.
    pub(super) fn start(self, request_id: &str) -> String {
        match self {
            Self::Text => format!("START RequestId: {request_id} Version: $LATEST"),
            Self::Json => event("platform.start", &json!({"requestId": request_id, "version": "$LATEST"})),
        }
    }

    /// Init that failed or took too long.
    pub(super) fn init_failed(self, status: &str, reason: &str) -> String {
        match self {
            Self::Text => format!("INIT_REPORT Phase: init\tStatus: {status}\tError: {reason}"),
            Self::Json => {
                event("platform.initReport", &json!({"phase": "init", "status": status, "errorType": reason}))
            }
        }
    }
}

/// What the last line tells.
#[derive(Debug, Clone)]
pub(super) struct Report<'a> {
    pub(super) request_id: &'a str,
    pub(super) timing: Timing,
    pub(super) memory_mb: u32,
    /// Peak resident memory, where the system tells it.
    pub(super) max_memory_mb: Option<u64>,
    /// `timeout` or `error`, absent on success.
    pub(super) status: Option<&'static str>,
}

impl Report<'_> {
    /// The lines that end an invocation: END and REPORT, or one JSON event.
    pub(super) fn lines(&self, format: Format) -> Vec<String> {
        match format {
            Format::Text => vec![format!("END RequestId: {}", self.request_id), self.text()],
            Format::Json => vec![self.json()],
        }
    }

    /// Init has been billed for on-demand functions of every runtime since August 2025.
    fn billed_ms(&self) -> u64 {
        let total = self.timing.duration + self.timing.init.unwrap_or_default();
        u64::try_from(total.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
    }

    fn text(&self) -> String {
        let mut line = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB",
            self.request_id,
            milliseconds(self.timing.duration),
            self.billed_ms(),
            self.memory_mb
        );
        if let Some(peak) = self.max_memory_mb {
            line.push_str(&format!("\tMax Memory Used: {peak} MB"));
        }
        if let Some(init) = self.timing.init {
            line.push_str(&format!("\tInit Duration: {:.2} ms", milliseconds(init)));
        }
        if let Some(status) = self.status {
            line.push_str(&format!("\tStatus: {status}"));
        }
        line
    }

    fn json(&self) -> String {
        let mut metrics = json!({
            "durationMs": milliseconds(self.timing.duration),
            "billedDurationMs": self.billed_ms(),
            "memorySizeMB": self.memory_mb,
        });
        if let Some(peak) = self.max_memory_mb {
            metrics["maxMemoryUsedMB"] = peak.into();
        }
        if let Some(init) = self.timing.init {
            metrics["initDurationMs"] = milliseconds(init).into();
        }
        let status = self.status.unwrap_or("success");
        event("platform.report", &json!({"requestId": self.request_id, "metrics": metrics, "status": status}))
    }
}

fn event(kind: &str, record: &Value) -> String {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    json!({"time": now, "type": kind, "record": record}).to_string()
}

/// To the hundredth, as the platform prints it.
fn milliseconds(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 100_000.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn cold_start() -> Report<'static> {
        let timing = Timing { init: Some(Duration::from_millis(10)), duration: Duration::from_micros(1_234) };
        Report { request_id: "r", timing, memory_mb: 256, max_memory_mb: Some(12), status: None }
    }

    #[test]
    fn the_report_of_a_cold_start_has_its_init_duration() {
        assert_eq!(
            cold_start().lines(Format::Text),
            [
                "END RequestId: r",
                "REPORT RequestId: r\tDuration: 1.23 ms\tBilled Duration: 12 ms\tMemory Size: 256 MB\tMax Memory Used: 12 MB\tInit Duration: 10.00 ms"
            ]
        );
    }

    #[test]
    fn the_json_report_has_the_same_figures() {
        let lines = cold_start().lines(Format::Json);
        let report: Value = serde_json::from_str(&lines[0]).expect("JSON");
        let metrics = json!({
            "durationMs": 1.23, "billedDurationMs": 12, "memorySizeMB": 256, "maxMemoryUsedMB": 12, "initDurationMs": 10.0
        });
        assert_eq!(report["type"], "platform.report");
        assert_eq!(report["record"], json!({"requestId": "r", "metrics": metrics, "status": "success"}));
    }
}
