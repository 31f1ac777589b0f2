use crate::redrive::{Ended, MOST_LETTERS, Moved, Redriven};

/// What the page says about the order that led to it: fixed words and numbers, never a text out of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// Of the redrive of one payment.
    One(Redriven),
    /// Of the redrive of the dead letters.
    All(Moved),
    /// The limit of the order is none.
    Limit,
    /// The order could not be carried out.
    Failed,
}

/// Why an order ended, as the address has it.
const ENDS: [(&str, Ended); 3] = [("empty", Ended::Empty), ("limit", Ended::Limit), ("time", Ended::Time)];

impl Told {
    /// As a value of the query string.
    pub(crate) fn to_text(self) -> String {
        match self {
            Self::One(Redriven::Queued) => "queued".into(),
            Self::One(Redriven::Complete) => "complete".into(),
            Self::One(Redriven::UnderWay) => "under-way".into(),
            Self::One(Redriven::Unknown) => "unknown".into(),
            Self::All(Moved { moved, stale, left, ended }) => {
                let ended = ENDS.iter().find(|(_, known)| *known == ended).map_or("time", |(word, _)| *word);
                format!("{moved}.{stale}.{left}.{ended}")
            }
            Self::Limit => "limit".into(),
            Self::Failed => "failed".into(),
        }
    }

    /// Out of such a value.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "queued" => Self::One(Redriven::Queued),
            "complete" => Self::One(Redriven::Complete),
            "under-way" => Self::One(Redriven::UnderWay),
            "unknown" => Self::One(Redriven::Unknown),
            "limit" => Self::Limit,
            "failed" => Self::Failed,
            counts => Self::All(moved(counts)?),
        })
    }

    /// For a person.
    pub(crate) fn words(self) -> String {
        match self {
            Self::One(Redriven::Queued) => "The payment waits for another try.".into(),
            Self::One(Redriven::Complete) => "Nothing was done: that payment is complete.".into(),
            Self::One(Redriven::UnderWay) => {
                "Nothing was done: somebody is at that payment, or it is tried again within half an hour.".into()
            }
            Self::One(Redriven::Unknown) => "Nothing was done: there is no such payment.".into(),
            Self::All(moved) => sentences(moved),
            Self::Limit => format!("Nothing was done: the limit must be a whole number from 1 to {MOST_LETTERS}."),
            Self::Failed => "The redrive could not be carried out; part of it may have been. Try again.".into(),
        }
    }
}

/// `MOVED.STALE.LEFT.ENDED`.
fn moved(text: &str) -> Option<Moved> {
    let mut parts = text.split('.');
    // More than nine digits are nothing that this page has written.
    let digits = |part: &&str| (1..=9).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut number = || parts.next().filter(digits)?.parse().ok();
    let (moved, stale, left) = (number()?, number()?, number()?);
    let ended = parts.next().and_then(|word| ENDS.iter().find(|(known, _)| *known == word)).map(|(_, ended)| *ended)?;
    parts.next().is_none().then_some(Moved { moved, stale, left, ended })
}

fn sentences(Moved { moved, stale, left, ended }: Moved) -> String {
    let mut text = match moved {
        0 => "No dead letters were to be redriven.".to_owned(),
        1 => "1 payment waits for another try.".to_owned(),
        moved => format!("{moved} payments wait for another try."),
    };
    let letters = |number: usize| if number == 1 { "1 letter".to_owned() } else { format!("{number} letters") };
    if stale > 0 {
        text.push_str(&format!(" {}, out of date, deleted.", letters(stale)));
    }
    if left > 0 {
        text.push_str(&format!(
            " {} left: somebody is at the payment, nobody can read the letter, or something did not answer.",
            letters(left)
        ));
    }
    if ended == Ended::Time {
        text.push_str(" The time was up before the end: order again.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_survives_the_address_and_nothing_else_does() {
        let one = [Redriven::Queued, Redriven::Complete, Redriven::UnderWay, Redriven::Unknown].map(Told::One);
        let all = ENDS.map(|(_, ended)| Told::All(Moved { moved: 1_000, stale: 2, left: 3, ended }));
        for told in one.into_iter().chain(all).chain([Told::Limit, Told::Failed]) {
            assert_eq!(Told::parse(&told.to_text()), Some(told));
        }
        for other in [
            "",
            "7",
            "-1.0.0.empty",
            "+1.0.0.empty",
            "1..0.empty",
            "1.0.0.<b>",
            "1.0.0.empty.",
            "1.0.0",
            "9999999999.0.0.time",
            "<b>",
            "QUEUED",
        ] {
            assert_eq!(Told::parse(other), None, "{other}");
        }
    }

    #[test]
    fn what_was_done_is_told_and_what_was_not() {
        let told = |moved, stale, left, ended| Told::All(Moved { moved, stale, left, ended }).words();
        assert_eq!(told(0, 0, 0, Ended::Empty), "No dead letters were to be redriven.");
        assert_eq!(told(1, 0, 0, Ended::Limit), "1 payment waits for another try.");
        assert_eq!(
            told(17, 1, 2, Ended::Time),
            "17 payments wait for another try. 1 letter, out of date, deleted. 2 letters left: somebody is at the payment, nobody \
             can read the letter, or something did not answer. The time was up before the end: order again."
        );
    }
}
