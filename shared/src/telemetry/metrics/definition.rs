use std::marker::PhantomData;

/// A metric: its name, its unit `U`, and what its values are about, `S`.
#[derive(Debug)]
pub struct Metric<U, S> {
    pub(super) name: &'static str,
    kind: PhantomData<fn(U, S)>,
}

// Derived, these would ask the same of `U` and `S`, of which there is nothing in here.
impl<U, S> Clone for Metric<U, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<U, S> Copy for Metric<U, S> {}

impl<U, S> Metric<U, S> {
    /// A metric of this name, such as `RequestLatency`. Made for constants: a name that cannot be is a compile error.
    ///
    /// EMF allows 1 to 1,024 characters. Names here are of letters and digits and begin with a capital letter, so that
    /// none can be taken for a member of the line that says something else (`service`, `_aws`).
    ///
    /// # Panics
    /// The name is none.
    pub const fn new(name: &'static str) -> Self {
        assert!(
            is_name(name.as_bytes()),
            "a metric's name has 1 to 255 letters and digits, the first a capital letter"
        );
        Self { name, kind: PhantomData }
    }
}

const fn is_name(name: &[u8]) -> bool {
    // 255 is the limit of PutMetricData and of EMF's older schema; nobody needs more.
    if name.is_empty() || name.len() > 255 || !name[0].is_ascii_uppercase() {
        return false;
    }
    let mut index = 0;
    while index < name.len() {
        if !name[index].is_ascii_alphanumeric() {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_letters_and_digits_after_a_capital() {
        for name in ["A", "RequestLatency", "P99"] {
            assert!(is_name(name.as_bytes()), "{name}");
        }
        for wrong in ["", "service", "_aws", "Request Latency", "9Lives", "Größe"] {
            assert!(!is_name(wrong.as_bytes()), "{wrong}");
        }
        assert!(!is_name(&[b'A'; 256]));
    }
}
