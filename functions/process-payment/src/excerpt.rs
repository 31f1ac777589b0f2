//! The beginning of a stranger's text, for a log: without numbers, addresses and anything that could be a token.

/// The most characters that are told.
const LONGEST: usize = 200;
/// The longest word that is one. A token is longer, the longest word of an error message is not.
const LONGEST_WORD: usize = 24;

/// At most 200 characters of a text: digits become `#`, what could be an e-mail address or a token is left out.
pub(crate) fn excerpt(text: &str) -> String {
    let mut told = String::new();
    // Longer than what can come out of it, so that a huge text costs nothing.
    let text = &text[..text.floor_char_boundary(4 * 4 * LONGEST)];
    for word in text.split_inclusive(is_break) {
        let end = word.trim_end_matches(is_break);
        told.push_str(&masked(end));
        let space = &word[end.len()..];
        told.extend(space.chars().map(|space| if space.is_whitespace() || space.is_control() { ' ' } else { space }));
    }
    let told = told.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    told.chars().take(LONGEST).collect()
}

fn is_break(character: char) -> bool {
    character.is_whitespace() || character.is_control() || "{}[]()<>\"',:;=&?/\\".contains(character)
}

fn masked(word: &str) -> String {
    if word.contains('@') {
        return "…@…".into();
    }
    if word.chars().count() > LONGEST_WORD {
        return "…".into();
    }
    word.chars().map(|character| if character.is_numeric() { '#' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_and_what_names_somebody_goes() {
        assert_eq!(excerpt("the 'payments' table is locked"), "the 'payments' table is locked");
        let told = excerpt("{\"card\":\"4111 1111 1111 1111\",\"mail\":\"ada@example.com\"}\n");
        assert_eq!(told, "{\"card\":\"#### #### #### ####\",\"mail\":\"…@…\"}");
        assert_eq!(excerpt("Bearer eyJjYW5hcnkifQ.eyJzdWIi.c2ln"), "Bearer …");
        assert_eq!(excerpt(""), "");
    }

    proptest! {
        #[test]
        fn an_excerpt_is_short_one_line_and_without_digits_or_addresses(text in "(?s).{0,4000}") {
            let told = excerpt(&text);
            prop_assert!(told.chars().count() <= LONGEST);
            prop_assert!(!told.chars().any(|character| character.is_control() || character.is_numeric()));
            prop_assert!(!told.replace("…@…", "").contains('@') || told.chars().count() == LONGEST);
        }
    }
}
