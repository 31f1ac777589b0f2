//! Plain scalars as SAM reads them: YAML 1.1 by PyYAML's resolver, where `yes` is a boolean and `010` is eight.
//! Two of its oddities stay strings, since no property takes them: floats to base sixty (`1:30.5`), and `.inf` and `.nan`.
//!
//! CloudFormation says that it reads YAML 1.1:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>

use super::tree::Value;

/// What a plain scalar means; `None` is null.
pub(crate) fn plain(text: &str) -> Option<Value> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => return None,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ => match integer(text).or_else(|| float(text)) {
            Some(number) => Value::Number(number),
            None => Value::Text(text.to_owned()),
        },
    })
}

/// Whether this is an account id that YAML would take for an octal number.
pub(crate) fn is_octal_account_id(text: &str) -> bool {
    text.len() == 12 && text.starts_with('0') && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'))
}

fn integer(text: &str) -> Option<String> {
    let (sign, digits) = split_sign(text);
    let (radix, body) = if let Some(body) = digits.strip_prefix("0b") {
        (2, body)
    } else if let Some(body) = digits.strip_prefix("0x") {
        (16, body)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, &digits[1..])
    } else if digits.contains(':') {
        return sexagesimal(digits).map(|value| format!("{}{value}", minus(sign)));
    } else {
        if !digits.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        (10, digits)
    };
    // `from_str_radix` takes a sign of its own, which the resolver's patterns do not.
    if !body.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
        return None;
    }
    let body = body.replace('_', "");
    match i128::from_str_radix(&body, radix) {
        Ok(0) => Some("0".to_owned()),
        Ok(value) => Some(format!("{}{value}", minus(sign))),
        // Python's integers do not end.
        Err(_) if radix == 10 && !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(format!("{}{body}", minus(sign)))
        }
        Err(_) => None,
    }
}

/// `1:30` is ninety in YAML 1.1.
fn sexagesimal(digits: &str) -> Option<i128> {
    let mut parts = digits.split(':');
    let first = parts.next()?;
    if !first.starts_with(|c: char| matches!(c, '1'..='9')) {
        return None;
    }
    let mut value: i128 = first.replace('_', "").parse().ok()?;
    for part in parts {
        if part.is_empty() || part.len() > 2 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let part: i128 = part.parse().ok().filter(|part| *part < 60)?;
        value = value.checked_mul(60)?.checked_add(part)?;
    }
    Some(value)
}

/// A float has a dot, and an exponent has a sign: `1e3` is a string, as in PyYAML.
fn float(text: &str) -> Option<String> {
    let (sign, rest) = split_sign(text);
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let digits = |part: &str| part.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit());
    let starts_well = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
    let exponent_is_well = exponent.is_none_or(|exponent| {
        exponent
            .strip_prefix(['-', '+'])
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let well_formed = digits(whole)
        && digits(fraction)
        && exponent_is_well
        && if whole.is_empty() { sign.is_none() && starts_well(fraction) } else { starts_well(whole) };
    well_formed.then(|| text.strip_prefix('+').unwrap_or(text).replace('_', ""))
}

fn split_sign(text: &str) -> (Option<char>, &str) {
    match text.chars().next() {
        Some(sign @ ('-' | '+')) => (Some(sign), &text[1..]),
        _ => (None, text),
    }
}

fn minus(sign: Option<char>) -> &'static str {
    if sign == Some('-') { "-" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(format!("{:?}", plain(text)), expected, "{text}");
    }

    #[test]
    fn plain_scalars_read_as_pyyaml_reads_them() {
        check("", "None");
        check("~", "None");
        check("yes", "Some(Bool(true))");
        check("Off", "Some(Bool(false))");
        check("y", "Some(Text(\"y\"))");
        check("tRUE", "Some(Text(\"tRUE\"))");
        check("0", "Some(Number(\"0\"))");
        check("-0", "Some(Number(\"0\"))");
        check("-17", "Some(Number(\"-17\"))");
        check("+17", "Some(Number(\"17\"))");
        check("1_000", "Some(Number(\"1000\"))");
        check("010", "Some(Number(\"8\"))");
        check("0o10", "Some(Text(\"0o10\"))");
        check("0x1F", "Some(Number(\"31\"))");
        check("0b101", "Some(Number(\"5\"))");
        check("1:30", "Some(Number(\"90\"))");
        check("1:60", "Some(Text(\"1:60\"))");
        check("098765432109", "Some(Text(\"098765432109\"))"); // 8 and 9 are not octal: PyYAML keeps the string
        check("1.50", "Some(Number(\"1.50\"))");
        check(".5", "Some(Number(\".5\"))");
        check("1.", "Some(Number(\"1.\"))");
        check(".", "Some(Text(\".\"))");
        check("1e3", "Some(Text(\"1e3\"))");
        check("1.0e+3", "Some(Number(\"1.0e+3\"))");
        check("1.0e3", "Some(Text(\"1.0e3\"))");
        check("-", "Some(Text(\"-\"))");
        check("+-1", "Some(Text(\"+-1\"))");
        check("0x", "Some(Text(\"0x\"))");
        check("2010-09-09", "Some(Text(\"2010-09-09\"))");
        check("1.2.3", "Some(Text(\"1.2.3\"))");
        check("170141183460469231731687303715884105728", "Some(Number(\"170141183460469231731687303715884105728\"))");
    }

    #[test]
    fn an_account_id_of_octal_digits_is_known_as_such() {
        assert!(is_octal_account_id("012345670123"));
        assert!(!is_octal_account_id("123456789012"));
        assert!(!is_octal_account_id("010"));
    }
}
