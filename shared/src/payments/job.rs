use crate::ride::{Label, NotALabel, NotARideId, NotAnInstant, RequestTime, RideId};
use serde::{Deserialize, Serialize};

/// What a message of the queue says: which ride to charge. All else is in the payment's row.
///
/// Jobs come at least once and in any order, so a job is an invitation to look at the row, never a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Job {
    /// The ride.
    pub ride_id: RideId,
    /// When it was asked for.
    pub request_time: RequestTime,
    /// Who rides, when that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rider: Option<Label>,
    /// Which redrive this is, from 1; absent for a job that nobody redrove.
    ///
    /// It makes a redrive safe at any moment of death: the message goes out first and is itself enough. Whoever gets it
    /// takes a failed row of `Redrive - 1` redrives back to the queue; an old message finds a row that had more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redrive: Option<u32>,
}

/// Why a text is no job. It never quotes the text.
#[derive(Debug, thiserror::Error)]
pub enum NotAJob {
    /// It is not a JSON object with these fields.
    #[error("a job is not JSON with a RideId and a RequestTime")]
    NotJson,
    /// The id is none.
    #[error("the RideId of a job {0}")]
    RideId(NotARideId),
    /// The time is none.
    #[error("the RequestTime of a job {0}")]
    RequestTime(NotAnInstant),
    /// The rider's name is none.
    #[error("the Rider of a job {0}")]
    Rider(NotALabel),
    /// Redrives count from 1.
    #[error("the Redrive of a job must be 1 or more")]
    Redrive,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    ride_id: String,
    request_time: String,
    rider: Option<String>,
    redrive: Option<u32>,
}

impl Job {
    /// Reads the body of a message. Fields of later versions are ignored.
    ///
    /// # Errors
    /// It is no job.
    pub fn parse(body: &str) -> Result<Self, NotAJob> {
        // The error of the parser may quote a value.
        let raw: Raw = serde_json::from_str(body).map_err(|_| NotAJob::NotJson)?;
        if raw.redrive == Some(0) {
            return Err(NotAJob::Redrive);
        }
        Ok(Self {
            ride_id: RideId::try_from(raw.ride_id).map_err(NotAJob::RideId)?,
            request_time: RequestTime::try_from(raw.request_time).map_err(NotAJob::RequestTime)?,
            rider: raw.rider.map(Label::try_from).transpose().map_err(NotAJob::Rider)?,
            redrive: raw.redrive,
        })
    }

    /// The body of a message.
    ///
    /// # Errors
    /// Never for a job; serde_json knows no such promise.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: &str = r#"{"RideId":"019a9f3c-7a00-7000-8000-000000000001","RequestTime":"2026-11-20T21:16:20.123456Z","Rider":"ada"}"#;

    #[test]
    fn a_job_is_written_as_it_was_read() {
        for text in [JOB.to_owned(), JOB.replace("\"ada\"", "\"ada\",\"Redrive\":2")] {
            let job = Job::parse(&text).expect("a job");
            assert_eq!(job.to_json().expect("JSON"), text);
        }
        let plain = Job::parse(&JOB.replace(",\"Rider\":\"ada\"", "")).expect("a job");
        assert_eq!((plain.rider, plain.redrive), (None, None));
    }

    #[test]
    fn fields_of_tomorrow_are_ignored() {
        assert_eq!(Job::parse(&JOB.replace('}', ",\"Colour\":1}")).ok(), Job::parse(JOB).ok());
    }

    #[test]
    fn what_is_no_job_is_refused_without_quoting_it() {
        for (from, to) in
            [("{", "["), ("019a9f3c", "secret!"), ("2026-11-20T", "secret!"), ("\"ada\"", "7"), ("ada", "")]
        {
            let error = Job::parse(&JOB.replace(from, to)).expect_err(to).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        assert!(Job::parse(&JOB.replace('}', ",\"Redrive\":0}")).is_err());
        assert!(Job::parse("").is_err());
    }
}
