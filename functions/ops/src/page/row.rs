use crate::list::cut;
use shared::payments::{Payment, Status, london};
use shared::ride::Label;

/// How much of finance's answer is on the page, in characters. `GET /payments` has more of it, the table all.
const SHOWN: usize = 1_000;

/// A payment as a line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) ride_id: String,
    pub(super) placed: String,
    pub(super) processed: String,
    pub(super) rider: String,
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) attempts: u32,
    pub(super) redrives: u32,
    pub(super) reason: String,
    pub(super) answer: String,
    pub(super) request_id: String,
    pub(super) failed: bool,
}

impl Row {
    pub(super) fn of(payment: &Payment) -> Self {
        let (class, word) = match payment.status {
            Status::Complete => ("complete", "Complete"),
            Status::Failed => ("failed", "Failed"),
            Status::Queued => ("waiting", "Waiting"),
            Status::Processing => ("waiting", "Processing"),
        };
        let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            ride_id: payment.ride_id.to_string(),
            placed: london::for_people(payment.placed_at.instant()),
            processed: payment.processed_at.map(|at| london::for_people(at.instant())).unwrap_or_default(),
            rider: payment.rider.as_ref().map(Label::as_str).unwrap_or_default().to_owned(),
            class,
            word,
            attempts: payment.attempts,
            redrives: payment.redrives,
            reason: or_none(&payment.reason),
            answer: cut(payment.answer.as_deref().unwrap_or_default(), SHOWN).to_owned(),
            request_id: or_none(&payment.request_id),
            failed: payment.status == Status::Failed,
        }
    }
}
