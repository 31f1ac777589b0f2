use regex_lite::{Regex, RegexBuilder};

/// The longest pattern, in characters: failure-lambda's bound.
pub const LONGEST_PATTERN: usize = 512;
/// The most that a compiled pattern may take, in bytes: counted repetitions grow it without growing its text. A search takes
/// about as much again for as long as the pattern lives.
///
/// With [`MOST_PATTERNS`] in the one list and as many conditions of each flag, a configuration takes at most 144 times twice
/// that, 18 MiB: a function with 128 MB lives on, whatever somebody wrote.
const LARGEST_PROGRAM: usize = 64 * 1024;
/// The most patterns of `deny_list`, and the most conditions of a flag.
pub const MOST_PATTERNS: usize = 16;
/// The longest text that is searched, in bytes. A search takes time in proportion to pattern and text.
const LONGEST_TEXT: usize = 8 * 1024;

/// A regular expression that can be trusted with a stranger's text: searching takes linear time, whatever the pattern,
/// and all that it depends on is bounded.
///
/// failure-lambda refuses nested quantifiers instead, since JavaScript's engine tracks back; here they are harmless.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// It is too long, too large when compiled, or no regular expression. Look-around and back-references are none here.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.chars().count() > LONGEST_PATTERN {
            return Err(format!("must have at most {LONGEST_PATTERN} characters"));
        }
        let compiled = RegexBuilder::new(text).size_limit(LARGEST_PROGRAM).build();
        compiled.map(Self).map_err(|error| format!("must be a regular expression: {error}"))
    }

    /// Whether it occurs in the text. What follows the first 8 KiB is not looked at.
    pub fn occurs_in(&self, text: &str) -> bool {
        self.0.is_match(&text[..text.floor_char_boundary(LONGEST_TEXT)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn occurs(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).expect("a pattern").occurs_in(text)
    }

    #[test]
    fn a_pattern_need_not_cover_the_whole_text() {
        assert!(occurs("dynamodb.*.amazonaws.com", "dynamodb.eu-west-1.amazonaws.com"));
        assert!(occurs("west", "s3.eu-west-1.amazonaws.com"));
        assert!(!occurs("^west", "s3.eu-west-1.amazonaws.com"));
    }

    #[test]
    fn what_is_too_long_too_large_or_no_pattern_is_refused() {
        let long = "a".repeat(LONGEST_PATTERN + 1);
        for wrong in ["(", "[z-a]", "(?=a)", r"(a)\1", "((a{1000}){1000}){1000}", &long] {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
        assert!(Pattern::new(&long[1..]).is_ok());
    }

    #[test]
    fn a_pattern_of_the_full_length_is_small_enough() {
        for full in ["[a-z0-9-]+\\.".repeat(40), "x".repeat(LONGEST_PATTERN), "(ab|cd)?".repeat(64)] {
            assert!(Pattern::new(&full).is_ok(), "{full}");
        }
    }

    #[test]
    fn nested_quantifiers_take_no_longer_than_others() {
        let text = "a".repeat(LONGEST_TEXT - 1) + "b";
        let started = Instant::now();
        assert!(!occurs("^(a+)+$", &text));
        // A backtracking engine would take 2^8000 steps; the bound only has to be out of its reach.
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let text = "ü".repeat(LONGEST_TEXT);
        assert!(occurs("ü", &text) && !occurs("x", &(text + "x")));
    }
}
