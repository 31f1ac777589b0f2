use jiff::{SignedDuration, Timestamp};
use shared::payments::{Job, Payment, Status};
use shared::retry::Schedule;
use std::time::Duration;

/// The longest that a message is put off for itself: a Retry-After of a day would keep a rider's payment for a day.
pub(crate) const LONGEST_PUT_OFF: Duration = Duration::from_secs(15 * 60);

/// How patient payments are where they are deployed: longer than a long weekend, and well within the life of a message and
/// the receives that the queue grants it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(72 * 60 * 60);

/// The longest that a message waits for which there was no time left: another invocation may begin at once.
pub(crate) const NO_TIME: Duration = Duration::from_secs(2);

/// After so many receives an outage is one that lasts.
const LASTING: u32 = 50;

/// How payments are processed.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The longest that finance may take to answer.
    pub attempt_timeout: Duration,
    /// What is kept of the time limit to save what finance answered.
    pub time_to_save: Duration,
    /// How many payments of a batch are processed at once.
    pub side_by_side: usize,
    /// How often finance is asked, at the most, before a payment fails.
    pub max_attempts: u32,
    /// The pauses between attempts.
    pub back_off: Schedule,
    /// The longest that a payment waits for a finance service that answers nobody, before it is given up.
    pub patience: Duration,
}

/// What is to be done with a job, by its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// There is no row: it is made first.
    Place,
    /// It failed, and this job redrives it.
    Redrive,
    /// Finance is asked.
    Attempt,
    /// The last attempt was begun and nobody knows how it ended.
    GiveUp,
    /// Somebody else is at it, until then.
    Wait(Timestamp),
    /// It is not to be tried before then.
    Early(Timestamp),
    /// Nothing: it is Complete.
    Nothing,
    /// Nothing but to make sure that somebody was told: it is Failed.
    Failed,
    /// It was given up, and this job is its dead letter, which goes back to where it was.
    BuryAgain,
}

/// What a call that failed costs its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// One of its attempts. After the last one it is given up.
    Attempt,
    /// None of its attempts, though it was asked for: it found out for all others that finance still answers nobody, which
    /// says nothing about this payment. Only its patience is used up.
    Probe,
    /// Nothing at all: nobody was asked, and the attempt that its claim counted is taken back.
    Nothing,
}

impl Rules {
    /// The time that one payment needs at the most.
    pub fn needed(&self) -> Duration {
        self.attempt_timeout + self.time_to_save
    }

    /// Without so much time finance is not asked: half of what it may take, and what it takes to save its answer.
    pub(crate) fn least(&self) -> Duration {
        self.attempt_timeout / 2 + self.time_to_save
    }

    /// The longest that [`Rules::pause`] can be.
    pub(crate) fn longest_pause(&self) -> Duration {
        LONGEST_PUT_OFF + self.back_off.cap
    }

    /// The longest that a message waits besides what the breaker says, so that not all come at its end. A third of the
    /// longest pause, so that payments follow soon when finance is back; all of it in an outage that lasts, because each
    /// time is a receive, and after a thousand of them the queue buries the message.
    pub(crate) fn spread(&self, received: u32) -> Duration {
        let share = if received > LASTING { 1 } else { 3 };
        self.back_off.longest_pause(received).min(self.back_off.cap / share)
    }

    /// What is to be done with a job whose row is this one, and which was sent then, if that is known.
    pub(crate) fn next(&self, row: Option<&Payment>, job: &Job, sent: Option<Timestamp>, now: Timestamp) -> Next {
        let Some(row) = row else { return Next::Place };
        let early = row.not_before.map(|moment| moment.instant()).filter(|moment| *moment > now);
        match (row.status, row.lease_end()) {
            (Status::Complete, _) => Next::Nothing,
            (Status::Failed, _) if job.redrive.is_some_and(|redrive| redrive > row.redrives) => Next::Redrive,
            (Status::Failed, _) if job.redrive.unwrap_or(0) == row.redrives && is_letter_of(row, sent) => {
                Next::BuryAgain
            }
            (Status::Failed, _) => Next::Failed,
            (_, Some(end)) if end > now => Next::Wait(end),
            _ => match early {
                Some(moment) => Next::Early(moment),
                // Whose letter is written is given up, whatever for.
                None if row.buried_at.is_some() || row.attempts_now() >= self.max_attempts => Next::GiveUp,
                None => Next::Attempt,
            },
        }
    }

    /// How long a payment waits after this many attempts, of which the last failed: full jitter, on top of what finance
    /// asks for, or all that were told the same would come in the same second. `up_to` draws a random time up to its argument.
    pub(crate) fn pause(
        &self,
        attempts: u32,
        asked_for: Option<Duration>,
        up_to: impl FnOnce(Duration) -> Duration,
    ) -> Duration {
        asked_for.unwrap_or_default().min(LONGEST_PUT_OFF) + up_to(self.back_off.longest_pause(attempts))
    }
}

/// Whether a job that was sent then is the payment's dead letter, moved into the queue: it came after that was written. A message
/// that was there before is the one that the payment was given up with.
pub(crate) fn is_letter_of(row: &Payment, sent: Option<Timestamp>) -> bool {
    sent.zip(row.buried_at).is_some_and(|(sent, buried)| sent > buried.instant())
}

/// When an invocation that has so much time left is dead for certain. Clocks of two machines differ, by less than this.
pub(crate) fn lease(now: Timestamp, left: Duration) -> Timestamp {
    const SKEW: Duration = Duration::from_secs(5);
    let lease = SignedDuration::try_from(left + SKEW).ok().and_then(|lease| now.checked_add(lease).ok());
    lease.unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        attempt_timeout: Duration::from_secs(10),
        time_to_save: Duration::from_secs(5),
        side_by_side: 5,
        max_attempts: 3,
        back_off: Schedule { attempts: u32::MAX, base: Duration::from_secs(2), cap: Duration::from_secs(900) },
        patience: PATIENCE,
    };

    fn job(redrive: Option<u32>) -> Job {
        let job = r#"{"RideId":"019a9f3c-7a00-7000-8000-000000000001","RequestTime":"2026-11-20T21:16:20Z"}"#;
        Job { redrive, ..Job::parse(job).expect("a job") }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn row(status: Status) -> Payment {
        Payment { status, ..Payment::placed(&job(None), at(0)) }
    }

    #[test]
    fn what_is_next_follows_from_the_row() {
        let next = |row: &Payment| RULES.next(Some(row), &job(None), None, at(100));
        assert_eq!(RULES.next(None, &job(None), None, at(100)), Next::Place);
        assert_eq!(next(&row(Status::Queued)), Next::Attempt);
        assert_eq!(next(&row(Status::Complete)), Next::Nothing);
        assert_eq!(next(&row(Status::Failed)), Next::Failed);
        // Nobody said for how long: the longest lease.
        assert_eq!(next(&row(Status::Processing)), Next::Wait(at(900)));
        assert_eq!(RULES.next(Some(&row(Status::Processing)), &job(None), None, at(900)), Next::Attempt);
        let held = |second| Payment { held_until: Some(at(second).into()), ..row(Status::Processing) };
        assert_eq!((next(&held(101)), next(&held(100))), (Next::Wait(at(101)), Next::Attempt));
    }

    #[test]
    fn a_payment_whose_time_has_not_come_waits_whatever_message_comes() {
        let next = |status, second| {
            let row = Payment { not_before: Some(at(second).into()), ..row(status) };
            RULES.next(Some(&row), &job(None), None, at(100))
        };
        assert_eq!((next(Status::Queued, 101), next(Status::Queued, 100)), (Next::Early(at(101)), Next::Attempt));
        assert_eq!(next(Status::Complete, 101), Next::Nothing);
    }

    #[test]
    fn after_the_last_attempt_nobody_asks_again_until_a_redrive() {
        let next = |attempts, attempts_before| {
            let row = Payment { attempts, attempts_before, ..row(Status::Queued) };
            RULES.next(Some(&row), &job(None), None, at(100))
        };
        assert_eq!((next(2, 0), next(3, 0), next(4, 0)), (Next::Attempt, Next::GiveUp, Next::GiveUp));
        assert_eq!((next(3, 3), next(6, 3)), (Next::Attempt, Next::GiveUp));
        // Nor after its patience, of which the attempts say nothing.
        let buried =
            Payment { buried_at: Some(at(50).into()), held_until: Some(at(100).into()), ..row(Status::Processing) };
        assert_eq!(RULES.next(Some(&buried), &job(None), None, at(100)), Next::GiveUp);
    }

    #[test]
    fn only_a_redrive_that_is_newer_than_the_row_takes_it_back() {
        let next = |redrives, redrive| {
            RULES.next(Some(&Payment { redrives, ..row(Status::Failed) }), &job(redrive), None, at(100))
        };
        assert_eq!((next(0, Some(1)), next(1, Some(1))), (Next::Redrive, Next::Failed));
        assert_eq!((next(1, Some(2)), next(2, None)), (Next::Redrive, Next::Failed));
        let complete = Payment { redrives: 0, ..row(Status::Complete) };
        assert_eq!(RULES.next(Some(&complete), &job(Some(1)), None, at(100)), Next::Nothing);
    }

    #[test]
    fn only_the_letter_of_this_very_failure_becomes_one_again() {
        // Whoever wrote the letter died before Failed was said.
        let (buried_at, processed_at) = (Some(at(50).into()), Some(at(90).into()));
        let given_up = Payment { buried_at, processed_at, redrives: 1, ..row(Status::Failed) };
        let next = |row: &Payment, redrive, sent| RULES.next(Some(row), &job(redrive), sent, at(100));
        assert_eq!(next(&given_up, Some(1), Some(at(51))), Next::BuryAgain);
        // The message that it was given up with, or its duplicate; or nobody knows.
        for sent in [Some(at(49)), Some(at(50)), None] {
            assert_eq!(next(&given_up, Some(1), sent), Next::Failed, "{sent:?}");
        }
        assert_eq!(next(&given_up, None, Some(at(51))), Next::Failed, "the letter of a failure that was redriven");
        assert_eq!(next(&given_up, Some(2), Some(at(51))), Next::Redrive);
        let refused = Payment { buried_at: None, ..given_up.clone() };
        assert_eq!(next(&refused, Some(1), Some(at(51))), Next::Failed, "it has no letter");
        for status in [Status::Queued, Status::Processing, Status::Complete] {
            let other = Payment { status, ..given_up.clone() };
            assert_ne!(next(&other, Some(1), Some(at(51))), Next::BuryAgain, "{status}");
        }
    }

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour_and_come_on_top_of_what_finance_asks_for() {
        let longest = |attempts, asked_for| RULES.pause(attempts, asked_for, |longest| longest).as_secs();
        assert_eq!([1, 2, 5, 9, 10, 40].map(|attempts| longest(attempts, None)), [2, 4, 32, 512, 900, 900]);
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!((longest(1, seconds(60)), longest(5, seconds(1)), longest(1, seconds(86_400))), (62, 33, 902));
        assert_eq!(longest(40, seconds(86_400)), RULES.longest_pause().as_secs());
        assert_eq!(RULES.pause(5, None, |_| Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn a_thousand_receives_outlast_a_long_weekend_and_the_patience_with_a_payment() {
        // On the average a message waits for half of the spread; what the breaker says comes on top and is left out.
        let spreads = (1..=1_000).map(|received| RULES.spread(received) / 2);
        let hours = spreads.sum::<Duration>().as_secs() / 3_600;
        assert!(hours >= 2 * 54 && Duration::from_secs(hours * 3_600) > PATIENCE * 3 / 2, "{hours} hours");
        let minutes = [10, LASTING, LASTING + 1].map(|received| RULES.spread(received).as_secs() / 60);
        assert_eq!((minutes, RULES.spread(1).as_secs()), ([5, 5, 15], 2));
    }

    #[test]
    fn a_lease_outlives_its_invocation() {
        assert_eq!(lease(at(0), Duration::from_secs(60)), at(65));
        assert_eq!(lease(at(0), Duration::MAX - Duration::from_secs(5)), at(0));
    }
}
