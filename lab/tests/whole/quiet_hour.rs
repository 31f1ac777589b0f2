//! An hour in which nothing is wrong, and nothing rings.

use std::time::Duration;

use jiff::SignedDuration;
use lab::cloudwatch::alarms::State;

use crate::client::{RIDE, post};
use crate::stack::{Variation, rows, url};

/// A minute is six tenths of a second: the probe comes every three seconds, and its alarm waits for it twice as long.
const HOUR_IN_36_SECONDS: u16 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn in_a_quiet_hour_nothing_rings() {
    let lab = Variation::default().compress(HOUR_IN_36_SECONDS).scheduled().start().await;
    let clock = lab.instruments.clock;
    let started = clock.now();
    let end = started + SignedDuration::from_mins(61);
    let to = url(&lab, "/ride");
    let (mut booked, mut due) = (0, started);
    while clock.now() < end {
        if clock.now() < due {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        }
        let answer = post(&to, RIDE).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        booked += 1;
        due = clock.now() + SignedDuration::from_mins(1);
    }
    assert!(booked > 30, "riders came all the time: {booked}");
    assert!(rows(&lab).await.len() > booked, "and the probe did");
    let snapshot = lab.cloudwatch.snapshot();
    for alarm in &snapshot.alarms {
        assert_eq!(alarm.state, State::Ok, "{}: {}", alarm.name, alarm.reason);
        assert!(alarm.history.iter().all(|change| change.to == State::Ok), "{}: {:?}", alarm.name, alarm.history);
    }
    assert!(snapshot.alarms.len() > 30, "all alarms were there: {}", snapshot.alarms.len());
    // The first evaluation of a new stack is told as an end of alarm, as CloudWatch does.
    assert!(snapshot.notices.iter().all(|notice| notice.state == State::Ok), "{:?}", snapshot.notices);
}
