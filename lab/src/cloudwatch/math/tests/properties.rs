//! Nothing that anybody writes makes the reader or the evaluation panic.

use proptest::prelude::*;

use super::super::{Expression, check_lines};
use super::{MINUTE, expression, metric, result};

/// Pieces of expressions in any order: more of it is read than of arbitrary text.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "m1",
        "m2",
        "e",
        "(",
        ")",
        "[",
        "]",
        ",",
        "+",
        "-",
        "*",
        "/",
        "^",
        "<",
        ">=",
        "==",
        "AND",
        "||",
        "1",
        "0.5",
        "SUM(",
        "IF(",
        "METRICS()",
        "DIFF(",
        "TIME_SERIES(",
        "PERIOD(m1)",
        "\"m\"",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.join(" "))
}

/// A valid expression of numbers and its value, with every division by something other than zero.
fn arithmetic() -> impl Strategy<Value = (String, f64)> {
    let number = (0_u32..1000).prop_map(|number| (number.to_string(), f64::from(number)));
    number.prop_recursive(4, 32, 2, |inner| {
        let pair = (inner.clone(), inner, prop::sample::select(vec!['+', '-', '*', '/', '<']));
        pair.prop_map(|((left, a), (right, b), sign)| match sign {
            '+' => (format!("({left} + {right})"), a + b),
            '-' => (format!("({left}-{right})"), a - b),
            '*' => (format!("({left} * {right})"), a * b),
            '/' => (format!("({left}/({right} * {right} + 1))"), a / (b * b + 1.0)),
            _ => (format!("({left} < {right})"), if a < b { 1.0 } else { 0.0 }),
        })
    })
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,64}") {
        let _ = Expression::parse(&text);
    }

    #[test]
    fn no_expression_panics(text in pieces()) {
        let _ = result(&[("m1", "1 - 3"), ("m2", "- 0 2")], &text);
        let _ = check_lines(&[metric("m1", MINUTE), expression("e", &text)], "e");
    }

    #[test]
    fn what_passes_the_check_evaluates(text in pieces()) {
        let queries = [metric("m1", MINUTE), metric("m2", MINUTE), expression("e", &text)];
        let checked = super::super::check(&queries, "e");
        prop_assert_eq!(checked, result(&[("m1", "1 - 3"), ("m2", "- 0 2")], &text).map(drop));
    }

    #[test]
    fn arithmetic_is_arithmetic((text, value) in arithmetic()) {
        prop_assert_eq!(result(&[("m1", "0")], &format!("m1 + {text}")), Ok((value + 0.0).to_string()));
    }
}
