use super::*;
use crate::redrive::Redriven;
use crate::store::Numbers;
use shared::budget::Budget;
use shared::payments::counts::Counts;
use shared::payments::{Job, Payment, Status};
use shared::ride::{Label, RequestTime, RideId};

const NOW: &str = "2026-07-01T12:34:56Z";

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn payment(last: u8, placed: &str, status: Status) -> Payment {
    let ride_id = RideId::try_from(format!("019a9f3c-7a00-7000-8000-00000000000{last}")).expect("a UUID");
    let request_time = RequestTime::from(instant(placed));
    let job = Job { ride_id, request_time, rider: None, redrive: None };
    Payment { status, ..Payment::placed(&job, instant(NOW)) }
}

fn snapshot(rows: Vec<Payment>, total: Counts) -> Snapshot {
    let mut minutes = [Counts::default(); 10];
    minutes[4] = total;
    let mut bins = vec![(Counts::default(), [Counts::default(); 10]); 12];
    bins[0] = (total, minutes);
    Snapshot { as_of: instant(NOW), numbers: Numbers { total, bins }, rows }
}

/// Neither a fault nor an alarm.
const QUIET: Surroundings = Surroundings { faults: Some(Vec::new()), alarms: Some(Vec::new()) };

fn html(snapshot: &Snapshot, told: Option<Told>) -> String {
    html_among(QUIET, snapshot, told)
}

fn html_among(surroundings: Surroundings, snapshot: &Snapshot, told: Option<Told>) -> String {
    view("dev", snapshot, surroundings, told, instant(NOW)).render().expect("a page")
}

/// The text between two marks.
fn between<'a>(html: &'a str, from: &str, to: &str) -> &'a str {
    let start = html.find(from).unwrap_or_else(|| panic!("no {from} in {html}")) + from.len();
    html[start..].split(to).next().unwrap_or_default()
}

#[test]
fn an_empty_system_has_a_green_queue_and_two_red_cards() {
    let html = html(&snapshot(Vec::new(), Counts::default()), None);
    for (id, colour, word) in [
        ("in-queue", "green", "Nothing waits"),
        ("placed", "red", "No payments come in"),
        ("processed", "red", "No payments are processed"),
    ] {
        let card = between(&html, &format!("<article id=\"{id}\" class=\"card "), "</article>");
        assert!(card.starts_with(colour) && card.contains(word), "{card}");
    }
    assert!(html.contains("No payments yet."));
    for absent in ["id=\"stale\"", "id=\"faults\"", "id=\"told\"", "id=\"more\"", "red-text"] {
        assert!(!html.contains(absent), "{absent}");
    }
}

/// What SQS itself buried is of a payment that waits.
#[test]
fn dead_letters_can_be_redriven_where_no_payment_failed() {
    let rows = vec![payment(1, "2026-07-01T11:00:00Z", Status::Queued)];
    let html = html(&snapshot(rows, Counts { placed: 1, complete: 0, failed: 0 }), None);
    let form = between(&html, "<form class=\"all\" method=\"post\" action=\"payments/redrive\">", "</form>");
    assert!(form.contains("max=\"1000\"") && form.contains("Redrive dead letters"), "{form}");
    assert!(!form.contains("failed"), "{form}");
}

#[test]
fn the_list_has_londons_time_words_and_classes_and_says_how_many_more_there_are() {
    let failed = Payment {
        reason: Some("finance answered 400: The date is in the future.".into()),
        answer: Some("{\"detail\":\"The date is in the future.\"}".into()),
        request_id: Some("req-17".into()),
        rider: Label::try_from("ada".to_owned()).ok(),
        attempts: 3,
        redrives: 1,
        ..payment(1, "2026-07-01T11:00:00Z", Status::Failed)
    };
    let rows = vec![
        failed,
        payment(2, "2026-07-01T11:00:01Z", Status::Queued),
        payment(3, "2026-07-01T11:00:02Z", Status::Processing),
        payment(4, "2026-01-01T11:00:03Z", Status::Complete),
    ];
    let html = html(&snapshot(rows, Counts { placed: 104, complete: 90, failed: 1 }), None);
    let row = |last: u8| {
        let id = format!("id=\"ride-019a9f3c-7a00-7000-8000-00000000000{last}\"");
        let class = html.split(&id).next().and_then(|before| before.rsplit("<tr class=\"").next());
        (class.unwrap_or_default().trim().trim_end_matches('"').to_owned(), between(&html, &id, "</tr>").to_owned())
    };
    let (class, first) = row(1);
    assert_eq!(class, "failed");
    for told in [
        "01/07/2026 12:00:00", // an hour ahead of UTC
        ">Failed<",
        "finance answered 400: The date is in the future.",
        "req-17",
        "ada",
        "<td>3 <small>(redriven 1×)</small></td>",
        "action=\"payments/019a9f3c-7a00-7000-8000-000000000001/redrive\"",
        "ops/assets/payment-failed.md",
        "Answer of finance",
    ] {
        assert!(first.contains(told), "{told} in {first}");
    }
    assert!(row(2).0 == "waiting" && row(2).1.contains(">Waiting<") && !row(2).1.contains("<form"));
    assert!(row(3).0 == "waiting" && row(3).1.contains(">Processing<"));
    assert!(row(4).0 == "complete" && row(4).1.contains("01/01/2026 11:00:03"));
    assert!(html.contains("Plus 100 more"), "{html}");
    let card = between(&html, "<article id=\"in-queue\" class=\"card ", "</article>");
    assert!(card.starts_with("amber") && card.contains(">13<"), "{card}");
}

#[test]
fn a_hostile_reason_is_text_and_nothing_else() {
    let hostile =
        "</td><script>alert(1)</script><img src=x onerror=alert(1)>\" autofocus onfocus='alert(1)' {{ stage }} &amp;";
    let failed = Payment {
        reason: Some(hostile.into()),
        answer: Some(hostile.into()),
        request_id: Some(hostile.into()),
        rider: Label::try_from(hostile.to_owned()).ok(),
        ..payment(1, NOW, Status::Failed)
    };
    let html = html(&snapshot(vec![failed], Counts { placed: 1, complete: 0, failed: 1 }), None);
    assert_eq!(html.matches("<script").count(), 1, "the page's own");
    assert!(!html.contains("<img") && !html.contains("onfocus='"), "{html}");
    assert_eq!(html.matches("&#60;script&#62;alert(1)&#60;/script&#62;").count(), 4, "{html}");
    assert!(html.contains("&#38;amp;"), "what is escaped already is escaped once more");
}

#[test]
fn old_data_faults_and_what_was_ordered_are_told() {
    let mut old = snapshot(Vec::new(), Counts::default());
    old.as_of = instant("2026-07-01T12:33:56Z");
    let faulty = Surroundings { faults: Some(vec!["latency", "dependency"]), ..QUIET };
    let html = html_among(faulty, &old, Some(Told::One(Redriven::Queued)));
    assert!(between(&html, "id=\"stale\"", "</p>").contains("this is 60 s old"));
    assert!(between(&html, "id=\"faults\"", "</p>").contains("latency, dependency"));
    assert!(between(&html, "id=\"told\"", "</p>").contains("The payment waits for another try."));
    assert!(html.contains("01/07/2026 13:33:56"), "the time of the data, not of the page");
}

#[test]
fn faults_that_nobody_knows_of_are_not_told_as_none() {
    let page = |faults| html_among(Surroundings { faults, ..QUIET }, &snapshot(Vec::new(), Counts::default()), None);
    assert!(between(&page(None), "id=\"faults\"", "</p>").contains("nobody knows"));
    assert!(!page(Some(Vec::new())).contains("id=\"faults\""));
}

#[test]
fn the_strip_has_the_alarms_that_are_on_or_says_that_none_is_or_that_nobody_knows() {
    let strip = |alarms| {
        let html = html_among(Surroundings { alarms, ..QUIET }, &snapshot(Vec::new(), Counts::default()), None);
        between(&html, "id=\"alarms\"", "</section>").to_owned()
    };
    assert!(strip(Some(Vec::new())).contains("none is on"));
    assert!(strip(None).contains("CloudWatch did not say"));
    let alarm =
        |page, name: &str| Alarm { name: name.into(), page, meaning: "<Rides> go unpaid".into(), since: instant(NOW) };
    let many = strip((0..23).map(|number| alarm(true, &format!("a-{number}"))).collect::<Vec<_>>().into());
    assert!(many.matches("<li").count() == 21 && many.contains("3 more are on"), "{many}");
    let strip = strip(Some(vec![alarm(true, "payment-failed"), alarm(false, "oldest-payment")]));
    for told in [
        "banner red\"><strong>Page: payment-failed",
        "banner amber\"><strong>Ticket: oldest-payment",
        "&#60;Rides&#62; go unpaid",
        "since 01/07/2026 13:34:56",
    ] {
        assert!(strip.contains(told), "{told} in {strip}");
    }
}

#[test]
fn the_chart_has_a_group_for_each_ten_minutes_of_two_hours() {
    let html = html(&snapshot(Vec::new(), Counts { placed: 9, complete: 7, failed: 1 }), None);
    assert_eq!(html.matches("<g>").count(), 12);
    assert!(html.contains("13:30: placed 9, processed 7, difference +2, failed 1"), "{html}");
    assert!(html.contains("11:40: placed 0"), "{html}");
}

/// Tables that answer until they do not, and an alarm that says so.
struct Fading(std::sync::atomic::AtomicBool);

impl Fading {
    fn gone<T>(&self, answer: T) -> Result<T, crate::store::StoreError> {
        let gone = self.0.load(std::sync::atomic::Ordering::Relaxed);
        if gone { Err(crate::store::StoreError::new("gone", "the tables are gone")) } else { Ok(answer) }
    }
}

impl Lists for Fading {
    async fn list(
        &self,
        _: Status,
        _: crate::store::First,
        _: Option<crate::store::Position>,
        _: usize,
        _: &Budget,
    ) -> Result<crate::store::Slice, crate::store::StoreError> {
        self.gone(crate::store::Slice::default())
    }
}

impl Tallies for Fading {
    async fn tally(
        &self,
        _: &[shared::payments::counts::Bin],
        _: &Budget,
    ) -> Result<Numbers, crate::store::StoreError> {
        self.gone(Numbers::default())
    }
}

impl Watches for Fading {
    async fn faults(&self, _: &Budget) -> Option<Vec<&'static str>> {
        Some(if self.gone(()).is_err() { vec!["dependency"] } else { Vec::new() })
    }
}

impl Rings for Fading {
    async fn ringing(&self, _: &RequestContext) -> Option<Vec<Alarm>> {
        let alarm = Alarm {
            name: "every-payment-failing".into(),
            page: true,
            meaning: "Rides go unpaid".into(),
            since: Timestamp::now(),
        };
        Some(if self.gone(()).is_err() { vec![alarm] } else { Vec::new() })
    }
}

#[tokio::test]
async fn when_the_tables_are_gone_the_page_shows_the_payments_it_knew_and_the_alarms_of_now() {
    let (tables, page) = (Fading(true.into()), Page::default());
    let context = RequestContext {
        request_id: shared::request_id::RequestId::parse("r-1").expect("an id"),
        budget: Budget::lasting(std::time::Duration::from_secs(5)),
        trace: None,
        traceparent: None,
    };
    assert!(page.render("dev", &tables, &tables, None, &context).await.is_err(), "it knows nothing yet");
    tables.0.store(false, std::sync::atomic::Ordering::Relaxed);
    let fresh = page.render("dev", &tables, &tables, None, &context).await.expect("data");
    tables.0.store(true, std::sync::atomic::Ordering::Relaxed);
    let old = page.render("dev", &tables, &tables, None, &context).await.expect("old data");
    assert!(!fresh.contains("id=\"stale\"") && old.contains("id=\"stale\""), "{old}");
    assert!(fresh.contains("Alarms: none is on.") && !fresh.contains("id=\"faults\""), "{fresh}");
    assert!(old.contains("Page: every-payment-failing") && old.contains("on purpose:</strong> dependency"), "{old}");
}
