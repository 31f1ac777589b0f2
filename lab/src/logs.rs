//! What the functions and the platform print: kept, and handed to whoever follows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// Lines kept; the oldest go first.
const KEPT: usize = 50_000;

/// A line longer than this is cut into several, as CloudWatch Logs' event limit of 256 KB makes Lambda do.
const LINE_LIMIT: usize = 256 * 1024;

/// Who printed a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Physical name of the function.
    pub function: String,
    /// Id of the execution environment.
    pub environment: String,
}

/// Whether a line came out of the function or from the platform around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The function's stdout or stderr.
    Function,
    /// START, END, REPORT, INIT_REPORT and time-outs.
    Platform,
    /// An access log line of the API.
    Access,
}

/// One line.
#[derive(Debug, Clone)]
pub struct Line {
    /// When the lab read it.
    pub time: jiff::Timestamp,
    /// Who printed it.
    pub origin: Origin,
    /// Who of the three.
    pub kind: Kind,
    /// Without the newline.
    pub text: String,
}

/// All log lines of a lab. Clones share them.
#[derive(Clone)]
pub struct Logs {
    kept: Arc<Mutex<VecDeque<Line>>>,
    live: broadcast::Sender<Line>,
    taps: Arc<Mutex<Vec<Arc<Tap>>>>,
}

/// Sees every line.
type Tap = dyn Fn(&Line) + Send + Sync;

impl std::fmt::Debug for Logs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Logs").finish_non_exhaustive()
    }
}

impl Default for Logs {
    fn default() -> Self {
        Self { kept: Arc::default(), live: broadcast::channel(4096).0, taps: Arc::default() }
    }
}

impl Logs {
    /// Lines from now on. A follower that falls 4096 lines behind misses some and is told how many.
    pub fn subscribe(&self) -> broadcast::Receiver<Line> {
        self.live.subscribe()
    }

    /// Calls `tap` with every line from now on, before whoever subscribed and before `push` returns, so that none is
    /// missed however fast they come. The platform and the reading of a function's output wait for it: it must be quick,
    /// and must not write a line itself.
    pub fn tap(&self, tap: impl Fn(&Line) + Send + Sync + 'static) {
        self.taps.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(tap));
    }

    /// Every line that is kept.
    pub fn lines(&self) -> Vec<Line> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The last `count` lines of a function, each indented and ended by a newline; empty when it printed nothing.
    pub(crate) fn tail(&self, function: &str, count: usize) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut last: Vec<&str> = kept
            .iter()
            .rev()
            .filter(|line| line.origin.function == function && line.kind == Kind::Function)
            .take(count)
            .map(|line| line.text.as_str())
            .collect();
        last.reverse();
        last.iter().map(|text| format!("    {text}\n")).collect()
    }

    pub(crate) fn platform(&self, origin: Origin, text: String) {
        self.push(origin, Kind::Platform, text);
    }

    pub(crate) fn access(&self, api: &str, text: String) {
        self.push(Origin { function: api.to_owned(), environment: String::new() }, Kind::Access, text);
    }

    /// Reads lines until the stream ends, which is when the task does. The function never waits for whoever reads the logs.
    pub(crate) fn follow(&self, origin: Origin, stream: impl AsyncRead + Send + Unpin + 'static) -> JoinHandle<()> {
        let logs = self.clone();
        tokio::spawn(async move {
            let mut reader = BufReader::with_capacity(16 * 1024, stream);
            let mut line = Vec::new();
            while read_line(&mut reader, &mut line).await {
                logs.push(origin.clone(), Kind::Function, String::from_utf8_lossy(&line).into_owned());
            }
        })
    }

    fn push(&self, origin: Origin, kind: Kind, text: String) {
        let line = Line { time: jiff::Timestamp::now(), origin, kind, text };
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == KEPT {
                kept.pop_front();
            }
            kept.push_back(line.clone());
        }
        let taps = self.taps.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for tap in taps {
            tap(&line);
        }
        // An error only means that nobody follows.
        let _ = self.live.send(line);
    }
}

/// Reads up to a newline or [`LINE_LIMIT`] into `line`; false at the end.
async fn read_line(reader: &mut (impl AsyncBufReadExt + Unpin), line: &mut Vec<u8>) -> bool {
    line.clear();
    loop {
        let Ok(available) = reader.fill_buf().await else { return !line.is_empty() };
        if available.is_empty() {
            return !line.is_empty();
        }
        let room = LINE_LIMIT - line.len();
        let window = &available[..available.len().min(room)];
        let newline = window.iter().position(|byte| *byte == b'\n');
        let taken = newline.unwrap_or(window.len());
        line.extend_from_slice(&window[..taken]);
        reader.consume(taken + usize::from(newline.is_some()));
        if newline.is_some() || line.len() == LINE_LIMIT {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines_of(input: &[u8]) -> Vec<usize> {
        let mut reader = BufReader::with_capacity(1024, input);
        let mut line = Vec::new();
        let mut lengths = Vec::new();
        while read_line(&mut reader, &mut line).await {
            lengths.push(line.len());
        }
        lengths
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_cut_at_the_limit() {
        assert_eq!(lines_of(&vec![b'x'; LINE_LIMIT * 2 + 5]).await, [LINE_LIMIT, LINE_LIMIT, 5]);
    }

    #[test]
    fn a_tap_misses_no_line_however_many_come() {
        let (logs, seen) = (Logs::default(), Arc::new(Mutex::new(0)));
        let count = seen.clone();
        logs.tap(move |line| *count.lock().expect("whole") += usize::from(line.kind == Kind::Access));
        for _ in 0..10_000 {
            logs.access("api", String::new());
        }
        assert_eq!(*seen.lock().expect("whole"), 10_000);
    }

    #[tokio::test]
    async fn the_last_line_needs_no_newline() {
        assert_eq!(lines_of(b"one\n\nthree").await, [3, 0, 5]);
    }
}
