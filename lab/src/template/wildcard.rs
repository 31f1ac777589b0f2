//! Wildcards as IAM matches them, in policies and in the source ARNs of permissions.

/// `*` is any text, `?` any one byte. One star is tried again at a time, so the time is at most the product of both lengths.
pub(crate) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[from] => (at, from) = (at + 1, from + 1),
            _ => match star {
                // The last star takes one byte more.
                Some((position, taken)) => {
                    star = Some((position, taken + 1));
                    (at, from) = (position + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}
