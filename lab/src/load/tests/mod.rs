//! The generator as a whole: on a clock that jumps, and against a server that misbehaves.

mod misbehaving;
mod profiles;
mod table;
mod virtual_time;
mod wire;

use super::{Options, Profile};

/// A profile of these phases whose riders book a ride each.
pub(super) fn booking(phases: &str) -> Profile {
    booking_within(phases, "30")
}

/// The same with a time limit.
pub(super) fn booking_within(phases: &str, timeout: &str) -> Profile {
    let text = format!(
        "config:\n  phases: [{phases}]\n  http: {{timeout: {timeout}}}\nscenarios:\n  - flow:\n      - post:\n          url: /ride\n          \
         json: {{PickupLocation: {{Latitude: 42.5, Longitude: -71.25}}}}\n          expect:\n            - statusCode: 201\n            - hasProperty: RideId\n"
    );
    Profile::parse(&text, "test.yml").expect("a profile")
}

pub(super) fn options(target: &str) -> Options {
    Options::new(target, 1)
}
