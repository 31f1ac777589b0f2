//! Coordinates as DynamoDB attributes, such that every number comes back bit by bit.
//!
//! A DynamoDB number has 38 significant digits and magnitudes from 1e-130, and it knows no negative zero. The shortest
//! text of an f64 needs 17 digits at most, so nearly every coordinate is stored as a number. The rest (-0 and what is
//! closer to zero than 1e-130) is stored as a string: rare enough that nobody computes with it, and still exact.

use aws_sdk_dynamodb::types::AttributeValue;

/// The smallest magnitude of a DynamoDB number other than zero.
const SMALLEST: f64 = 1e-130;

pub(crate) fn to_attribute(number: f64) -> AttributeValue {
    // Debug output is the shortest text that reads back as the same number, with an exponent where that is shorter.
    let text = format!("{number:?}");
    let positive_zero = number == 0.0 && number.is_sign_positive();
    if positive_zero || number.abs() >= SMALLEST { AttributeValue::N(text) } else { AttributeValue::S(text) }
}

pub(crate) fn from_attribute(attribute: &AttributeValue) -> Option<f64> {
    match attribute {
        AttributeValue::N(text) | AttributeValue::S(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    use proptest::prelude::*;

    #[test]
    fn ordinary_coordinates_are_numbers() {
        for number in [0.0, 90.0, -180.0, 42.35250862285574, 1e-130] {
            assert!(matches!(to_attribute(number), AttributeValue::N(_)), "{number}");
        }
    }

    #[test]
    fn what_a_dynamodb_number_cannot_hold_is_a_string() {
        for number in [-0.0, 1e-131, f64::MIN_POSITIVE, 5e-324] {
            assert!(matches!(to_attribute(number), AttributeValue::S(_)), "{number}");
        }
    }

    proptest! {
        #[test]
        fn every_number_comes_back_bit_by_bit(number in POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO) {
            let back = from_attribute(&to_attribute(number));
            prop_assert_eq!(back.map(f64::to_bits), Some(number.to_bits()));
        }
    }
}
