use crate::ride::Ride;

/// A ride together with the answer that tells of it, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    ride: Ride,
    answer: String,
}

impl Booking {
    /// A new ride and its answer.
    ///
    /// # Errors
    /// The ride cannot be written as JSON.
    pub fn new(ride: Ride) -> Result<Self, serde_json::Error> {
        let answer = serde_json::to_string(&ride)?;
        Ok(Self { ride, answer })
    }

    /// An answer that was kept. The bytes stay as they are, even if today's code would write the ride in another way.
    pub fn from_answer(answer: String) -> Option<Self> {
        let ride = Ride::parse(answer.as_bytes()).ok()?;
        Some(Self { ride, answer })
    }

    /// The ride.
    pub fn ride(&self) -> &Ride {
        &self.ride
    }

    /// The body of the answer.
    pub fn answer(&self) -> &str {
        &self.answer
    }

    /// The body of the answer.
    pub fn into_answer(self) -> String {
        self.answer
    }
}
