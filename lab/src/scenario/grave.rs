//! The grave lines of a run, collected while it goes: in the end a lab has forgotten those of a long one's beginning.

use std::collections::HashMap;

use jiff::Timestamp;

use super::evidence::LineSeen;
use crate::observation::{LineFilter, LineView, Observation, milliseconds};

/// Lines kept that one service wrote with one message and one reason.
const ALIKE: usize = 20;

/// Lines kept in all: messages may be of any number.
const ALL: usize = 1_000;

/// Log lines of the level WARN or graver since the load began.
#[derive(Debug)]
pub(super) struct GraveLines {
    since_ms: f64,
    /// Number of the last line that was read.
    read: u64,
    /// How many of each service, message and reason there were.
    counts: HashMap<(String, String, String), usize>,
    lines: Vec<LineSeen>,
}

impl GraveLines {
    pub(super) fn since(began: Timestamp) -> Self {
        let since_ms = milliseconds(began);
        Self { since_ms, read: 0, counts: HashMap::new(), lines: Vec::new() }
    }

    /// Reads what was written since the last time.
    pub(super) fn read(&mut self, observation: &Observation) {
        let mut read = self.read;
        unread(observation, "WARN", &mut read, |line| self.see(line));
        self.read = read;
    }

    fn see(&mut self, line: LineView) {
        if line.at_ms < self.since_ms || self.lines.len() >= ALL {
            return;
        }
        // One message can have many causes: a payment is put off for all kinds of reasons.
        let reason =
            ["reason", "error"].into_iter().find_map(|name| line.fields.get(name)?.as_str()).unwrap_or_default();
        let alike = self.counts.entry((line.service.clone(), line.message, reason.to_owned())).or_default();
        *alike += 1;
        if *alike <= ALIKE {
            self.lines.push(LineSeen { service: line.service, level: line.level, text: line.text });
        }
    }

    /// The first of each service, message and reason.
    pub(super) fn into_lines(self) -> Vec<LineSeen> {
        self.lines
    }
}

/// The lines of a level or graver after the one of this number, oldest first. The number becomes that of the last one.
pub(super) fn unread(observation: &Observation, level: &str, read: &mut u64, mut see: impl FnMut(LineView)) {
    loop {
        let filter = LineFilter { level: Some(level.to_owned()), after: Some(*read), ..LineFilter::default() };
        let Some(found) = observation.logs(&filter) else { return };
        *read = found.next;
        // No line is left, or what came meanwhile is read the next time.
        if found.lines.is_empty() {
            return;
        }
        found.lines.into_iter().for_each(&mut see);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(service: &str, message: &str, at_ms: f64) -> LineView {
        LineView {
            seq: 1,
            at_ms,
            offset_ms: None,
            service: service.to_owned(),
            kind: crate::observation::LineKind::Function,
            level: "WARN".to_owned(),
            message: message.to_owned(),
            request_id: None,
            text: format!("{message} at {at_ms}"),
            fields: serde_json::Map::new(),
        }
    }

    #[test]
    fn a_rare_line_is_kept_however_many_others_there_are() {
        let mut grave = GraveLines::since(Timestamp::UNIX_EPOCH);
        grave.see(line("process-payment", "the breaker opened", 1.0));
        for at in 0..100_000 {
            grave.see(line("process-payment", "held", f64::from(at)));
        }
        grave.see(line("process-payment", "the breaker closed", 1.0));
        let texts: Vec<String> = grave.into_lines().into_iter().map(|line| line.text).collect();
        assert_eq!(texts.len(), ALIKE + 2);
        assert_eq!(texts.first().map(String::as_str), Some("the breaker opened at 1"));
        assert_eq!(texts.last().map(String::as_str), Some("the breaker closed at 1"));
    }

    #[test]
    fn messages_that_are_all_different_have_a_bound() {
        let mut grave = GraveLines::since(Timestamp::UNIX_EPOCH);
        for at in 0..10_000 {
            grave.see(line("process-payment", &format!("number {at}"), 1.0));
        }
        assert_eq!(grave.into_lines().len(), ALL);
    }

    #[test]
    fn a_line_from_before_the_load_is_not_the_load_s() {
        let mut grave = GraveLines::since(Timestamp::from_second(100).expect("a moment"));
        grave.see(line("process-payment", "held", 99_999.0));
        grave.see(line("process-payment", "held", 100_000.0));
        assert_eq!(grave.into_lines().len(), 1);
    }
}
