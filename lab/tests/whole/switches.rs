//! `POST /api/switches` of the console: what `cargo lab break` sends, and what is refused.

use http::Method;
use lab::assembly::Lab;
use lab::aws::Call;
use serde_json::{Value, json};

use crate::client::{Answer, RIDE, post, send};
use crate::stack::{self, url};

async fn order(lab: &Lab, secret: &str, order: &Value) -> Answer {
    let headers = [("x-lab-secret", secret), ("content-type", "application/json")];
    send(Method::POST, &format!("{}/api/switches", lab.console.origin), &headers, order.to_string()).await
}

fn puts(calls: &[Call]) -> Vec<u16> {
    let puts = calls.iter().filter(|call| call.action == "dynamodb:PutItem" && call.resource.ends_with("-rides"));
    puts.map(|call| call.status).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_over_the_console_breaks_and_mends() {
    let lab = stack::start().await;
    let secret = lab.console.secret.clone();
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    for (trouble, status) in [(json!("fail"), 500), (json!("unavailable"), 503), (json!("throttle"), 400)] {
        let before = puts(&lab.calls.all()).len();
        let broken =
            json!({"resource": "RidesTable", "trouble": trouble, "operation": "PutItem", "share": 1.0, "seed": 7});
        assert_eq!(order(&lab, &secret, &broken).await.status, 200);
        assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 503, "{trouble}");
        let tried = puts(&lab.calls.all())[before..].iter().filter(|answer| **answer == status).count();
        assert!(tried >= 3, "{trouble} is tried three times, not {tried}");
    }
    assert_eq!(order(&lab, &secret, &json!({"resource": null, "trouble": null})).await.status, 200);
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_order_is_refused_by_name_and_changes_nothing() {
    let lab = stack::start().await;
    let secret = lab.console.secret.clone();
    let capacity = json!({"capacity": {"read": 1, "write": 1}});
    for (wrong, status, named) in [
        (
            json!({"resource": "RideFleetUrlParameter", "trouble": capacity}),
            400,
            "RideFleetUrlParameter is a parameter",
        ),
        (json!({"resource": "RidesTable", "trouble": {"value": "x"}}), 400, "RidesTable is a table"),
        (
            json!({"resource": "Rides", "trouble": "fail"}),
            404,
            "no table, parameter, queue, function or pipe \"Rides\"",
        ),
        (json!({"resource": "RequestRideFunction", "trouble": "fail"}), 400, "RequestRideFunction is a function"),
        (json!({"resource": "RidesTable", "trouble": "disk_full"}), 400, "RidesTable is a table"),
        (
            json!({"resource": "RequestRideFunction", "trouble": {"environment": {"AWS_ENDPOINT_URL": "http://192.0.2.1"}}}),
            400,
            "AWS_ENDPOINT_URL",
        ),
        (json!({"resource": "RidesTable", "trouble": "explode"}), 400, "explode"),
        (json!({"resource": "RidesTable", "trouble": "fail", "shares": 1}), 400, "shares"),
        (json!({"resource": "RidesTable", "trouble": "fail", "share": 2}), 400, "\"share\" is 2"),
    ] {
        let refused = order(&lab, &secret, &wrong).await;
        assert_eq!(refused.status, status, "{wrong}");
        let why = refused.json()["error"].as_str().expect("a reason").to_owned();
        assert!(why.contains(named), "{why:?} should say {named:?}");
    }
    let broken = json!({"resource": "RidesTable", "trouble": "fail"});
    assert_eq!(order(&lab, "guessed", &broken).await.status, 403);
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_is_overwritten_and_put_back() {
    let lab = stack::start().await;
    let secret = lab.console.secret.clone();
    let name = "/wild-rydes-ride-fleet/dev/URL";
    let value = lab.ssm.get(name).expect("a value");
    let hostile = json!({"resource": "RideFleetUrlParameter", "trouble": {"value": "http://169.254.169.254/"}});
    assert_eq!(order(&lab, &secret, &hostile).await.status, 200);
    assert_eq!(lab.ssm.get(name).as_deref(), Some("http://169.254.169.254/"));
    let mended = json!({"resource": "RideFleetUrlParameter", "trouble": null});
    assert_eq!(order(&lab, &secret, &mended).await.status, 200);
    assert_eq!(lab.ssm.get(name), Some(value));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_broken_and_mended_over_the_console() {
    let lab = stack::start().await;
    let secret = lab.console.secret.clone();
    // The probe books a ride every five minutes, and takes no seat of request-ride for long.
    for (trouble, status) in [
        // API Gateway makes a 429 of Lambda's where the template says so.
        (json!({"seats": 0}), 429),
        (json!({"environment": {"RIDE_FLEET_URL_PARAMETER": null}}), 502),
        (json!({"memory": {"mb": 1}}), 502),
    ]
    .into_iter()
    .filter(|(trouble, _)| cfg!(target_os = "linux") || trouble.get("memory").is_none())
    {
        let broken = json!({"resource": "RequestRideFunction", "trouble": trouble});
        assert_eq!(order(&lab, &secret, &broken).await.status, 200, "{trouble}");
        assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, status, "{trouble}");
        let mended = json!({"resource": "RequestRideFunction", "trouble": null});
        assert_eq!(order(&lab, &secret, &mended).await.status, 200);
        assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201, "mended of {trouble}");
    }
}
