//! A stream that cannot be read, told of once: it is looked at up to fifty times a second.

/// How often in a row it could not be read.
#[derive(Debug, Default)]
pub(super) struct Unread(u64);

impl Unread {
    /// What to tell of a failure: of the first of a row.
    pub(super) fn failed(&mut self, why: &str) -> Option<String> {
        self.0 += 1;
        (self.0 == 1).then(|| format!("could not read the stream, and tries on: {why}"))
    }

    /// What to tell of a success: of the first after a row.
    pub(super) fn ended(&mut self) -> Option<String> {
        let row = std::mem::take(&mut self.0);
        (row > 0).then(|| format!("reads the stream again, after {row} attempts that failed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_failures_is_two_lines() {
        let mut unread = Unread::default();
        assert_eq!(unread.ended(), None);
        let told: Vec<String> = (0..1_000).filter_map(|_| unread.failed("locked")).collect();
        assert_eq!(told, ["could not read the stream, and tries on: locked"]);
        assert_eq!(unread.ended().as_deref(), Some("reads the stream again, after 1000 attempts that failed"));
        assert_eq!(unread.ended(), None);
        assert!(unread.failed("locked").is_some(), "another row");
    }
}
