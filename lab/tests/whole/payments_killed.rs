//! Whoever works at a payment is killed at every step of it, in the whole stack: one charge a ride all the same.
//!
//! process-payment's own tests kill it at every passing of every step over tables in memory. Here its processes die, with the real
//! queue, pipe and tables around them.

mod steps;
mod ways;
mod world;

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lab::assembly::Lab;
use lab::aws::{Fault, Hold, Moment, Trouble};
use lab::sqs::Disorder;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::sync::Notify;

use crate::payments::book;
use crate::stack::{eventually, workspace};
use steps::{Room, Step};
use ways::{begin, end};
use world::{PATIENCE, at_rest, compare, payment, send_job, short_lived_stack, status, until};

/// Stacks side by side: most of their time they wait for a lease to end.
const STACKS: u64 = 6;

/// Kills a function's environments; how many there were.
fn kill(lab: &Lab, function: &str) -> usize {
    let pids = lab.lambda.process_ids(function);
    for pid in &pids {
        let pid = Pid::from_raw(i32::try_from(*pid).expect("a pid")).expect("a pid");
        // One that has ended by itself is as dead.
        let _ = kill_process(pid, Signal::KILL);
    }
    pids.len()
}

/// What the queue of payments does besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Queue {
    /// It delivers each message once, in order.
    Orderly,
    /// It delivers each message twice and half of them out of order.
    Disorderly,
}

/// A row of the table that the test prints, and its place there.
type Told = ((u8, bool), String);

/// Holds one step, kills who makes it, and sees its ride paid for.
async fn death(lab: &Lab, step: &Step, moment: Moment, queue: Queue) -> (Told, String, bool) {
    let what = format!("{} {} ({moment:?})", step.number, step.name);
    let reached = Arc::new(Notify::new());
    let hold = || {
        let Step { action, resource, skip, .. } = *step;
        let hold = Trouble::Hold(Hold { action, resource, moment, skip, reached: reached.clone() });
        match step.room {
            Room::DynamoDb => lab.dynamodb.switch.set(Some(hold)),
            Room::Sqs => lab.sqs.switch.set(Some(hold)),
            Room::Ssm => lab.ssm.switch.set(Some(hold)),
        }
    };
    let (ride, booked) = begin(lab, step, hold).await;
    let held = tokio::time::timeout(PATIENCE, reached.notified()).await;
    assert!(held.is_ok(), "{what} was never reached: {:?}", payment(lab, &ride).await);
    let killed: Vec<usize> = step.dies.iter().map(|function| kill(lab, function)).collect();
    let (at, row) = (Instant::now(), payment(lab, &ride).await);
    assert!(killed.iter().all(|killed| *killed > 0), "{what}: nobody was there to be killed: {killed:?}");
    // Of two deliveries one is held at the step; the row may say what the other has done.
    let expected = queue == Queue::Disorderly || status(&row) == step.found_at(moment);
    assert!(expected, "{what}: not this step: {row:?}");
    end(lab, step, &ride).await;
    let told = format!(
        "{:>2}  {:<24}{:<8}{:<24}{:<12}{:>5.1} s",
        step.number,
        step.name,
        format!("{moment:?}").to_lowercase(),
        step.dies.join(", ").replace("Function", ""),
        status(&row).unwrap_or("no row"),
        at.elapsed().as_secs_f64(),
    );
    (((step.number, moment == Moment::After), told), ride, booked)
}

/// Takes one death after the other, on one stack, until there are none left.
async fn die(deaths: Arc<Mutex<VecDeque<(Step, Moment)>>>, queue: Queue, seed: u64) -> Vec<Told> {
    let lab = short_lived_stack().await;
    if queue == Queue::Disorderly {
        lab.sqs.disturb(world::QUEUE, Disorder { duplicates: 1.0, reordering: 0.5, seed }).expect("a queue");
    }
    let (mut told, mut rides, mut by_hand) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    loop {
        let next = deaths.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some((step, moment)) = next else { break };
        let (row, ride, booked) = death(&lab, &step, moment, queue).await;
        if !booked {
            by_hand.insert(ride.clone());
        }
        rides.insert(ride);
        told.push(row);
    }
    compare(&lab, &rides, &by_hand).await;
    told
}

/// One round at a time: the deaths of one keep two cores busy.
static ROUND: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Every death there is, with a queue like this.
async fn die_everywhere(queue: Queue) {
    let _round = ROUND.lock().await;
    let deaths: VecDeque<_> = steps::all().collect();
    let (wanted, deaths) = (deaths.len(), Arc::new(Mutex::new(deaths)));
    let labs: Vec<_> = (1..=STACKS).map(|seed| tokio::spawn(die(deaths.clone(), queue, seed))).collect();
    let mut told = Vec::new();
    for lab in labs {
        told.extend(lab.await.expect("every death of a stack went well"));
    }
    told.sort();
    println!("\n{queue:?}\n #  step                    held    killed                  row says    paid for after");
    told.iter().for_each(|(_, line)| println!("{line}"));
    assert_eq!(told.len(), wanted, "every step was held on both sides");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_every_step_between_taking_and_saving_leaves_one_charge_a_ride() {
    let document = std::fs::read_to_string(workspace().join("docs/payments.md")).expect("readable");
    let held: BTreeSet<u8> = steps::all().map(|(step, _)| step.number).chain(steps::NOT_HELD).collect();
    assert_eq!(held, steps::documented(&document), "every step of docs/payments.md");
    die_everywhere(Queue::Orderly).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_every_step_among_duplicates_and_disorder_leaves_one_charge_a_ride() {
    die_everywhere(Queue::Disorderly).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_a_pipe_cannot_send_or_sends_twice_are_one_charge() {
    let lab = short_lived_stack().await;
    // Step 2, before: the queue takes nothing; the pipe begins the batch anew, and place-payment finds its row.
    let arn = lab.stack.queues["PaymentsQueue"].arn.clone();
    lab.sqs.switch.set_for(&arn, Fault::every(Trouble::Fail).only(Some("SendMessage".to_owned())));
    let refused = book(&lab).await;
    let said = || lab.logs.lines().iter().any(|line| line.text.contains("PIPE") && line.text.contains("failed"));
    eventually("the pipe was refused", said).await;
    until(&lab, &refused, "Queued").await;
    lab.sqs.switch.mend(&arn, Some("SendMessage"));
    until(&lab, &refused, "Complete").await;
    // After: the jobs are there, and it does not know.
    let twice = book(&lab).await;
    let job = json!({"RideId": twice, "RequestTime": until(&lab, &twice, "Complete").await["PlacedAt"]["S"]});
    send_job(&lab, &job).await;
    at_rest(&lab).await;
    compare(&lab, &BTreeSet::from([refused, twice]), &BTreeSet::new()).await;
}
