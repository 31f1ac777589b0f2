//! One record, as a consumer of the stream gets it.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html>

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Description, Sequence};
use crate::dynamodb::consumed::size;

/// A change of one item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// As Lambda and EventBridge hand it over, with the stream's ARN in `eventSourceARN`.
    pub(crate) event: Value,
    /// Its place.
    pub(crate) sequence: Sequence,
    /// When it was written, by CloudWatch's clock.
    pub(crate) at: Timestamp,
}

/// What the engine recorded as an event; `None` where nothing changed.
///
/// "If you perform a PutItem or UpdateItem operation that does not change any data in an item, DynamoDB Streams does not write a
/// stream record for that operation": the engine writes one, so it always keeps both images, of which consumers get those that
/// the template asks for.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>
pub(super) fn event(engines: &Value, stream: &Description) -> Option<Value> {
    let recorded = &engines["dynamodb"];
    let (new, old) = (recorded.get("NewImage"), recorded.get("OldImage"));
    if let (Some(new), Some(old)) = (new, old)
        && same(new, old)
    {
        return None;
    }
    let mut told = Map::new();
    // "Rounded down to the closest second."
    let created = recorded["ApproximateCreationDateTime"].as_f64().unwrap_or_default() as i64;
    told.insert("ApproximateCreationDateTime".into(), created.into());
    let shown = [
        ("Keys", recorded.get("Keys")),
        ("NewImage", new.filter(|_| matches!(stream.view.as_str(), "NEW_IMAGE" | "NEW_AND_OLD_IMAGES"))),
        ("OldImage", old.filter(|_| matches!(stream.view.as_str(), "OLD_IMAGE" | "NEW_AND_OLD_IMAGES"))),
    ];
    let bytes: usize = shown.iter().filter_map(|(_, item)| *item).map(size).sum();
    told.extend(shown.into_iter().filter_map(|(name, item)| Some((name.to_owned(), item?.clone()))));
    told.insert("SequenceNumber".into(), recorded["SequenceNumber"].clone());
    told.insert("SizeBytes".into(), bytes.into());
    told.insert("StreamViewType".into(), stream.view.clone().into());
    let mut event = json!({
        "eventID": engines["eventID"], "eventName": engines["eventName"], "eventVersion": "1.1",
        "eventSource": "aws:dynamodb", "awsRegion": stream.region, "dynamodb": told, "eventSourceARN": stream.arn,
    });
    // Who deleted: time to live, as a service.
    if let Some(identity) = engines.get("userIdentity") {
        event["userIdentity"] = identity.clone();
    }
    Some(event)
}

/// Whether two values are the same data: sets have no order.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| {
                    other.get(name).is_some_and(|other| match name.as_str() {
                        "SS" | "NS" | "BS" => same_members(value, other),
                        _ => same(value, other),
                    })
                })
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        _ => one == other,
    }
}

/// Members of a set are texts. What has the name of a set and is an attribute's value is no list.
fn same_members(one: &Value, other: &Value) -> bool {
    let sorted = |value: &Value| {
        let mut members: Vec<String> =
            value.as_array()?.iter().map(|member| member.as_str().map(str::to_owned)).collect::<Option<_>>()?;
        members.sort();
        Some(members)
    };
    match (sorted(one), sorted(other)) {
        (Some(one), Some(other)) => one == other,
        _ => same(one, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(view: &str) -> Description {
        Description {
            table: "rides".into(),
            arn: "arn:aws:dynamodb:eu-west-1:1:table/rides/stream/l".into(),
            region: "eu-west-1".into(),
            view: view.into(),
        }
    }

    fn recorded(old: Option<&str>, new: Option<&str>) -> Value {
        let image = |text: &str| json!({"Message": {"S": text}, "Id": {"N": "101"}});
        let mut recorded =
            json!({"Keys": {"Id": {"N": "101"}}, "SequenceNumber": "1", "ApproximateCreationDateTime": 5.0});
        for (name, text) in [("OldImage", old), ("NewImage", new)] {
            if let Some(text) = text {
                recorded[name] = image(text);
            }
        }
        json!({"eventID": "a", "eventName": "MODIFY", "dynamodb": recorded})
    }

    #[test]
    fn a_consumer_gets_the_images_that_the_view_names() {
        let engines = recorded(Some("New item!"), Some("This item has changed"));
        let images = |view: &str| {
            let event = event(&engines, &stream(view)).expect("a change");
            let has = |name: &str| event["dynamodb"].get(name).is_some();
            assert!(has("Keys"), "{view}");
            (has("NewImage"), has("OldImage"), event["dynamodb"]["SizeBytes"].as_u64().expect("bytes"))
        };
        assert_eq!(images("KEYS_ONLY"), (false, false, 5));
        assert_eq!(images("NEW_IMAGE"), (true, false, 38));
        assert_eq!(images("OLD_IMAGE"), (false, true, 26));
        // AWS's own example has these images and this size.
        assert_eq!(images("NEW_AND_OLD_IMAGES"), (true, true, 59));
    }

    #[test]
    fn a_write_that_changes_nothing_is_no_record() {
        assert_eq!(event(&recorded(Some("same"), Some("same")), &stream("NEW_IMAGE")), None);
        assert!(event(&recorded(None, Some("new")), &stream("NEW_IMAGE")).is_some());
        assert!(event(&recorded(Some("old"), None), &stream("NEW_IMAGE")).is_some());
    }

    #[test]
    fn sets_are_compared_without_their_order_and_lists_with_it() {
        let check =
            |one: Value, other: Value, expected: bool| assert_eq!(same(&one, &other), expected, "{one} {other}");
        check(json!({"A": {"SS": ["a", "b"]}}), json!({"A": {"SS": ["b", "a"]}}), true);
        check(json!({"A": {"NS": ["1", "2"]}}), json!({"A": {"NS": ["2", "3"]}}), false);
        check(json!({"A": {"L": [{"S": "a"}, {"S": "b"}]}}), json!({"A": {"L": [{"S": "b"}, {"S": "a"}]}}), false);
        check(json!({"SS": {"S": "a"}}), json!({"SS": {"S": "b"}}), false);
        check(json!({"A": {"S": "a"}}), json!({"A": {"S": "a"}, "B": {"S": "b"}}), false);
    }
}
