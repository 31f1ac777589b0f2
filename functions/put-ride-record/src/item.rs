//! A ride as a row of the table, and back.

use crate::coordinate::{from_attribute, to_attribute};
use aws_sdk_dynamodb::types::AttributeValue;
use shared::ride::{Label, Latitude, Location, Longitude, Record, RequestTime, Ride, RideId, Unicorn};
use std::collections::HashMap;

/// A row.
pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn to_item(record: &Record) -> Item {
    let Record { ride: Ride { ride_id, unicorn, request_time }, pickup_location, rider } = record;
    let label = |label: &Label| text(label.as_str());
    let mut item = map([
        ("RideId", text(&ride_id.to_string())),
        ("RequestTime", text(&request_time.to_string())),
        (
            "Unicorn",
            AttributeValue::M(map([
                ("Name", label(&unicorn.name)),
                ("Color", label(&unicorn.color)),
                ("DeviceId", label(&unicorn.device_id)),
            ])),
        ),
        (
            "PickupLocation",
            AttributeValue::M(map([
                ("Latitude", to_attribute(pickup_location.latitude.degrees())),
                ("Longitude", to_attribute(pickup_location.longitude.degrees())),
            ])),
        ),
    ]);
    item.extend(rider.as_ref().map(|rider| ("Rider".to_owned(), label(rider))));
    item
}

/// The ride in a row, if there is one. Attributes that other services add to the row do not matter here.
pub(crate) fn from_item(item: &Item) -> Option<Record> {
    let string = |item: &Item, key: &str| item.get(key)?.as_s().ok().cloned();
    let label = |item: &Item, key: &str| Label::try_from(string(item, key)?).ok();
    let unicorn = item.get("Unicorn")?.as_m().ok()?;
    let location = item.get("PickupLocation")?.as_m().ok()?;
    let degrees = |key: &str| from_attribute(location.get(key)?);
    Some(Record {
        ride: Ride {
            ride_id: RideId::try_from(string(item, "RideId")?).ok()?,
            unicorn: Unicorn {
                name: label(unicorn, "Name")?,
                color: label(unicorn, "Color")?,
                device_id: label(unicorn, "DeviceId")?,
            },
            request_time: RequestTime::try_from(string(item, "RequestTime")?).ok()?,
        },
        pickup_location: Location {
            latitude: Latitude::try_from(degrees("Latitude")?).ok()?,
            longitude: Longitude::try_from(degrees("Longitude")?).ok()?,
        },
        rider: match item.get("Rider") {
            Some(_) => Some(label(item, "Rider")?),
            None => None,
        },
    })
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn map<const N: usize>(pairs: [(&str, AttributeValue); N]) -> Item {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(latitude: f64, longitude: f64, rider: Option<&str>) -> Record {
        let label = |text: &str| Label::try_from(text.to_owned()).expect("a legal label");
        let unicorn = Unicorn { name: label("Rocinante"), color: label("Yellow"), device_id: label("2279df58") };
        Record {
            ride: Ride::asked_for(jiff_now(), unicorn),
            pickup_location: Location {
                latitude: Latitude::try_from(latitude).expect("in range"),
                longitude: Longitude::try_from(longitude).expect("in range"),
            },
            rider: rider.map(label),
        }
    }

    fn jiff_now() -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(1_795_209_380_123).expect("an instant")
    }

    #[test]
    fn attributes_of_others_do_not_matter() {
        let record = record(1.0, 2.0, None);
        let mut item = to_item(&record);
        item.insert("PaymentStatus".into(), AttributeValue::S("Queued".into()));
        assert_eq!(from_item(&item), Some(record));
    }

    #[test]
    fn a_row_that_is_no_ride_is_none() {
        let mut item = to_item(&record(1.0, 2.0, Some("ada")));
        item.insert("Rider".into(), AttributeValue::N("7".into()));
        assert_eq!(from_item(&item), None);
        assert_eq!(from_item(&Item::new()), None);
    }

    proptest! {
        #[test]
        fn a_ride_survives_the_table(latitude in -90.0..=90.0, longitude in -180.0..=180.0, rider in proptest::option::of("[a-z]{1,20}")) {
            let record = record(latitude, longitude, rider.as_deref());
            prop_assert_eq!(from_item(&to_item(&record)), Some(record));
        }
    }
}
