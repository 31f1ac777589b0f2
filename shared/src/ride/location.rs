use crate::json::{FieldErrors, Fields};
use serde::Serialize;

/// A coordinate outside its range, or no number at all.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("must be a number from -{limit} to {limit}")]
pub struct OutOfRange {
    limit: u8,
}

/// Degrees north, from -90 to 90.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub struct Latitude(f64);

/// Degrees east, from -180 to 180.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub struct Longitude(f64);

macro_rules! coordinate {
    ($name:ident, $limit:literal) => {
        impl $name {
            /// The number.
            pub fn degrees(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = OutOfRange;

            fn try_from(degrees: f64) -> Result<Self, OutOfRange> {
                let limit = f64::from($limit);
                // NaN is in no range.
                (-limit..=limit).contains(&degrees).then_some(Self(degrees)).ok_or(OutOfRange { limit: $limit })
            }
        }

        // Bit by bit: "the same content" of a record must not depend on what counts as equal among numbers (-0 and 0).
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.to_bits() == other.0.to_bits()
            }
        }

        impl Eq for $name {}
    };
}

coordinate!(Latitude, 90);
coordinate!(Longitude, 180);

/// A place on Earth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Location {
    /// How far north.
    pub latitude: Latitude,
    /// How far east.
    pub longitude: Longitude,
}

impl Location {
    /// Takes a location out of a body.
    pub(super) fn take(fields: &mut Fields<'_>, name: &str, errors: &mut FieldErrors) -> Option<Self> {
        let mut inner = fields.object(name, errors)?;
        let latitude = inner.number("Latitude", errors, Latitude::try_from);
        let longitude = inner.number("Longitude", errors, Longitude::try_from);
        inner.finish(errors);
        Some(Self { latitude: latitude?, longitude: longitude? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_edges_are_inside_and_what_is_beyond_is_not() {
        assert!(Latitude::try_from(90.0).is_ok() && Latitude::try_from(-90.0).is_ok());
        assert!(Longitude::try_from(180.0).is_ok() && Longitude::try_from(-180.0).is_ok());
        for beyond in [90.0_f64.next_up(), (-90.0_f64).next_down(), f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert_eq!(Latitude::try_from(beyond), Err(OutOfRange { limit: 90 }), "{beyond}");
        }
        let error = Longitude::try_from(180.0_f64.next_up()).expect_err("beyond the edge");
        assert_eq!(error.to_string(), "must be a number from -180 to 180");
    }

    #[test]
    fn negative_zero_is_another_number_than_zero() {
        assert_ne!(Latitude::try_from(-0.0), Latitude::try_from(0.0));
    }

    proptest! {
        #[test]
        fn a_latitude_is_always_in_range(degrees: f64) {
            prop_assert_eq!(Latitude::try_from(degrees).is_ok(), degrees.abs() <= 90.0);
        }
    }
}
