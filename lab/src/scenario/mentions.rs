//! The lines of a run that an act asks for by their level, counted while it goes: there are too many of them to be kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::file::LogLine;
use super::grave::unread;
use crate::observation::{LineView, Observation, milliseconds};

/// A line that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Who wrote it.
    pub service: String,
    /// What stands in it.
    pub says: String,
    /// `INFO`: of this level or graver.
    pub level: String,
    /// How many such lines there were since the load began.
    pub count: usize,
}

/// Counts the lines that are asked for.
#[derive(Debug)]
pub(super) struct Mentions {
    since_ms: f64,
    /// Those of each level have been read up to this number.
    asked: Vec<(Mention, u64)>,
}

impl Mentions {
    pub(super) fn since(began: Timestamp, log: &[LogLine]) -> Self {
        let mention = |line: &LogLine| {
            let (service, says) = (line.service.clone(), line.says.clone());
            Some((Mention { service, says, level: line.level?.name().to_owned(), count: 0 }, 0))
        };
        Self { since_ms: milliseconds(began), asked: log.iter().filter_map(mention).collect() }
    }

    /// Reads what was written since the last time.
    pub(super) fn read(&mut self, observation: &Observation) {
        for (mention, read) in &mut self.asked {
            let level = mention.level.clone();
            unread(observation, &level, read, |line| mention.see(&line, self.since_ms));
        }
    }

    pub(super) fn into_counts(self) -> Vec<Mention> {
        self.asked.into_iter().map(|(mention, _)| mention).collect()
    }
}

impl Mention {
    fn see(&mut self, line: &LineView, since_ms: f64) {
        let is_meant = line.at_ms >= since_ms && line.service == self.service && line.text.contains(&self.says);
        self.count += usize::from(is_meant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::LineKind;
    use crate::scenario::file::Level;

    #[test]
    fn lines_are_counted_by_who_says_what_since_the_load_began() {
        let asked = |level| LogLine { service: "a".to_owned(), says: "refused".to_owned(), level };
        let began = Timestamp::from_second(100).expect("a moment");
        let mut mentions = Mentions::since(began, &[asked(None), asked(Some(Level::Info))]);
        assert_eq!(mentions.asked.len(), 1, "grave ones are kept whole");
        for (service, text, at_ms) in [
            ("a", "it was refused", 99_999.0),
            ("a", "it was refused", 100_000.0),
            ("a", "refused again", 200_000.0),
            ("b", "it was refused", 200_000.0),
            ("a", "it was not", 200_000.0),
        ] {
            let line = LineView {
                seq: 1,
                at_ms,
                offset_ms: None,
                service: service.to_owned(),
                kind: LineKind::Function,
                level: "INFO".to_owned(),
                message: String::new(),
                request_id: None,
                text: text.to_owned(),
                fields: serde_json::Map::new(),
            };
            let since_ms = mentions.since_ms;
            mentions.asked.iter_mut().for_each(|(mention, _)| mention.see(&line, since_ms));
        }
        let counts = mentions.into_counts();
        assert_eq!((counts[0].level.as_str(), counts[0].count), ("INFO", 2));
    }
}
