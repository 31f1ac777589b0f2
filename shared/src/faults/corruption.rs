/// How an answer's body is corrupted.
#[derive(Debug)]
pub(super) struct Corruption {
    /// The body instead of the handler's; without one, the handler's is mangled.
    pub(super) body: Option<String>,
    /// Where the mangled body ends: a number from 0 up to 1.
    pub(super) cut: f64,
}

impl Corruption {
    pub(super) fn apply(&self, body: &mut String) {
        match &self.body {
            Some(other) => other.clone_into(body),
            None if body.is_empty() => {}
            None => {
                // As failure-lambda does: 30 to 80 % of it, then three characters that stand for what cannot be read.
                let kept = (body.chars().count() as f64 * (0.3 + self.cut * 0.5)) as usize;
                let end = body.char_indices().nth(kept).map_or(body.len(), |(end, _)| end);
                body.truncate(end);
                body.push_str("\u{FFFD}\u{FFFD}\u{FFFD}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn corrupted(body: Option<&str>, cut: f64, of: &str) -> String {
        let mut text = of.to_owned();
        Corruption { body: body.map(str::to_owned), cut }.apply(&mut text);
        text
    }

    #[test]
    fn a_body_is_replaced_or_mangled() {
        assert_eq!(corrupted(Some("{}"), 0.0, "{\"RideId\":1}"), "{}");
        assert_eq!(corrupted(Some(""), 0.0, "x"), "");
        assert_eq!(corrupted(None, 0.0, "0123456789"), "012\u{FFFD}\u{FFFD}\u{FFFD}");
        assert_eq!(corrupted(None, 0.0, ""), "");
    }

    proptest! {
        #[test]
        fn a_mangled_body_begins_as_the_whole_one(text in "\\PC{1,80}", cut in 0.0..1.0_f64) {
            let mangled = corrupted(None, cut, &text);
            let kept = mangled.strip_suffix("\u{FFFD}\u{FFFD}\u{FFFD}").expect("the end");
            prop_assert!(text.starts_with(kept) && kept.chars().count() <= text.chars().count() * 4 / 5);
        }
    }
}
