//! From "riders get 5xx" to the guilty call and back: the alarms, the trace and the log line of one failure, as somebody sees
//! them who has only the console.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use lab::assembly::Lab;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::client::{RIDE, ask, post, switch};
use crate::stack::{Variation, url};

/// What a rides table that fails sets off, and nothing else does. Not among them, though close: errors and duration of the
/// functions (all answer, in time, with a 503), latency (failing is quick), lost rides (nobody was promised one),
/// `dynamodb-user-errors` (a 500 is not the caller's), the alarms over more than one bad day.
const EXPECTED: [(&str, &str); 13] = [
    ("rides-system-errors", "every PutItem of the table is a 500: the cause itself"),
    ("api-5xx-rate", "POST /ride and POST /record answer 503"),
    ("availability-5m", "all riders of the last five minutes were refused"),
    ("availability-30m", "and of the last half hour more than one in two hundred"),
    ("availability-1h", "and of the last hour more than one in seventy"),
    ("availability-6h", "and of the last six hours, in which there is nothing else"),
    ("availability-6h-leak", "the same, against the budget itself"),
    ("availability-3d-one-day", "from the next full hour on: one of three days is over three times the budget"),
    ("availability-fast-burn", "availability-1h and availability-5m"),
    ("availability-slow-burn", "availability-6h and availability-30m"),
    ("availability-leak", "availability-3d-one-day and availability-6h-leak"),
    ("heartbeat", "the probe gets no ride either"),
    ("warning-light", "some of these page"),
];

/// Parts of the expected that a half hour of good rides does not end: they look back an hour and more.
const LONG: [&str; 5] =
    ["availability-1h", "availability-6h", "availability-6h-leak", "availability-3d-one-day", "availability-leak"];

/// A minute of CloudWatch is a quarter of a second, and the next full hour at most fifteen seconds away.
const FAST: u16 = 240;

/// Far more than anything here takes on a machine that does something else as well.
const PATIENCE: Duration = Duration::from_secs(90);

/// Riders that book one after the other until dropped.
struct Load {
    stop: Arc<AtomicBool>,
    riders: JoinSet<()>,
}

impl Load {
    fn start(lab: &Lab, riders: usize) -> Self {
        let (stop, to) = (Arc::new(AtomicBool::new(false)), url(lab, "/ride"));
        let rider = || {
            let (stop, to) = (stop.clone(), to.clone());
            async move {
                while !stop.load(Ordering::Relaxed) {
                    post(&to, RIDE).await;
                }
            }
        };
        let riders = (0..riders).map(|_| rider()).collect();
        Self { stop, riders }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.riders.join_all().await;
    }
}

/// Names without the stack's prefix.
fn short(alarm: &Value) -> String {
    let name = alarm["name"].as_str().expect("a name");
    name.strip_prefix("wild-rydes-dev-").expect("the stack's prefix").to_owned()
}

fn in_alarm(answer: &Value) -> BTreeSet<String> {
    let alarms = answer["alarms"].as_array().expect("alarms").iter();
    alarms.filter(|alarm| alarm["state"] == "ALARM").map(short).collect()
}

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// Asks for the alarms until they are as wanted.
async fn alarms(lab: &Lab, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = ask(lab, "/api/alarms").await;
        if wanted(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}, within {PATIENCE:?}; now in ALARM: {:?}", in_alarm(&answer));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The faulty booking that the console lists first, once its trace has a guilty span.
async fn faulty(lab: &Lab) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let list = ask(lab, "/api/requests?faulty=1&route=POST%20/ride").await;
        let traced =
            list["requests"].as_array().expect("requests").iter().find(|request| request["guilty"].is_string());
        if let Some(request) = traced {
            return request.clone();
        }
        assert!(Instant::now() < deadline, "a faulty request with a guilty span: {list}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_fails_rings_the_right_alarms_and_is_found_through_one_trace() {
    // Without payments: they take their time by the machine's clock, of which a second is four minutes here, and would all be late.
    // Nor with the alarm that tells of rides without them.
    let unpaid = Variation::default().changed(|stack| {
        stack.pipes.clear();
        stack.alarms.remove("PaymentsNotPlaced");
        stack.composite_alarms.remove("PaymentLight");
    });
    let lab = unpaid.compress(FAST).scheduled().start().await;
    let riders = Load::start(&lab, 3);
    let all_ok = |answer: &Value| {
        let alarms = answer["alarms"].as_array().expect("alarms");
        !alarms.is_empty() && alarms.iter().all(|alarm| alarm["state"] == "OK")
    };
    alarms(&lab, "every alarm is OK while riders ride", all_ok).await;

    switch(&lab, "RidesTable", Some("fail")).await;
    let expected = names(EXPECTED.map(|(name, _)| name));
    alarms(&lab, &format!("exactly these ring: {expected:?}"), |answer| in_alarm(answer) == expected).await;

    // Which call it is.
    let request = faulty(&lab).await;
    let table = "wild-rydes-dev-rides";
    assert_eq!(request["guilty"], format!("put-ride-record > DynamoDB PutItem {table}"), "{request}");
    assert_eq!((&request["status"], &request["sampled"]), (&503.into(), &true.into()), "{request}");
    let detail = ask(&lab, &format!("/api/requests/{}", request["id"].as_str().expect("an id"))).await;
    let guilty: Vec<_> =
        detail["spans"].as_array().expect("spans").iter().filter(|span| span["guilty"] == true).collect();
    let [put] = guilty.as_slice() else { panic!("one guilty span: {guilty:?}") };
    assert_eq!(
        (&put["name"], &put["kind"], &put["service"]),
        (&"DynamoDB".into(), &"aws".into(), &"put-ride-record".into())
    );
    // Without its retries: so many failures have spent what the SDK allows itself for them.
    assert!(put["detail"].as_str().is_some_and(|detail| detail.starts_with(&format!("PutItem {table}"))), "{put}");
    assert!(put["cause"].as_str().is_some_and(|cause| cause.contains("internal error trying")), "{put}");
    // What it said.
    let lines = detail["lines"].as_array().expect("lines").iter();
    let said: Vec<_> = lines.filter(|line| line["service"] == "put-ride-record" && line["level"] == "WARN").collect();
    let [line] = said.as_slice() else { panic!("a failure is logged once by whom it happens to: {said:?}") };
    let cause = line["fields"]["error"].as_str().expect("an error");
    assert!(cause.starts_with("the ride was not stored") && cause.contains("internal error trying"), "{cause}");

    switch(&lab, "RidesTable", None).await;
    let long = names(LONG);
    let ended =
        alarms(&lab, "only what looks back an hour and more still rings", |answer| in_alarm(answer).is_subset(&long));
    ended.await;
    riders.end().await;
    only_these_ever_rang(&ask(&lab, "/api/alarms").await, &expected);

    // The rest ends within days: three periods of a day, and the two more that CloudWatch reads where there is no data.
    // Nobody waits for that: the same alarms judge the same numbers as they will then. In such a silence only silence rings.
    let later = lab.instruments.clock.now() + SignedDuration::from_hours(6 * 24);
    lab.cloudwatch.evaluate(later);
    let ringing = in_alarm(&ask(&lab, "/api/alarms").await);
    assert_eq!(ringing, names(["heartbeat", "warning-light"]));
}

fn only_these_ever_rang(answer: &Value, expected: &BTreeSet<String>) {
    for alarm in answer["alarms"].as_array().expect("alarms") {
        let rang = alarm["history"].as_array().expect("history").iter().find(|change| change["to"] == "ALARM");
        assert_eq!(rang.is_some(), expected.contains(&short(alarm)), "{}: {rang:?}", short(alarm));
    }
    let told = answer["notices"].as_array().expect("notices").iter().filter(|notice| notice["state"] == "ALARM");
    let told: BTreeSet<_> = told.map(|notice| (short_name(&notice["alarm"]), short_name(&notice["topic"]))).collect();
    let light = ("warning-light".to_owned(), "page".to_owned());
    assert!(told.contains(&light), "somebody is woken: {told:?}");
    let pages = told.iter().filter(|(_, topic)| topic == "page");
    assert_eq!(pages.collect::<Vec<_>>(), [&light], "one failure is one page");
    let tickets = names(told.iter().filter(|(_, topic)| topic == "ticket").map(|(alarm, _)| alarm.as_str()));
    assert_eq!(tickets, names(["availability-leak", "rides-system-errors"]));
}

fn short_name(name: &Value) -> String {
    let name = name.as_str().expect("a name");
    name.strip_prefix("wild-rydes-dev-").unwrap_or(name).to_owned()
}
