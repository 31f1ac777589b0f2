//! How many of something, in words.

use std::fmt::Display;

/// `1 datapoint`, `2 datapoints`, `0 datapoints`.
pub(crate) fn quantity<N: Display + PartialEq + From<u8>>(number: N, thing: &str) -> String {
    format!("{number} {thing}{}", if number == N::from(1) { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        assert_eq!(quantity(0_u64, "charge"), "0 charges");
        assert_eq!(quantity(1_usize, "charge"), "1 charge");
        assert_eq!(quantity(2_u32, "charge"), "2 charges");
    }
}
