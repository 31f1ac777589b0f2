/// A number with its colour, and in a word what the colour says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) number: i64,
    pub(super) colour: &'static str,
    pub(super) word: &'static str,
}

impl Card {
    /// Green at 0, amber above.
    pub(super) fn in_queue(number: i64) -> Self {
        let (colour, word) = if number == 0 { ("green", "Nothing waits") } else { ("amber", "Waiting") };
        Self { id: "in-queue", title: "In queue", number, colour, word }
    }

    /// Red at 0, else green.
    pub(super) fn placed(number: i64) -> Self {
        let (colour, word) = if number == 0 { ("red", "No payments come in") } else { ("green", "Coming in") };
        Self { id: "placed", title: "Placed in the last 10 minutes", number, colour, word }
    }

    /// Red at 0, amber if fewer than were placed, else green.
    pub(super) fn processed(number: i64, placed: i64) -> Self {
        let (colour, word) = match number {
            0 => ("red", "No payments are processed"),
            number if number < placed => ("amber", "Fewer than placed"),
            _ => ("green", "Keeping up"),
        };
        Self { id: "processed", title: "Processed in the last 10 minutes", number, colour, word }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_card_has_the_colour_of_its_number() {
        let colours = |card: Card| card.colour;
        assert_eq!([0, 1, 500].map(Card::in_queue).map(colours), ["green", "amber", "amber"]);
        assert_eq!([0, 1].map(Card::placed).map(colours), ["red", "green"]);
        let processed =
            [(0, 0), (0, 5), (4, 5), (5, 5), (6, 5)].map(|(number, placed)| Card::processed(number, placed));
        assert_eq!(processed.map(colours), ["red", "red", "amber", "green", "green"]);
    }

    #[test]
    fn no_two_states_of_a_card_share_a_word() {
        let words = [Card::processed(0, 1), Card::processed(1, 2), Card::processed(2, 2)].map(|card| card.word);
        assert!(words[0] != words[1] && words[1] != words[2] && words[0] != words[2]);
        assert_ne!(Card::in_queue(0).word, Card::in_queue(1).word);
        assert_ne!(Card::placed(0).word, Card::placed(1).word);
    }
}
