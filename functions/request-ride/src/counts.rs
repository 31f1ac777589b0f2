//! How many rides were asked for and promised. A request that turns out to be the repetition of another counts nowhere,
//! so a ride counts once, however often it was asked for under one key.

use crate::Wish;
use shared::idempotency::Booking;
use shared::telemetry::metrics::{OfRide, RIDES_ACCEPTED, RIDES_RECORDED, RIDES_REQUESTED, Recorder};

/// A new ride was asked for, validly. This is also said when it could not be found out whether the request is a
/// repetition: somebody wants a ride and does not get it.
pub(crate) fn requested(wish: &Wish) {
    Recorder::current().record(RIDES_REQUESTED, OfRide(wish.asked), 1);
}

/// A new ride was promised. That it was recorded is for the record service to say; nothing is added to it here, so that
/// both sides of "accepted less recorded" exist whenever there was a ride, also when the record service says nothing.
pub(crate) fn accepted(booking: &Booking) {
    let ride = OfRide(booking.ride().request_time.instant());
    let recorder = Recorder::current();
    recorder.record(RIDES_ACCEPTED, ride, 1);
    recorder.record(RIDES_RECORDED, ride, 0);
}
