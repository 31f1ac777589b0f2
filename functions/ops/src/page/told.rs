use crate::redrive::{Moved, Redriven};

/// What the page says about the order that led to it: fixed words and numbers, never a text out of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// Of the redrive of one payment.
    One(Redriven),
    /// Of the redrive of the dead letters: how many payments wait again.
    All(u32),
    /// The order could not be carried out.
    Failed,
}

impl Told {
    /// As a value of the query string.
    pub(crate) fn to_text(self) -> String {
        match self {
            Self::One(Redriven::Queued) => "queued".into(),
            Self::One(Redriven::NotFailed) => "not-failed".into(),
            Self::One(Redriven::Unknown) => "unknown".into(),
            Self::All(moved) => moved.to_string(),
            Self::Failed => "failed".into(),
        }
    }

    /// Out of such a value.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "queued" => Self::One(Redriven::Queued),
            "not-failed" => Self::One(Redriven::NotFailed),
            "unknown" => Self::One(Redriven::Unknown),
            "failed" => Self::Failed,
            number => Self::All(number.parse().ok().filter(|_| number.bytes().all(|byte| byte.is_ascii_digit()))?),
        })
    }

    /// For a person.
    pub(crate) fn words(self) -> String {
        match self {
            Self::One(Redriven::Queued) => "The payment waits for another try.".into(),
            Self::One(Redriven::NotFailed) => "Nothing was done: that payment is not failed.".into(),
            Self::One(Redriven::Unknown) => "Nothing was done: there is no such payment.".into(),
            Self::All(0) => "No dead letters were to be redriven.".into(),
            Self::All(1) => "1 payment waits for another try.".into(),
            Self::All(moved) => format!("{moved} payments wait for another try."),
            Self::Failed => "The redrive could not be carried out; part of it may have been. Try again.".into(),
        }
    }
}

impl From<Moved> for Told {
    fn from(moved: Moved) -> Self {
        Self::All(u32::try_from(moved.moved).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_survives_the_address_and_nothing_else_does() {
        let one = [Redriven::Queued, Redriven::NotFailed, Redriven::Unknown].map(Told::One);
        for told in one.into_iter().chain([Told::All(0), Told::All(17), Told::Failed]) {
            assert_eq!(Told::parse(&told.to_text()), Some(told));
        }
        for other in ["", "-1", "+1", "<b>", "QUEUED", "99999999999"] {
            assert_eq!(Told::parse(other), None, "{other}");
        }
    }
}
