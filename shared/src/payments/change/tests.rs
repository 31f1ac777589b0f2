use super::*;
use crate::payments::Job;

fn payment() -> Payment {
    let job = r#"{"RideId":"019a9f3c-7a00-7000-8000-000000000001","RequestTime":"2026-11-20T21:16:20Z"}"#;
    Payment::placed(&Job::parse(job).expect("a job"), Timestamp::UNIX_EPOCH)
}

fn tables() -> Tables {
    Tables { payments: "payments".into(), counts: "payment-counts".into() }
}

#[test]
fn each_change_is_the_row_and_its_two_counters() {
    let now: Timestamp = "2026-11-20T22:00:00Z".parse().expect("an instant");
    let failed = Payment { status: Status::Failed, processed_at: Some(now.into()), ..payment() };
    let ride = failed.ride_id;
    let changes = [
        (Change::Place(Box::new(payment())), "Placed", "1", "Placed6"),
        (Change::Complete { ride, now }, "Complete", "1", "Complete0"),
        (Change::Fail { ride, now, holder: "me".into(), reason: "400".into(), answer: None }, "Failed", "1", "Failed0"),
        (Change::redrive(&failed, Timestamp::UNIX_EPOCH).expect("it failed"), "Failed", "-1", "Failed0"),
    ];
    for (change, counter, by, minute) in changes {
        let items = change.items(&tables()).expect("whole items");
        let [_, total, ten] = items.as_slice() else { panic!("three items: {items:?}") };
        for (item, key) in [(total, "total#"), (ten, "ten#")] {
            let update = item.update().expect("an update");
            assert!(update.key()["Id"].as_s().is_ok_and(|id| id.starts_with(key)), "{update:?}");
            assert_eq!(update.expression_attribute_names().expect("names")["#counter"], counter);
            assert_eq!(update.expression_attribute_values().expect("values")[":by"], N(by.into()));
        }
        let names = ten.update().and_then(Update::expression_attribute_names).expect("names");
        assert_eq!(names["#minute"], minute);
    }
}

#[test]
fn only_what_failed_can_be_redriven() {
    assert!(Change::redrive(&payment(), Timestamp::UNIX_EPOCH).is_none());
}
