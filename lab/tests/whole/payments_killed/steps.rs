//! Every step from a stored ride to a saved payment, under the numbers that `docs/payments.md` gives them, and where the lab can hold it.

use std::collections::BTreeSet;

use lab::aws::Moment;

/// The service that a step calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    DynamoDb,
    Sqs,
    Ssm,
}

/// What happens to the ride whose payment passes the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It is booked, and finance charges it.
    Paid,
    /// Finance fails, until the step was held.
    TriedAgain,
    /// Finance fails until the payment is given up, which is redriven from the dead letters.
    GivenUp,
    /// Finance refuses it for good, until its address is mended; then it is redriven.
    Refused,
    /// Its job comes without a row.
    ByHand,
    /// As refused; and who redrives it dies after the message.
    Redriven,
}

/// A call that is held.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Number in the table of `docs/payments.md`.
    pub(super) number: u8,
    pub(super) name: &'static str,
    pub(super) room: Room,
    /// As `lab::aws::Hold` has them.
    pub(super) action: &'static str,
    pub(super) resource: &'static str,
    pub(super) skip: usize,
    pub(super) way: Way,
    /// Who is killed.
    pub(super) dies: &'static [&'static str],
    /// What the row says while it is held before its effect, and after it: proof that it is this step.
    pub(super) found: [Option<&'static str>; 2],
}

impl Step {
    pub(super) fn found_at(&self, moment: Moment) -> Option<&'static str> {
        self.found[usize::from(moment == Moment::After)]
    }
}

const PAYMENTS: &str = ":table/wild-rydes-dev-payments";
const COUNTS: &str = ":table/wild-rydes-dev-payment-counts";
const FINANCE: &str = ":table/wild-rydes-dev-finance";
const QUEUE: &str = ":wild-rydes-dev-payments";
const LETTERS: &str = ":wild-rydes-dev-payments-dead-letters";
const ADDRESS: &str = ":parameter/wild-rydes-finance/dev/URL";

const WRITE: &str = "dynamodb:TransactWriteItems";
const PUT: &str = "dynamodb:PutItem";
const GET: &str = "dynamodb:GetItem";

const PLACES: &[&str] = &["PlacePaymentFunction"];
const PROCESSES: &[&str] = &["ProcessPaymentFunction"];
/// Finance would go on without its caller.
const AND_FINANCE: &[&str] = &["ProcessPaymentFunction", "FinanceFunction"];

const QUEUED: Option<&str> = Some("Queued");
const PROCESSING: Option<&str> = Some("Processing");
const COMPLETE: Option<&str> = Some("Complete");
const FAILED: Option<&str> = Some("Failed");

#[rustfmt::skip]
const ALL: [Step; 16] = {
    use Room::{DynamoDb, Sqs, Ssm};
    use Way::{ByHand, GivenUp, Paid, Redriven, Refused, TriedAgain};
    [
        // A claim comes before a give-back, and place-payment's row before every other change of it: those are let pass.
        Step { number: 15, name: "bury", room: Sqs, action: "sqs:SendMessage", resource: LETTERS, skip: 0, way: GivenUp, dies: PROCESSES, found: [PROCESSING, PROCESSING] },
        // Of four attempts four claims and three give-backs come before it.
        Step { number: 16, name: "mark", room: DynamoDb, action: PUT, resource: PAYMENTS, skip: 7, way: GivenUp, dies: PROCESSES, found: [PROCESSING, PROCESSING] },
        Step { number: 13, name: "fail", room: DynamoDb, action: WRITE, resource: PAYMENTS, skip: 1, way: Refused, dies: PROCESSES, found: [PROCESSING, FAILED] },
        Step { number: 6, name: "redrive", room: DynamoDb, action: WRITE, resource: PAYMENTS, skip: 0, way: Redriven, dies: PROCESSES, found: [FAILED, QUEUED] },
        Step { number: 10, name: "claim", room: DynamoDb, action: PUT, resource: PAYMENTS, skip: 0, way: Paid, dies: PROCESSES, found: [QUEUED, PROCESSING] },
        Step { number: 11, name: "charge", room: DynamoDb, action: WRITE, resource: FINANCE, skip: 0, way: Paid, dies: AND_FINANCE, found: [PROCESSING, PROCESSING] },
        Step { number: 12, name: "complete", room: DynamoDb, action: WRITE, resource: PAYMENTS, skip: 1, way: Paid, dies: PROCESSES, found: [PROCESSING, COMPLETE] },
        Step { number: 14, name: "give back", room: DynamoDb, action: PUT, resource: PAYMENTS, skip: 1, way: TriedAgain, dies: PROCESSES, found: [PROCESSING, QUEUED] },
        Step { number: 7, name: "find the address", room: Ssm, action: "ssm:GetParameter", resource: ADDRESS, skip: 0, way: Paid, dies: PROCESSES, found: [QUEUED, QUEUED] },
        Step { number: 1, name: "place", room: DynamoDb, action: WRITE, resource: PAYMENTS, skip: 0, way: Paid, dies: PLACES, found: [None, QUEUED] },
        Step { number: 4, name: "read the row", room: DynamoDb, action: GET, resource: PAYMENTS, skip: 0, way: Paid, dies: PROCESSES, found: [QUEUED, QUEUED] },
        Step { number: 5, name: "place a missing row", room: DynamoDb, action: WRITE, resource: PAYMENTS, skip: 0, way: ByHand, dies: PROCESSES, found: [None, QUEUED] },
        Step { number: 8, name: "load the breaker", room: DynamoDb, action: GET, resource: COUNTS, skip: 0, way: Paid, dies: PROCESSES, found: [QUEUED, QUEUED] },
        Step { number: 9, name: "save the breaker", room: DynamoDb, action: PUT, resource: COUNTS, skip: 0, way: TriedAgain, dies: PROCESSES, found: [QUEUED, QUEUED] },
        Step { number: 17, name: "put off", room: Sqs, action: "sqs:ChangeMessageVisibility", resource: QUEUE, skip: 0, way: TriedAgain, dies: PROCESSES, found: [QUEUED, QUEUED] },
        // Lambda's own call. Whoever answered is idle by then, and dies all the same.
        Step { number: 18, name: "answer: Lambda deletes", room: Sqs, action: "sqs:DeleteMessage", resource: QUEUE, skip: 0, way: Paid, dies: PROCESSES, found: [COMPLETE, COMPLETE] },
    ]
};

/// What is no call of ours and cannot be held: the receive, after which each of the other deaths comes; and the pipe's sending, which
/// has a test of its own.
pub(super) const NOT_HELD: [u8; 2] = [2, 3];

/// Every step, before its effect and after it; those first that take longest.
pub(super) fn all() -> impl DoubleEndedIterator<Item = (Step, Moment)> {
    ALL.into_iter().flat_map(|step| [(step, Moment::Before), (step, Moment::After)])
}

/// The numbers of the steps in the document.
pub(super) fn documented(document: &str) -> BTreeSet<u8> {
    let rows = document.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    rows.filter_map(|cell| cell.trim().parse().ok()).collect()
}
