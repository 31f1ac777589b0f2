use super::outside::Process;
use super::{Manner, Step, World};
use http::StatusCode;
use process_payment::Finance;
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::http::{Answer, CallError};
use shared::params::{Parameter, Settings, Store, Unknown};
use shared::payments::Payment;
use shared::ride::RideId;
use shared::service_url::ServiceUrl;
use std::sync::Arc;
use std::time::Duration;

/// Where no address is.
#[derive(Debug)]
struct Nowhere;

impl Store for Nowhere {
    type Error = super::outside::Silence;

    async fn get(&self, _: &str) -> Result<String, Self::Error> {
        Err(super::outside::Silence)
    }
}

async fn unknown(budget: &Budget) -> Unknown {
    let patience = Settings { ttl: Duration::from_secs(1), timeout: Duration::from_secs(1) };
    Parameter::new("/finance", Arc::new(Nowhere), patience).get(budget).await.expect_err("there is none")
}

/// What finance does when it is asked for this ride: whether it charges, its status and its words; nothing when it is
/// asked so late that nobody waits for it.
fn asked(world: &mut World, ride: RideId) -> (bool, Option<(u16, &'static str)>) {
    let call = world.calls.entry(ride).or_default();
    *call += 1;
    let call = *call;
    let down = world.seconds < world.down_until;
    let fails = world.random(10) < 3;
    let charges = !fails || world.random(2) == 0;
    let (charges, answer) = match (world.manners[&ride], call) {
        (Manner::Willing, _) => (true, (200, "thanks")),
        (Manner::Moody, 1) => (false, (500, "sorry")),
        (Manner::Moody, 2) => (true, (200, "the 'payments' table is locked")),
        (Manner::Moody, _) => (true, (200, "thanks")),
        (Manner::Refusing, _) => (false, (400, "the date is wrong")),
        (Manner::Dead, _) => (false, (503, "")),
        (Manner::Flaky, _) if fails => (charges, (500, "sorry, the 'payments' table is locked")),
        (Manner::Down, _) if down => (false, (503, "")),
        (Manner::Rushed, ..=5) => return (false, None),
        (Manner::Flaky | Manner::Down | Manner::Rushed, _) => (true, (200, "thanks")),
    };
    (charges, Some(answer))
}

impl Finance for Process {
    async fn find(&self, budget: &Budget) -> Result<ServiceUrl, Unknown> {
        let url = ServiceUrl::try_from("https://finance.example/ProcessPayment").expect("an address");
        match self.step(Step::Find, |_| url).await {
            Ok(url) => Ok(url),
            Err(_) => Err(unknown(budget).await),
        }
    }

    fn is_ours(&self) -> bool {
        true
    }

    async fn charge(
        &self,
        _: &ServiceUrl,
        payment: &Payment,
        _: &RequestContext,
        _: Duration,
    ) -> Result<Answer, CallError> {
        let ride = payment.ride_id;
        let asking = (ride, payment.holder.clone().expect("it is claimed"), self.number);
        {
            let mut world = self.shared.world();
            let others = world.in_flight.iter().any(|(other, ..)| *other == ride);
            assert!(!others, "two that live ask for {ride} at once");
            world.in_flight.insert(asking.clone());
        }
        let answered = self
            .step(Step::Charge, |world| {
                let (charges, answer) = asked(world, ride);
                if let Some((status, _)) = answer {
                    world.asked.push((world.seconds, status == 200));
                }
                if charges {
                    // The same key and the same body, whoever asks and however often: else it would be another charge.
                    let body = format!("{} {:?}", payment.placed_at, payment.rider);
                    let first = world.charges.entry(ride.to_string()).or_insert_with(|| body.clone());
                    assert_eq!(*first, body, "{ride} was another order before");
                }
                answer
            })
            .await;
        self.shared.world().in_flight.remove(&asking);
        // An error is one of something in between.
        let (status, body) = answered.unwrap_or(Some((502, ""))).ok_or(CallError::OutOfTime)?;
        let status = StatusCode::from_u16(status).expect("a status");
        Ok(Answer { status, is_json: false, error_type: None, retry_after: None, body: body.into() })
    }
}
