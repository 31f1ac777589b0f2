//! `GET /ops`: what became of the payments, on one page.

mod card;
mod chart;
mod row;
mod snapshot;
mod told;

pub(crate) use told::Told;

use crate::redrive::MOST_LETTERS;
use crate::store::{Alarm, Lists, Rings, Tallies, Watches};
use askama::Template;
use card::Card;
use chart::Chart;
use jiff::Timestamp;
use row::Row;
use shared::context::RequestContext;
use shared::payments::london;
use snapshot::Snapshot;
use std::error::Error;
use std::sync::{Mutex, PoisonError};

/// How often the page renews itself, in seconds.
const RENEWED_S: u32 = 10;

/// The most alarms of the strip; so many at once are one trouble, and the lights are among the first.
const ALARMS: usize = 20;

/// How old data may be before the page says so, in seconds: a few renewals that failed.
const STALE_S: i64 = 45;

/// The page and what it said last of the payments, for when they cannot be read.
#[derive(Debug, Default)]
pub(crate) struct Page {
    last: Mutex<Option<Snapshot>>,
}

/// No payments, new or old.
#[derive(Debug, thiserror::Error)]
#[error("the page has nothing to show")]
pub(crate) struct NoData(#[source] Box<dyn Error + Send + Sync>);

/// What is not of the payments: always of this request, or not known. When the payments cannot be read, the alarms are what counts, and
/// those of a while ago would be a claim.
#[derive(Debug)]
struct Surroundings {
    faults: Option<Vec<&'static str>>,
    alarms: Option<Vec<Alarm>>,
}

#[derive(Template)]
#[template(path = "ops.html")]
struct View<'a> {
    stage: &'a str,
    as_of: String,
    age_s: i64,
    stale: Option<String>,
    stale_s: i64,
    renewed_s: u32,
    told: Option<Told>,
    faults: Option<String>,
    alarms: Option<Vec<Ringing>>,
    more_alarms: usize,
    cards: [Card; 3],
    failed: i64,
    most_letters: usize,
    rows: Vec<Row>,
    more: i64,
    chart: Chart,
}

/// An alarm of the strip.
#[derive(Debug)]
struct Ringing {
    class: &'static str,
    urgency: &'static str,
    name: String,
    meaning: String,
    since: String,
}

impl Ringing {
    fn of(alarm: &Alarm) -> Self {
        let (class, urgency) = if alarm.page { ("red", "Page") } else { ("amber", "Ticket") };
        let (name, meaning) = (alarm.name.clone(), alarm.meaning.clone());
        Self { class, urgency, name, meaning, since: london::for_people(alarm.since) }
    }
}

impl Page {
    /// The page as HTML, with the newest payments there are.
    ///
    /// # Errors
    /// There are none at all.
    pub(crate) async fn render(
        &self,
        stage: &str,
        payments: &(impl Lists + Tallies),
        watch: &(impl Watches + Rings),
        told: Option<Told>,
        context: &RequestContext,
    ) -> Result<String, NoData> {
        let now = Timestamp::now();
        let (taken, faults, alarms) = tokio::join!(
            Snapshot::take(payments, now, &context.budget),
            watch.faults(&context.budget),
            watch.ringing(context)
        );
        let snapshot = match taken {
            Ok(snapshot) => {
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(snapshot.clone());
                snapshot
            }
            Err(error) => {
                let old = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let Some(old) = old else { return Err(NoData(error.into())) };
                tracing::warn!(error = &error as &dyn Error, "the page shows old payments");
                old
            }
        };
        view(stage, &snapshot, Surroundings { faults, alarms }, told, now)
            .render()
            .map_err(|error| NoData(error.into()))
    }
}

fn view<'a>(
    stage: &'a str,
    snapshot: &Snapshot,
    Surroundings { faults, alarms }: Surroundings,
    told: Option<Told>,
    now: Timestamp,
) -> View<'a> {
    let age_s = now.as_second() - snapshot.as_of.as_second();
    let count = snapshot.count();
    let rows: Vec<Row> = snapshot.rows.iter().map(Row::of).collect();
    let shown = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    View {
        stage,
        as_of: london::for_people(snapshot.as_of),
        age_s,
        // The very data of this request, or else data that could not be read anew.
        stale: (snapshot.as_of < now).then(|| format!("{age_s} s")),
        stale_s: STALE_S,
        renewed_s: RENEWED_S,
        told,
        faults: faults.map(|faults| faults.join(", ")),
        more_alarms: alarms.as_ref().map_or(0, |alarms| alarms.len().saturating_sub(ALARMS)),
        alarms: alarms.map(|alarms| alarms.iter().take(ALARMS).map(Ringing::of).collect()),
        cards: [
            Card::in_queue(count.in_queue),
            Card::placed(count.placed_last_10_minutes),
            Card::processed(count.processed_last_10_minutes, count.placed_last_10_minutes),
        ],
        failed: count.failed,
        // Also where none failed: a letter that SQS itself buried is of a payment that waits.
        most_letters: MOST_LETTERS,
        rows,
        // What has come since the counts were read is not counted yet.
        more: (count.placed - shown).max(0),
        chart: Chart::of(&snapshot.bins()),
    }
}

#[cfg(test)]
mod tests;
