use super::*;
use proptest::prelude::*;
use shared::payments::Changed;
use shared::ride::RequestTime;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Tables and queues in memory, that fail from a step on: what is done after it is not done.
#[derive(Default)]
struct World(Mutex<State>);

#[derive(Default)]
struct State {
    rows: BTreeMap<String, Payment>,
    sent: Vec<Job>,
    letters: Vec<Letter>,
    steps: usize,
    dies_at: Option<usize>,
}

impl World {
    fn step<T>(&self, what: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        let mut state = self.0.lock().expect("no poison");
        state.steps += 1;
        if state.dies_at.is_some_and(|dies_at| state.steps > dies_at) {
            return Err(StoreError::new("dead", "killed"));
        }
        Ok(what(&mut state))
    }

    /// Whoever gets a message of a redrive makes its change, unless that is made.
    fn process_messages(&self) {
        let mut state = self.0.lock().expect("no poison");
        for job in std::mem::take(&mut state.sent) {
            if let Some(row) = state.rows.get_mut(&job.ride_id.to_string())
                && row.status == Status::Failed
                && job.redrive == Some(row.redrives + 1)
            {
                (row.status, row.redrives) = (Status::Queued, row.redrives + 1);
            }
        }
    }
}

impl Finds for World {
    async fn find(&self, ride: RideId, _: &Budget) -> Result<Option<Payment>, StoreError> {
        self.step(|state| state.rows.get(&ride.to_string()).cloned())
    }
}

impl Changes for World {
    async fn change(&self, change: &Change, _: &Budget) -> Result<Changed, StoreError> {
        let Change::Redrive { ride, redrive, .. } = change else { panic!("a redrive: {change:?}") };
        self.step(|state| {
            let row = state.rows.get_mut(&ride.to_string()).expect("a row");
            if row.status != Status::Failed || row.redrives + 1 != *redrive {
                return Changed::Refused(Some(Box::new(row.clone())));
            }
            (row.status, row.redrives) = (Status::Queued, *redrive);
            Changed::Done
        })
    }
}

impl Sends for World {
    async fn send(&self, job: &Job, _: &Budget) -> Result<(), StoreError> {
        self.step(|state| state.sent.push(job.clone()))
    }
}

impl Takes for World {
    async fn take(&self, most: usize, _: &Budget) -> Result<Vec<Letter>, StoreError> {
        // Taken ones are not seen again in this order.
        self.step(|state| {
            let receipts: Vec<Letter> =
                state.letters.iter().filter(|letter| !letter.receipt.is_empty()).take(most).cloned().collect();
            for letter in &mut state.letters {
                if receipts.contains(letter) {
                    letter.receipt.clear();
                }
            }
            receipts
        })
    }
}

impl Discards for World {
    async fn discard(&self, letter: &Letter, _: &Budget) -> Result<(), StoreError> {
        self.step(|state| state.letters.retain(|known| known.body != letter.body))
    }
}

fn payment(number: u32, status: Status) -> Payment {
    let at = RequestTime::from(Timestamp::from_second(1_795_209_380 + i64::from(number)).expect("an instant"));
    let job = Job { ride_id: RideId::new(at.instant()), request_time: at, rider: None, redrive: None };
    let processed_at = status.is_final().then_some(at);
    Payment { status, processed_at, ..Payment::placed(&job, at.instant()) }
}

fn letter(payment: &Payment) -> Letter {
    let body = payment.job().to_json().expect("JSON");
    Letter { receipt: body.clone(), body }
}

fn world(rows: &[Payment]) -> World {
    let rows = rows.iter().map(|row| (row.ride_id.to_string(), row.clone())).collect();
    World(Mutex::new(State { rows, ..State::default() }))
}

fn budget() -> Budget {
    Budget::lasting(Duration::from_secs(20))
}

/// What became of it, and the job that was sent.
async fn redriven(payment: &Payment) -> (Redriven, Option<Job>) {
    let world = world(std::slice::from_ref(payment));
    let redriven = one(&world, &world, payment.ride_id, &budget()).await.expect("memory");
    (redriven, world.0.into_inner().expect("no poison").sent.pop())
}

#[tokio::test]
async fn a_failed_payment_is_redriven_and_one_that_waits_is_sent_its_job_again() {
    let before = Some(RequestTime::from(Timestamp::now() - Duration::from_secs(1)));
    let failed = payment(1, Status::Failed);
    assert_eq!(redriven(&failed).await, (Redriven::Queued, Some(failed.redrive())));
    let queued = Payment { redrives: 2, ..payment(1, Status::Queued) };
    let put_off = Payment { not_before: before, ..queued.clone() };
    let dead = Payment { held_until: before, ..payment(1, Status::Processing) };
    let buried = Payment { buried_at: Some(Timestamp::UNIX_EPOCH.into()), ..dead.clone() };
    for waiting in [queued, put_off, dead, buried] {
        assert_eq!(redriven(&waiting).await, (Redriven::Queued, Some(waiting.job())), "{waiting:?}");
    }
}

#[tokio::test]
async fn one_that_is_complete_or_under_way_is_sent_nothing() {
    let (now, soon) = (Timestamp::now(), Timestamp::now() + Duration::from_secs(60));
    let held = Payment { status_since: now.into(), held_until: Some(soon.into()), ..payment(1, Status::Processing) };
    let untold = Payment { held_until: None, ..held.clone() };
    let put_off = Payment { not_before: Some(soon.into()), ..payment(1, Status::Queued) };
    for under_way in [held, untold, put_off] {
        assert_eq!(redriven(&under_way).await, (Redriven::UnderWay, None), "{under_way:?}");
    }
    assert_eq!(redriven(&payment(1, Status::Complete)).await, (Redriven::Complete, None));
    let stranger = one(&world(&[]), &world(&[]), payment(1, Status::Failed).ride_id, &budget()).await;
    assert_eq!(stranger.expect("memory"), Redriven::Unknown);
}

/// No row of ours is like that, but one that was mended by hand may be.
#[tokio::test]
async fn a_failed_payment_that_does_not_say_when_it_failed_keeps_its_letter() {
    let undated = Payment { processed_at: None, ..payment(1, Status::Failed) };
    let world = world(std::slice::from_ref(&undated));
    world.0.lock().expect("no poison").letters = vec![letter(&undated)];
    assert!(one(&world, &world, undated.ride_id, &budget()).await.is_err());
    let moved = all(&world, &world, 10, &budget()).await.expect("memory");
    assert_eq!(moved, Moved { moved: 0, stale: 0, left: 1, ended: Ended::Empty });
    let state = world.0.into_inner().expect("no poison");
    assert_eq!((state.letters.len(), state.sent.len()), (1, 0));
}

/// Killed after any of its steps and ordered again, a redrive has happened exactly once.
#[tokio::test]
async fn a_redrive_that_is_killed_at_any_step_and_repeated_is_one_redrive() {
    for dies_at in 0..=3 {
        let payment = payment(1, Status::Failed);
        let world = world(std::slice::from_ref(&payment));
        world.0.lock().expect("no poison").dies_at = Some(dies_at);
        let _ = one(&world, &world, payment.ride_id, &budget()).await;
        world.0.lock().expect("no poison").dies_at = None;
        let _ = one(&world, &world, payment.ride_id, &budget()).await.expect("memory");
        world.process_messages();
        let row = world.0.lock().expect("no poison").rows[&payment.ride_id.to_string()].clone();
        assert_eq!((row.status, row.redrives), (Status::Queued, 1), "killed after {dies_at} steps");
    }
}

#[tokio::test]
async fn a_row_whose_redrive_died_after_the_message_is_changed_by_the_message_alone() {
    let payment = payment(1, Status::Failed);
    let world = world(std::slice::from_ref(&payment));
    world.0.lock().expect("no poison").dies_at = Some(2);
    assert_eq!(one(&world, &world, payment.ride_id, &budget()).await.expect("sent"), Redriven::Queued);
    world.process_messages();
    assert_eq!(world.0.lock().expect("no poison").rows[&payment.ride_id.to_string()].status, Status::Queued);
}

#[tokio::test]
async fn letters_are_moved_deleted_or_left_as_their_payments_stand() {
    let failed = payment(1, Status::Failed);
    let complete = payment(2, Status::Complete);
    let ahead = RequestTime::from(Timestamp::now() + Duration::from_secs(30));
    let processing =
        Payment { status_since: Timestamp::now().into(), held_until: Some(ahead), ..payment(3, Status::Processing) };
    let dead = Payment { held_until: Some(processing.status_since), ..payment(7, Status::Processing) };
    let buried = Payment { redrives: 2, ..payment(8, Status::Queued) };
    let given_up = Payment { buried_at: Some(Timestamp::UNIX_EPOCH.into()), ..dead.clone() };
    let given_up = Payment { ride_id: payment(10, Status::Processing).ride_id, ..given_up };
    let behind = payment(9, Status::Failed);
    let redriven = Payment { redrives: 1, ..payment(4, Status::Queued) };
    let failed_again = Payment { redrives: 1, ..payment(5, Status::Failed) };
    let rows = [&failed, &complete, &processing, &redriven, &failed_again, &dead, &buried, &behind, &given_up]
        .map(Payment::clone);
    let world = world(&rows);
    let first_of_two =
        Letter { body: letter(&Payment { redrives: 0, ..failed_again.clone() }).body, receipt: "a".into() };
    let garbage = Letter { body: "{}".into(), receipt: "b".into() };
    let stranger = letter(&payment(6, Status::Failed));
    let old = letter(&Payment { redrives: 0, ..redriven });
    let of_its_redrive = letter(&Payment { redrives: 1, ..behind });
    let letters = [
        letter(&dead),
        letter(&given_up),
        letter(&buried),
        of_its_redrive,
        letter(&failed),
        letter(&complete),
        letter(&processing),
        old,
        first_of_two,
        letter(&failed_again),
        garbage,
        stranger,
    ];
    world.0.lock().expect("no poison").letters = letters.to_vec();
    let moved = all(&world, &world, 100, &budget()).await.expect("memory");
    assert_eq!(moved, Moved { moved: 5, stale: 3, left: 4, ended: Ended::Empty });
    let state = world.0.into_inner().expect("no poison");
    assert_eq!((state.letters.len(), state.sent.len()), (4, 5));
    // What SQS buried goes on as it was; what failed is redriven.
    assert_eq!(
        state.sent.iter().map(|job| job.redrive).collect::<Vec<_>>(),
        [None, Some(2), Some(1), Some(1), Some(2)]
    );
}

#[tokio::test]
async fn a_job_that_sqs_buried_is_sent_again_and_its_letter_stays_when_it_cannot_be() {
    let queued = payment(1, Status::Queued);
    let world = world(std::slice::from_ref(&queued));
    {
        let mut state = world.0.lock().expect("no poison");
        (state.letters, state.dies_at) = (vec![letter(&queued)], Some(2)); // taken and found, not sent
    }
    assert!(all(&world, &world, 1, &budget()).await.is_err(), "nothing was done");
    {
        let mut state = world.0.lock().expect("no poison");
        assert_eq!((state.letters.len(), state.sent.len()), (1, 0));
        (state.letters, state.dies_at) = (vec![letter(&queued)], None);
    }
    assert_eq!(all(&world, &world, 1, &budget()).await.expect("memory").moved, 1);
    let state = world.0.into_inner().expect("no poison");
    assert_eq!((state.letters, state.sent), (Vec::new(), vec![queued.job()]));
}

#[tokio::test]
async fn an_order_ends_at_its_limit_and_before_its_time() {
    let rows: Vec<Payment> = (0..30).map(|number| payment(number, Status::Failed)).collect();
    let world = world(&rows);
    world.0.lock().expect("no poison").letters = rows.iter().map(letter).collect();
    let moved = all(&world, &world, 13, &budget()).await.expect("memory");
    assert_eq!((moved.moved, moved.ended), (13, Ended::Limit));
    let short = Budget::lasting(ROUND / 2);
    let moved = all(&world, &world, 13, &short).await.expect("memory");
    assert_eq!((moved.moved, moved.ended), (0, Ended::Time));
    assert_eq!(all(&world, &world, 100, &budget()).await.expect("memory").moved, 17);
}

proptest! {
    /// Killed at any step and ordered again until there is nothing left, every payment is redriven once.
    #[test]
    fn dead_letters_are_each_redriven_once_whatever_dies(many in 1..25_u32, dies_at in 0..60_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let rows: Vec<Payment> = (0..many).map(|number| payment(number, Status::Failed)).collect();
        let world = world(&rows);
        {
            let mut state = world.0.lock().expect("no poison");
            (state.letters, state.dies_at) = (rows.iter().map(letter).collect(), Some(dies_at));
        }
        let _ = runtime.block_on(all(&world, &world, 100, &budget()));
        {
            let mut state = world.0.lock().expect("no poison");
            state.dies_at = None;
            for letter in &mut state.letters {
                letter.receipt = letter.body.clone(); // its visibility ran out
            }
        }
        runtime.block_on(all(&world, &world, 100, &budget())).expect("memory");
        world.process_messages();
        let state = world.0.lock().expect("no poison");
        prop_assert!(state.letters.is_empty());
        prop_assert!(state.rows.values().all(|row| (row.status, row.redrives) == (Status::Queued, 1)));
    }
}
