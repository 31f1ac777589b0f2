use std::fmt;

/// Where a payment is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It waits for its turn, the first one or another.
    Queued,
    /// Somebody is asking finance for it, or was and died.
    Processing,
    /// It is charged.
    Complete,
    /// It is not charged as far as anybody knows, and will not be without a redrive.
    Failed,
}

/// The text is no status.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("must be one of Queued, Processing, Complete, Failed")]
pub struct NotAStatus;

impl Status {
    /// All of them, in the order of the way.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Processing, Self::Complete, Self::Failed];

    /// The word in the table and on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Processing => "Processing",
            Self::Complete => "Complete",
            Self::Failed => "Failed",
        }
    }

    /// Whether nothing more happens by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Failed)
    }
}

impl TryFrom<&str> for Status {
    type Error = NotAStatus;

    fn try_from(text: &str) -> Result<Self, NotAStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(NotAStatus)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_as_it_is_written_and_nothing_else_is() {
        for status in Status::ALL {
            assert_eq!(Status::try_from(status.as_str()), Ok(status));
        }
        for other in ["", "queued", "Done"] {
            assert_eq!(Status::try_from(other), Err(NotAStatus), "{other}");
        }
    }
}
