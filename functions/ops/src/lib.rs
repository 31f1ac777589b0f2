//! The operations page and its data: what became of the payments, and another try for those that failed.
//!
//! Everything is read by key, by index or from counters, so an answer takes the same time at a hundred payments and at
//! a hundred thousand.

mod alarms;
mod assets;
mod count;
mod cursor;
mod list;
mod order;
mod origin;
mod page;
mod queue;
mod redrive;
mod routes;
mod settings;
pub mod store;
mod table;
mod watch;

pub use alarms::Alarms;
pub use count::Count;
pub use cursor::{Cursor, NotACursor};
pub use queue::Queues;
pub use routes::routes;
pub use settings::Settings;
pub use table::PaymentTables;
pub use watch::{Outlook, Watch};

use http::StatusCode;
use order::{back_to_page, redriven};
use page::{Page, Told};
use redrive::Redriven;
use routes::{ASSET, COUNT, PAGE, PAYMENTS, REDRIVE, REDRIVE_ALL};
use shared::problem::{Failure, Problem};
use shared::ride::RideId;
use shared::service::{Answer, Call, Handler, content, json};
use std::sync::Arc;
use store::{Changes, Discards, Finds, Lists, Rings, Sends, StoreError, Takes, Tallies, Watches};

/// The name of this service.
pub const SERVICE: &str = "ops";

/// The handler, over the tables, the queues and the watch.
#[derive(Debug)]
pub struct Ops<T, Q, W> {
    stage: Arc<str>,
    payments: T,
    queue: Q,
    watch: W,
    page: Page,
}

impl<T, Q, W> Ops<T, Q, W> {
    /// The operations of a stage.
    pub fn new(stage: Arc<str>, payments: T, queue: Q, watch: W) -> Self {
        Self { stage, payments, queue, watch, page: Page::default() }
    }
}

impl<T, Q, W> Handler for Ops<T, Q, W>
where
    T: Lists + Finds + Tallies + Changes,
    Q: Sends + Takes + Discards,
    W: Watches + Rings,
{
    async fn handle(&self, call: Call) -> Answer {
        match call.route() {
            PAGE => self.show(&call).await,
            ASSET => assets::asset(&call),
            PAYMENTS => list::list(&self.payments, &call).await,
            COUNT => count::count(&self.payments, &call).await,
            REDRIVE => {
                let answer = self.redrive(&call).await;
                back_to_page(&call, answer.as_ref().map(|redriven| Told::One(*redriven)), "../../ops")
                    .unwrap_or_else(|| redriven(answer?))
            }
            REDRIVE_ALL => {
                let answer = self.redrive_all(&call).await;
                back_to_page(&call, answer.as_ref().map(|moved| Told::All(*moved)), "../ops")
                    .unwrap_or_else(|| json(StatusCode::ACCEPTED, &answer?))
            }
            _ => Err(Problem::NotFound.into()),
        }
    }
}

impl<T, Q, W> Ops<T, Q, W>
where
    T: Lists + Finds + Tallies + Changes,
    Q: Sends + Takes + Discards,
    W: Watches + Rings,
{
    async fn show(&self, call: &Call) -> Answer {
        let told = call.query("told").and_then(Told::parse);
        let html = self.page.render(&self.stage, &self.payments, &self.watch, told, &call.context).await;
        let html = html.map_err(|error| Failure::caused_by(UNAVAILABLE, error))?;
        Ok(content(StatusCode::OK, "text/html; charset=utf-8", html))
    }

    async fn redrive(&self, call: &Call) -> Result<Redriven, Failure> {
        origin::check(call.headers())?;
        // What is no id is no payment's.
        let ride = call.variable("RideId").and_then(|text| RideId::try_from(text.to_owned()).ok());
        let Some(ride) = ride else { return Ok(Redriven::Unknown) };
        Ok(redrive::one(&self.payments, &self.queue, ride, &call.context.budget).await?)
    }

    async fn redrive_all(&self, call: &Call) -> Result<redrive::Moved, Failure> {
        origin::check(call.headers())?;
        let limit = order::limit(call)?;
        Ok(redrive::all(&self.payments, &self.queue, limit, &call.context.budget).await?)
    }
}

const UNAVAILABLE: Problem =
    Problem::Unavailable { detail: "The payments cannot be read or changed at the moment.", retry_after_s: 2 };

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::caused_by(UNAVAILABLE, error)
    }
}
