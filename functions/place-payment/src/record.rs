use serde::Deserialize;
use serde_json::Value;
use shared::payments::Job;
use shared::ride::{Label, NotARideId, NotAnInstant, RequestTime, RideId};

/// Why a record of the stream is no ride. It never quotes the record, which says where a rider stands.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotARide {
    /// It is not shaped like a record with a new image.
    #[error("the record has no new image with a RideId and a RequestTime")]
    NoImage,
    /// The id is none.
    #[error("the RideId of the record {0}")]
    RideId(NotARideId),
    /// The time is none.
    #[error("the RequestTime of the record {0}")]
    RequestTime(NotAnInstant),
}

/// A record of a DynamoDB stream, as a pipe hands it on: keys and image in DynamoDB's own JSON.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html>
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    dynamodb: Change<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change<'a> {
    #[serde(borrow)]
    new_image: Image<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image<'a> {
    #[serde(borrow)]
    ride_id: Text<'a>,
    #[serde(borrow)]
    request_time: Text<'a>,
    /// Read by hand: a ride is paid for whatever is wrong with the name of who took it.
    rider: Option<Value>,
}

#[derive(Deserialize)]
struct Text<'a> {
    #[serde(rename = "S")]
    text: &'a str,
}

/// The job of the ride in a record.
///
/// # Errors
/// There is no ride in it.
pub fn job(record: &Value) -> Result<Job, NotARide> {
    let Record { dynamodb: Change { new_image } } = Record::deserialize(record).map_err(|_| NotARide::NoImage)?;
    let rider = new_image.rider.as_ref().and_then(|rider| rider.get("S")?.as_str());
    Ok(Job {
        ride_id: RideId::try_from(new_image.ride_id.text.to_owned()).map_err(NotARide::RideId)?,
        request_time: RequestTime::try_from(new_image.request_time.text.to_owned()).map_err(NotARide::RequestTime)?,
        rider: rider.and_then(|rider| Label::try_from(rider.to_owned()).ok()),
        redrive: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(change: impl FnOnce(&mut Value)) -> Value {
        let mut events: Value =
            serde_json::from_str(include_str!("../../../events/rides-stream.json")).expect("a sample");
        let mut record = events[0].take();
        change(&mut record["dynamodb"]["NewImage"]);
        record
    }

    #[test]
    fn a_ride_becomes_its_job() {
        let job = job(&record(|_| {})).expect("a ride");
        assert_eq!(job.ride_id.to_string(), "019a9f3c-7a00-7000-8000-000000000001");
        assert_eq!(job.request_time.to_string(), "2026-11-20T21:16:20.123456Z");
        assert_eq!(job.rider.as_ref().map(Label::as_str), Some("ada"));
    }

    #[test]
    fn a_ride_of_nobody_in_particular_is_a_job_too() {
        for rider in [Value::Null, json!({"N": "7"}), json!({"S": ""}), json!("ada")] {
            let job = job(&record(|image| image["Rider"] = rider.clone())).expect("a ride");
            assert_eq!(job.rider, None, "{rider}");
        }
    }

    #[test]
    fn what_is_no_ride_says_why_without_quoting_it() {
        let text = |text: &str| json!({"S": text});
        let why = |change: &dyn Fn(&mut Value)| job(&record(change)).expect_err("no ride").to_string();
        assert!(why(&|image| image["RideId"] = text("secret")).contains("RideId"));
        assert!(why(&|image| image["RequestTime"] = text("secret")).contains("RequestTime"));
        for broken in [json!(null), json!({"N": "1"}), json!("secret")] {
            let error = why(&|image| image["RideId"] = broken.clone());
            assert!(error.contains("no new image") && !error.contains("secret"), "{error}");
        }
        for record in [json!(null), json!([]), json!({}), json!({"dynamodb": {"Keys": {}}})] {
            assert_eq!(job(&record), Err(NotARide::NoImage), "{record}");
        }
    }
}
