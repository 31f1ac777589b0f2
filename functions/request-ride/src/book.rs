use crate::{Fleet, RecordError, Records, RequestRide};
use jiff::Timestamp;
use shared::context::RequestContext;
use shared::idempotency::{Begun, Booking, Claim, ClaimId, Claims, Key, Payload, Refusal};
use shared::problem::{Failure, Problem};
use shared::ride::{Label, Location, Record, Ride};
use shared::telemetry::trace::step;

/// What a rider asks for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// When.
    pub asked: Timestamp,
    /// Where to.
    pub pickup_location: Location,
    /// Who, when that is known.
    pub rider: Option<Label>,
    /// What makes several requests one.
    pub key: Option<Key>,
}

/// What two requests with one key must have in common. Equal bits make the record service see equal rides.
pub fn payload(location: &Location) -> Payload {
    let bits = |degrees: f64| degrees.to_bits().to_be_bytes();
    Payload::of(&[&bits(location.latitude.degrees()), &bits(location.longitude.degrees())])
}

impl<S: Fleet + Records, C: Claims> RequestRide<S, C> {
    /// Books a ride. `Ok` means that it is stored.
    ///
    /// # Errors
    /// It is not known to be stored.
    pub async fn book(&self, wish: Wish, context: &RequestContext) -> Result<Booking, Failure> {
        match &wish.key {
            Some(key) => self.book_once(key, &wish, context).await,
            None => {
                let booking = self.choose(&wish, context).await?;
                self.store(&booking, &wish, context).await?;
                Ok(booking)
            }
        }
    }

    async fn book_once(&self, key: &Key, wish: &Wish, context: &RequestContext) -> Result<Booking, Failure> {
        let id = ClaimId::new("POST /ride", wish.rider.as_ref().map(Label::as_str), key);
        let payload = payload(&wish.pickup_location);
        // The ride is chosen first, so that the claim can hold it: a claim without a ride would need a third write.
        let begun = match self.choose(wish, context).await {
            Ok(booking) => self.once.begin(&id, &payload, booking, &context.budget).await?,
            // What is booked already needs no unicorn.
            Err(failure) => match self.once.resume(&id, &payload, &context.budget).await {
                Ok(begun) => begun.ok_or(failure)?,
                Err(Refusal::Unknown(error)) => {
                    // The fleet failed first: that is what has to be repaired, and what the answer is about.
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "whether the ride is booked already could not be read");
                    return Err(failure);
                }
                Err(refusal) => return Err(refusal.into()),
            },
        };
        match begun {
            Begun::Replay(booking) => Ok(booking),
            Begun::Claimed(claim) => self.finish(claim, wish, context).await,
        }
    }

    async fn finish(&self, claim: Claim, wish: &Wish, context: &RequestContext) -> Result<Booking, Failure> {
        let booking = claim.booking.clone();
        match self.store(&booking, wish, context).await {
            Ok(()) => {
                self.once.complete(claim, &context.budget).await;
                Ok(booking)
            }
            Err(error) => {
                self.once.release(claim, &context.budget).await;
                Err(error.into())
            }
        }
    }

    async fn choose(&self, wish: &Wish, context: &RequestContext) -> Result<Booking, Failure> {
        let unicorn = step("get_unicorn", self.services.unicorn(context)).await?;
        let ride = Ride::asked_for(wish.asked, unicorn);
        Booking::new(ride).map_err(|error| Failure::caused_by(Problem::Internal, error))
    }

    /// The one way to a 201 leads through here, now or when the answer was first given.
    async fn store(&self, booking: &Booking, wish: &Wish, context: &RequestContext) -> Result<(), RecordError> {
        let (ride, rider) = (booking.ride().clone(), wish.rider.clone());
        let record = Record { ride, pickup_location: wish.pickup_location, rider };
        step("post_ride_record", self.services.record(&record, context)).await
    }
}
