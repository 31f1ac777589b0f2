//! Booking and recording.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::{RIDE, get, post, send};
use crate::signed::{get_signed, post_signed};
use crate::stack::{self, Variation, rows, url};

#[tokio::test(flavor = "multi_thread")]
async fn a_booked_ride_is_stored_as_it_was_answered() {
    let lab = stack::start().await;
    let answer = post(&url(&lab, "/dev/ride"), RIDE).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let ride = answer.json();
    let keys: BTreeSet<&str> = ride.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["RideId", "Unicorn", "RequestTime"]));
    assert!(answer.header("x-request-id").is_some());
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));

    let rows = rows(&lab).await;
    let row = &rows[ride["RideId"].as_str().expect("a RideId")];
    assert_eq!(rows.len(), 1);
    let text = row.to_string();
    for part in [&ride["RequestTime"], &ride["Unicorn"]["Name"], &ride["Unicorn"]["DeviceId"]] {
        assert!(text.contains(part.as_str().expect("a string")), "{text} lacks {part}");
    }
    assert!(text.contains("42.35250862285574") && text.contains("-71.05289904884849"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unicorn_is_one_of_the_seeded_fleet() {
    let lab = stack::start().await;
    let fleet = [
        json!({"Name": "Bucephalus", "Color": "Golden", "DeviceId": "212dee58-f26a-11e8-b171-8c859074f8c7"}),
        json!({"Name": "Shadowfax", "Color": "White", "DeviceId": "21fc3d3a-f26a-11e8-9109-8c859074f8c7"}),
        json!({"Name": "Rocinante", "Color": "Yellow", "DeviceId": "2279df58-f26a-11e8-9b3b-8c859074f8c7"}),
    ];
    let mut seen = BTreeSet::new();
    for _ in 0..40 {
        let answer = get_signed(&lab, "/unicorn").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let unicorn = answer.json();
        assert!(fleet.contains(&unicorn), "{unicorn}");
        seen.insert(unicorn["Name"].to_string());
    }
    // Each is missed by forty draws of three with a chance of 9 in 10^8.
    assert_eq!(seen.len(), 3);
    let scans = lab.calls.all().iter().filter(|call| call.action == "dynamodb:Scan").count();
    assert!(scans < 10, "the fleet is cached, not scanned per request: {scans} scans");
}

fn record(ride_id: &str, unicorn: &str) -> String {
    json!({
        "RideId": ride_id,
        "Unicorn": {"Name": unicorn, "Color": "Yellow", "DeviceId": "2279df58-f26a-11e8-9b3b-8c859074f8c7"},
        "RequestTime": "2024-05-01T10:11:12.345000Z",
        "PickupLocation": {"Latitude": 1.5, "Longitude": -0.0},
        "Rider": "ada",
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_record_twice_is_stored_once_and_another_with_its_id_refused() {
    let lab = stack::start().await;
    // The id's instant is the RequestTime.
    let ride_id = "018f3395-1e99-7000-8000-000000000001";
    let first = post_signed(&lab, "/record", record(ride_id, "Rocinante")).await;
    assert_eq!((first.status.as_u16(), first.json()), (201, json!({"success": true})), "{}", first.text);
    let again = post_signed(&lab, "/record", record(ride_id, "Rocinante")).await;
    assert_eq!((again.status.as_u16(), again.json()), (201, json!({"success": true})), "{}", again.text);
    let other = post_signed(&lab, "/record", record(ride_id, "Shadowfax")).await;
    assert_eq!(other.status, 409, "{}", other.text);
    assert_eq!(other.header("content-type"), Some("application/problem+json"));
    let rows = rows(&lab).await;
    assert_eq!(rows.len(), 1);
    assert!(rows[ride_id].to_string().contains("Rocinante"));
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_are_served_at_the_root_and_under_the_stage() {
    let lab = stack::start().await;
    for path in ["/health", "/dev/health", "/record/health", "/dev/unicorn/health"] {
        let answer = get(&url(&lab, path)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let health = answer.json();
        assert_eq!(health["status"], "ok");
        assert!(health["service"].is_string() && health["version"].is_string(), "{health}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_concurrent_rides_are_two_hundred_rows() {
    let lab = stack::start().await;
    let to = url(&lab, "/ride");
    let rides: Vec<_> = (0..200)
        .map(|_| {
            let to = to.clone();
            tokio::spawn(async move { post(&to, RIDE).await })
        })
        .collect();
    let mut booked = BTreeSet::new();
    let mut late = 0;
    for ride in rides {
        let mut answer = ride.await.expect("no panic");
        // Out of time on a busy machine, which a rider is told: the ride may be stored all the same. This one books again.
        while matches!(answer.status.as_u16(), 503 | 504) && late < 200 {
            assert!(answer.status == 504 || answer.header("retry-after").is_some(), "{}", answer.text);
            late += 1;
            answer = post(&to, RIDE).await;
        }
        assert_eq!(answer.status, 201, "{}", answer.text);
        booked.insert(answer.json()["RideId"].as_str().expect("a RideId").to_owned());
    }
    let stored: BTreeSet<String> = rows(&lab).await.into_keys().collect();
    assert_eq!(booked.len(), 200);
    // Where none was late, exactly the booked ones.
    assert!(booked.is_subset(&stored) && stored.len() <= 200 + late, "{} rows, {late} late", stored.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_kept_when_valid_and_replaced_when_not() {
    let lab = stack::start().await;
    let to = url(&lab, "/ride");
    let json = ("content-type", "application/json");
    let kept = send(http::Method::POST, &to, &[json, ("x-request-id", "abc.DEF:1_2-3")], RIDE).await;
    assert_eq!(kept.header("x-request-id"), Some("abc.DEF:1_2-3"));
    let both = send(http::Method::POST, &to, &[json, ("x-trace-id", "first"), ("x-request-id", "second")], RIDE).await;
    assert_eq!(both.header("x-request-id"), Some("first"));
    let long = "x".repeat(10_000);
    for hostile in ["a b", "a\"b", "<script>", long.as_str()] {
        let answer = send(http::Method::POST, &to, &[json, ("x-request-id", hostile)], RIDE).await;
        let given = answer.header("x-request-id").expect("an id");
        assert!(answer.status == 201 && given != hostile && given.len() == 36, "{given}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_outlive_the_lab_in_a_data_directory_and_an_unchanged_fleet_is_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    {
        let lab = Variation::default().data(directory.path()).start().await;
        assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    }
    let lab = Variation::default().data(directory.path()).start().await;
    assert_eq!(rows(&lab).await.len(), 1);
    let seeds = |call: &lab::aws::Call| call.action == "dynamodb:PutItem" && call.resource.contains("unicorns");
    assert!(!lab.calls.all().iter().any(seeds), "the fleet was not seeded again");
    drop(lab);
    let changed = Variation::default().replacing("Color: Golden", "Color: Silver").data(directory.path()).start().await;
    let fleet = changed.dynamodb.items(changed.table("UnicornsTable").expect("a table")).await.expect("read");
    let silver =
        fleet.iter().filter(|unicorn| **unicorn != Value::Null && unicorn.to_string().contains("Silver")).count();
    assert_eq!((fleet.len(), silver), (3, 1), "an update seeds what changed");
}
