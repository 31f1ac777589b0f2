//! What a ride is. Each type is made by a parser, so that a value of it is right wherever it turns up.

mod id;
mod label;
mod location;
mod time;
mod unicorn;

pub use id::{NotARideId, RideId};
pub use label::{Label, NotALabel};
pub use location::{Latitude, Location, Longitude, OutOfRange};
pub use time::{NotAnInstant, RequestTime};
pub use unicorn::Unicorn;

use crate::json::{self, FieldErrors, Fields};
use crate::problem::Problem;
use serde::Serialize;

/// What a rider is told: the answer of `POST /ride`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Ride {
    /// Its id.
    pub ride_id: RideId,
    /// Who comes.
    pub unicorn: Unicorn,
    /// When it was asked for: the instant in the id.
    pub request_time: RequestTime,
}

/// What is stored of a ride: the body of `POST /record`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Record {
    /// The ride as the rider knows it.
    #[serde(flatten)]
    pub ride: Ride,
    /// Where the unicorn goes.
    pub pickup_location: Location,
    /// Who rides, when that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rider: Option<Label>,
}

/// Reads the body of `POST /ride`.
///
/// # Errors
/// The body is not an object, or a field of it is missing, wrong or unknown.
pub fn pickup_location(body: &[u8]) -> Result<Location, Problem> {
    read(body, |fields, errors| Location::take(fields, "PickupLocation", errors))
}

impl Ride {
    /// Reads the answer of `POST /ride`.
    ///
    /// # Errors
    /// It is not an object, or a field of it is missing, wrong or unknown.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        read(body, Self::take)
    }

    fn take(fields: &mut Fields<'_>, errors: &mut FieldErrors) -> Option<Self> {
        let ride_id = fields.text("RideId", errors, RideId::try_from);
        let unicorn = fields.object("Unicorn", errors).and_then(|mut inner| {
            let unicorn = Unicorn::take(&mut inner, errors);
            inner.finish(errors);
            unicorn
        });
        let request_time = fields.text("RequestTime", errors, RequestTime::try_from);
        Some(Self { ride_id: ride_id?, unicorn: unicorn?, request_time: request_time? })
    }

    /// A ride that is asked for at this instant, to the millisecond: what a UUIDv7 holds, so that the id and the time
    /// say the same.
    pub fn asked_for(now: jiff::Timestamp, unicorn: Unicorn) -> Self {
        let now = jiff::Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        Self { ride_id: RideId::new(now), unicorn, request_time: RequestTime::from(now) }
    }
}

impl Record {
    /// Reads the body of `POST /record`.
    ///
    /// # Errors
    /// The body is not an object, or a field of it is missing, wrong or unknown.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        read(body, |fields, errors| {
            let ride = Ride::take(fields, errors);
            let pickup_location = Location::take(fields, "PickupLocation", errors);
            let rider = fields.optional_text("Rider", errors, Label::try_from);
            Some(Self { ride: ride?, pickup_location: pickup_location?, rider: rider? })
        })
    }
}

/// Reads a whole body: everything in it is taken by `take`, or unknown.
fn read<T>(body: &[u8], take: impl FnOnce(&mut Fields<'_>, &mut FieldErrors) -> Option<T>) -> Result<T, Problem> {
    let mut fields = json::object(body).map_err(|error| Problem::NotAnObject(error.to_string()))?;
    let mut errors = FieldErrors::default();
    let taken = take(&mut fields, &mut errors);
    fields.finish(&mut errors);
    errors.into_result().map_err(Problem::InvalidFields)?;
    // Whoever takes nothing notes why; a parser that forgets to has a bug.
    taken.ok_or(Problem::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"RideId":"019a9f3c-7a00-7000-8000-000000000001",
        "Unicorn":{"Name":"Rocinante","Color":"Yellow","DeviceId":"2279df58"},
        "RequestTime":"2026-11-20T21:16:20.123456Z","PickupLocation":{"Latitude":42.35,"Longitude":-71.05}}"#;

    fn wrong(body: &str) -> Vec<String> {
        match pickup_location(body.as_bytes()) {
            Err(Problem::InvalidFields(errors)) => errors.into_iter().map(|error| error.pointer).collect(),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn a_pickup_location_is_read() {
        let body = br#"{"PickupLocation":{"Latitude":42.35250862285574,"Longitude":-71.05289904884849}}"#;
        let location = pickup_location(body).expect("the body of the contract");
        assert_eq!(
            (location.latitude.degrees(), location.longitude.degrees()),
            (42.35250862285574, -71.05289904884849)
        );
    }

    #[test]
    fn both_coordinates_are_named_when_both_are_wrong() {
        assert_eq!(wrong("{}"), ["/PickupLocation"]);
        let both = ["/PickupLocation/Latitude", "/PickupLocation/Longitude"];
        assert_eq!(wrong(r#"{"PickupLocation":{}}"#), both);
        for value in ["null", "\"1\"", "true", "[]", "{}", "1e400", "-1e400", "181"] {
            assert_eq!(wrong(&format!(r#"{{"PickupLocation":{{"Latitude":{value},"Longitude":{value}}}}}"#)), both);
        }
    }

    #[test]
    fn unknown_fields_are_named_at_every_level() {
        let body = r#"{"PickupLocation":{"Latitude":1,"Longitude":1,"Altitude":1},"Rider":"me"}"#;
        assert_eq!(wrong(body), ["/PickupLocation/Altitude", "/Rider"]);
    }

    #[test]
    fn a_record_survives_being_written_and_read() {
        let record = Record::parse(RECORD.as_bytes()).expect("a right record");
        let written = serde_json::to_vec(&record).expect("a record is serialisable");
        assert_eq!(Record::parse(&written), Ok(record));
    }

    #[test]
    fn a_record_names_every_wrong_field() {
        let Err(Problem::InvalidFields(errors)) = Record::parse(br#"{"RideId":"x","Rider":"","Unicorn":{"Name":1}}"#)
        else {
            panic!("a wrong record")
        };
        let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
        let unicorn = ["/Unicorn/Name", "/Unicorn/Color", "/Unicorn/DeviceId"];
        assert_eq!(pointers, [&["/RideId"], &unicorn[..], &["/RequestTime", "/PickupLocation", "/Rider"]].concat());
    }
}
