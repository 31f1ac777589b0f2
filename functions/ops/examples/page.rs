//! One answer of the service, over payments that are made up: what the browser tests look at. The event comes on standard
//! input, the response goes to standard output as JSON; the argument is the scene: `busy`, `steady` or `empty`.

use jiff::{SignedDuration, Timestamp};
use lambda_http::tower::Service;
use lambda_http::{Context, RequestExt};
use ops::store::{
    Alarm, Changes, Discards, Finds, First, Letter, Lists, Numbers, Position, Rings, Sends, Slice, StoreError, Takes,
    Tallies, Watches,
};
use ops::{Ops, SERVICE, routes};
use serde_json::{Map, Value, json};
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::payments::counts::{Bin, Counts};
use shared::payments::{Change, Changed, Job, Payment, Status};
use shared::ride::{Label, RequestTime, RideId};
use shared::service::{Settings, service};
use std::io::Read;
use std::time::Duration;

/// What a page must show as text, whatever it looks like.
const HOSTILE: &str =
    "finance answered 400: <script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">";

/// What goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plot {
    /// Some payments failed, others wait, a fault is injected, alarms are on.
    Busy,
    /// As many payments are processed as are placed.
    Steady,
    /// Nothing ever happened.
    Empty,
}

/// Payments of a scene. Nothing that is ordered is kept.
#[derive(Debug, Clone)]
struct Scene {
    plot: Plot,
    now: Timestamp,
}

impl Scene {
    fn payments(&self, status: Status) -> Vec<Payment> {
        let many = match (self.plot, status) {
            (Plot::Busy, Status::Failed) => 2,
            (Plot::Busy, Status::Processing) => 1,
            (Plot::Busy, Status::Queued) => 4,
            (Plot::Busy | Plot::Steady, Status::Complete) => 5,
            (Plot::Steady | Plot::Empty, _) => 0,
        };
        (0..many).map(|number| self.payment(status, number)).collect()
    }

    fn payment(&self, status: Status, number: i64) -> Payment {
        let place = Status::ALL.iter().position(|known| *known == status).unwrap_or_default();
        let at = self.now - SignedDuration::from_secs(300 + number * 20 + place as i64);
        let text = format!("019a9f3c-7a00-7000-8000-0000000{place:02}{number:03}");
        let ride_id = RideId::try_from(text).expect("a UUID");
        let job =
            Job { ride_id, request_time: at.into(), rider: Label::try_from("ada <b>".to_owned()).ok(), redrive: None };
        let payment = Payment { status, attempts: 1, ..Payment::placed(&job, at) };
        let done = Some(RequestTime::from(self.now - SignedDuration::from_secs(60)));
        match status {
            Status::Failed => Payment {
                processed_at: done,
                reason: Some(HOSTILE.into()),
                answer: Some(
                    "{\"detail\":\"The date is in the future. </pre><script>document.title='taken'</script>\"}".into(),
                ),
                request_id: Some("req-17".into()),
                ..payment
            },
            Status::Complete => Payment { processed_at: done, ..payment },
            Status::Queued | Status::Processing => payment,
        }
    }
}

impl Lists for Scene {
    async fn list(
        &self,
        status: Status,
        _: First,
        _: Option<Position>,
        limit: usize,
        _: &Budget,
    ) -> Result<Slice, StoreError> {
        let mut payments = self.payments(status);
        payments.sort_by_key(|payment| payment.placed_at.instant());
        payments.truncate(limit);
        Ok(Slice { payments, next: None })
    }
}

impl Finds for Scene {
    async fn find(&self, ride: RideId, _: &Budget) -> Result<Option<Payment>, StoreError> {
        let all = Status::ALL.into_iter().flat_map(|status| self.payments(status));
        Ok(all.into_iter().find(|payment| payment.ride_id == ride))
    }
}

impl Tallies for Scene {
    async fn tally(&self, bins: &[Bin], _: &Budget) -> Result<Numbers, StoreError> {
        let counts = |placed, complete, failed| Counts { placed, complete, failed };
        let total = match self.plot {
            Plot::Busy => counts(47, 40, 2),
            Plot::Steady => counts(234, 234, 0),
            Plot::Empty => counts(0, 0, 0),
        };
        let bin = |(index, _)| {
            let number = 12 - index as i64;
            let all = match self.plot {
                Plot::Busy => counts(number * 3, number * 2, i64::from(index == 0) * 2),
                Plot::Steady => counts(number * 3, number * 3, 0),
                Plot::Empty => counts(0, 0, 0),
            };
            let mut minutes = [Counts::default(); 10];
            minutes[0] = all;
            (all, minutes)
        };
        Ok(Numbers { total, bins: bins.iter().enumerate().map(bin).collect() })
    }
}

impl Changes for Scene {
    async fn change(&self, _: &Change, _: &Budget) -> Result<Changed, StoreError> {
        Ok(Changed::Done)
    }
}

impl Sends for Scene {
    async fn send(&self, _: &Job, _: &Budget) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Takes for Scene {
    async fn take(&self, _: usize, _: &Budget) -> Result<Vec<Letter>, StoreError> {
        Ok(Vec::new())
    }
}

impl Discards for Scene {
    async fn discard(&self, _: &Letter, _: &Budget) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Watches for Scene {
    async fn faults(&self, _: &Budget) -> Option<Vec<&'static str>> {
        Some(if self.plot == Plot::Busy { vec!["latency"] } else { Vec::new() })
    }
}

impl Rings for Scene {
    async fn ringing(&self, _: &RequestContext) -> Option<Vec<Alarm>> {
        let alarm =
            |name: &str, page| Alarm { name: name.into(), page, meaning: "Rides go unpaid".into(), since: self.now };
        Some(if self.plot == Plot::Busy {
            vec![alarm("payment-failed", true), alarm("oldest-payment", false)]
        } else {
            Vec::new()
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let plot = match std::env::args().nth(1).as_deref() {
        Some("busy") => Plot::Busy,
        Some("steady") => Plot::Steady,
        Some("empty") => Plot::Empty,
        other => return Err(format!("there is no scene {other:?}").into()),
    };
    let scene = Scene { plot, now: Timestamp::now() };
    let mut event = String::new();
    std::io::stdin().read_to_string(&mut event)?;
    let request = lambda_http::request::from_str(&event)?.with_lambda_context(Context::default());
    let timeout = Duration::from_secs(10);
    let settings = Settings { service: SERVICE, stage: "dev".into(), timeout, tracer: Default::default() };
    let handler = Ops::new("dev".into(), scene.clone(), scene.clone(), scene);
    let Ok(response) = service(settings, routes(), handler).call(request).await;
    let headers =
        response.headers().iter().filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())));
    let headers: Map<String, Value> = headers.collect();
    println!("{}", json!({"status": response.status().as_u16(), "headers": headers, "body": response.body()}));
    Ok(())
}
