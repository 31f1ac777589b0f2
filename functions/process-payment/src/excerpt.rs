//! The beginning of a stranger's text, for a log: without numbers, addresses, the rider's name and what could be a token.

/// The most characters that are told.
const LONGEST: usize = 200;
/// The most bytes that are looked at: longer than what can come out of it, so that a huge text costs nothing.
const LOOKED_AT: usize = 4 * 4 * LONGEST;
/// The longest word that is one. A token is longer, the longest word of an error message is not.
const LONGEST_WORD: usize = 24;
/// The longest word with a digit in it that is one: an order number is, a key is not.
const LONGEST_NUMBERED: usize = 14;

/// Words of any sentence and of nobody's name: without them a reason says little.
const ORDINARY: [&str; 6] = ["and", "for", "from", "in", "of", "the"];

/// What else an `@` is spelt like.
const AT: [&str; 4] = ["%40", "&#64;", "&#x40;", "\\u0040"];

/// At most 200 characters of a text: digits become `#`; left out is what could be an e-mail address or a token, and the
/// words of the rider's name.
pub(crate) fn excerpt(text: &str, rider: Option<&str>) -> String {
    let mut text = text[..text.floor_char_boundary(LOOKED_AT)].to_owned();
    if text.len() + 4 > LOOKED_AT {
        // The last word may be the beginning of a longer one.
        let whole = text.rfind(is_break).unwrap_or_default();
        text.truncate(whole);
    }
    for at in AT {
        text = text.replace(at, "@");
    }
    let names: Vec<String> = rider.map(names).unwrap_or_default();
    let mut told = String::new();
    for word in text.split_inclusive(is_break) {
        let end = word.trim_end_matches(is_break);
        told.push_str(&masked(end, &names));
        let space = &word[end.len()..];
        told.extend(space.chars().map(|space| if space.is_whitespace() || space.is_control() { ' ' } else { space }));
    }
    let told = told.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    told.chars().take(LONGEST).collect()
}

/// What ends a word. Not what keys and tokens are made of: measured by pieces, a key would come out piece by piece.
fn is_break(character: char) -> bool {
    character.is_whitespace() || character.is_control() || "{}[]()<>\"',:;&?".contains(character)
}

/// The words of a text, in small letters.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// The words of a name that name somebody.
fn names(rider: &str) -> Vec<String> {
    let mut names = words(rider);
    names.retain(|word| !ORDINARY.contains(&word.as_str()));
    names
}

fn masked(word: &str, names: &[String]) -> String {
    if word.contains('@') {
        return "…@…".into();
    }
    let length = word.chars().count();
    let numbered = word.chars().any(char::is_numeric) && word.chars().any(char::is_alphabetic);
    if length > LONGEST_WORD || (numbered && length > LONGEST_NUMBERED) {
        return "…".into();
    }
    if words(word).iter().any(|word| names.contains(word)) {
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
        let excerpt = |text| excerpt(text, Some("Zoë O'Neill"));
        assert_eq!(excerpt("the 'payments' table is locked"), "the 'payments' table is locked");
        let told = excerpt("{\"card\":\"4111 1111 1111 1111\",\"mail\":\"ada@example.com\"}\n");
        assert_eq!(told, "{\"card\":\"#### #### #### ####\",\"mail\":\"…@…\"}");
        assert_eq!(excerpt("Bearer eyJjYW5hcnkifQ.eyJzdWIi.c2ln"), "Bearer …");
        assert_eq!(
            excerpt("customer zoë o'neill, ZOË_ONEILL: order 7 of the neillies"),
            "customer … …'…, …: order # of the neillies"
        );
        assert_eq!(excerpt(""), "");
    }

    #[test]
    fn a_name_does_not_take_away_the_words_of_a_sentence() {
        let said = "The date of the Product is in the future.";
        assert_eq!(excerpt(said, Some("Product from the future")), "The date of the … is in the …");
        assert_eq!(excerpt("ada and Ada", Some("ada")), "… and …");
        assert_eq!(excerpt("ada lovelace", Some("ada lovelace")), "… …");
    }

    #[test]
    fn no_secret_comes_out_by_pieces() {
        let key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        for text in
            [key.to_owned(), key.replace('/', "\\/"), key.replace('/', "+"), format!("{}==", key.replace('/', "%2F"))]
        {
            assert_eq!(excerpt(&format!("secret {text} is wrong"), None), "secret … is wrong");
        }
        assert_eq!(excerpt("id AKIAIOSFODNN7EXAMPLE", None), "id …");
        for at in ["@", "%40", "&#64;", "\\u0040"] {
            assert_eq!(excerpt(&format!("mail=ada{at}example.com&x=1"), None), "…@…&x=#", "{at}");
        }
        // Nor by where the text is cut.
        let long = format!("{} {}", "x".repeat(LOOKED_AT - 13), "s3cr3t".repeat(20));
        assert!(!excerpt(&long, None).contains("cr"));
    }

    proptest! {
        #[test]
        fn an_excerpt_is_short_one_line_and_without_digits_or_addresses(text in "(?s).{0,4000}") {
            let told = excerpt(&text, None);
            prop_assert!(told.chars().count() <= LONGEST);
            prop_assert!(!told.chars().any(|character| character.is_control() || character.is_numeric()));
            prop_assert!(!told.replace("…@…", "").contains('@') || told.chars().count() == LONGEST);
        }
    }
}
