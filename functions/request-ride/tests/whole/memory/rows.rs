use shared::idempotency::{Claim, Condition, Put, Status};
use std::collections::HashMap;

/// The rows of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows(pub(crate) HashMap<String, Claim>);

impl Rows {
    /// A conditional write.
    pub(crate) fn put(&mut self, claim: &Claim, condition: &Condition) -> Put {
        let there = self.0.get(claim.id.as_str());
        let met = match (condition, there) {
            (Condition::Free { .. }, None) => true,
            (Condition::Free { now }, Some(there)) => there.expires_at <= *now,
            (Condition::HeldBy(holder), Some(there)) => there.holder == *holder && there.status != Status::Completed,
            (Condition::SameRide, Some(there)) => {
                there.booking.ride().ride_id == claim.booking.ride().ride_id && there.expires_at <= claim.expires_at
            }
            (Condition::HeldBy(_) | Condition::SameRide, None) => false,
        };
        if !met {
            return Put::InTheWay(there.cloned().map(Box::new));
        }
        self.0.insert(claim.id.as_str().to_owned(), claim.clone());
        Put::Done
    }
}
