//! The platform's own log lines around an invocation.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html>

use std::time::Duration;

/// What the REPORT line tells.
#[derive(Debug, Clone)]
pub(super) struct Report<'a> {
    pub(super) request_id: &'a str,
    pub(super) duration: Duration,
    /// Only on the environment's first invocation.
    pub(super) init: Option<Duration>,
    pub(super) memory_mb: u32,
    /// Peak resident memory, where the system tells it.
    pub(super) max_memory_mb: Option<u64>,
    /// `timeout` or `error`, absent on success.
    pub(super) status: Option<&'static str>,
}

pub(super) fn start(request_id: &str) -> String {
    format!("START RequestId: {request_id} Version: $LATEST")
}

pub(super) fn end(request_id: &str) -> String {
    format!("END RequestId: {request_id}")
}

impl Report<'_> {
    pub(super) fn line(&self) -> String {
        let milliseconds = self.duration.as_secs_f64() * 1000.0;
        // Init has been billed for on-demand functions of every runtime since August 2025.
        let billed = (milliseconds + self.init.map_or(0.0, |init| init.as_secs_f64() * 1000.0)).ceil();
        let mut line = format!(
            "REPORT RequestId: {}\tDuration: {milliseconds:.2} ms\tBilled Duration: {billed} ms\tMemory Size: {} MB",
            self.request_id, self.memory_mb
        );
        if let Some(peak) = self.max_memory_mb {
            line.push_str(&format!("\tMax Memory Used: {peak} MB"));
        }
        if let Some(init) = self.init {
            line.push_str(&format!("\tInit Duration: {:.2} ms", init.as_secs_f64() * 1000.0));
        }
        if let Some(status) = self.status {
            line.push_str(&format!("\tStatus: {status}"));
        }
        line
    }
}

/// Peak resident memory of a process in MB, rounded up; `None` where there is no `/proc`.
pub(super) fn peak_memory_mb(process_id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process_id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes.div_ceil(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_a_cold_start_has_its_init_duration() {
        let report = Report {
            request_id: "r",
            duration: Duration::from_micros(1_234),
            init: Some(Duration::from_millis(10)),
            memory_mb: 256,
            max_memory_mb: Some(12),
            status: None,
        };
        assert_eq!(
            report.line(),
            "REPORT RequestId: r\tDuration: 1.23 ms\tBilled Duration: 12 ms\tMemory Size: 256 MB\tMax Memory Used: 12 MB\tInit Duration: 10.00 ms"
        );
    }
}
