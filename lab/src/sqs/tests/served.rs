//! Over HTTP: the protocol's headers, what is broken on purpose, and who may call.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::*;
use crate::aws::{Call, Calls, Fault, Trouble};
use crate::keyring::Keyring;
use crate::task::DropTask;
use crate::template::{Function, MetricName, Role, Statistic};

pub(super) struct Served {
    pub(super) origin: String,
    _room: DropTask,
}

pub(super) async fn serve(sqs: &Sqs) -> Served {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    Served { origin, _room: DropTask::spawn(sqs.clone().serve(listener)) }
}

impl Served {
    /// Status, the header `x-amzn-query-error`, and the body.
    async fn call(&self, operation: &str, key: &str, mut request: Json) -> (u16, String, Json) {
        if request.get("QueueUrl").is_none() {
            request["QueueUrl"] = format!("{}/123456789012/q", self.origin).into();
        }
        let request = Request::post(&self.origin)
            .header("x-amz-target", format!("AmazonSQS.{operation}"))
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={key}/20261121/eu-west-1/sqs/aws4_request"))
            .header("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
            .body(Full::<Bytes>::from(request.to_string()))
            .expect("a request");
        let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        assert_eq!(parts.headers["content-type"], "application/x-amz-json-1.0");
        let query = parts.headers.get("x-amzn-query-error").and_then(|header| header.to_str().ok());
        let query = query.unwrap_or_default().to_owned();
        let body = body.collect().await.expect("a whole body").to_bytes();
        (parts.status.as_u16(), query, serde_json::from_slice(&body).expect("JSON"))
    }
}

#[tokio::test]
async fn errors_have_the_name_of_both_protocols() {
    let served = serve(&sqs()).await;
    let (status, query, body) =
        served.call("SendMessage", "person", json!({"QueueUrl": "http://h/123456789012/x", "MessageBody": "b"})).await;
    assert_eq!((status, query.as_str()), (400, "AWS.SimpleQueueService.NonExistentQueue;Sender"));
    assert_eq!(body["__type"], "com.amazonaws.sqs#QueueDoesNotExist");
    let (status, _, body) = served.call("TagQueue", "person", json!({})).await;
    assert_eq!(status, 400);
    assert!(body["message"].as_str().is_some_and(|message| message.contains("TagQueue")), "{body}");
}

#[tokio::test]
async fn the_trace_of_a_request_goes_with_its_message() {
    let sqs = sqs();
    let served = serve(&sqs).await;
    let (status, _, sent) = served.call("SendMessage", "person", json!({"MessageBody": "b"})).await;
    assert_eq!(status, 200, "{sent}");
    let header = sqs.contents("q")[0].trace_header.clone();
    assert_eq!(header.as_deref(), Some("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"));
}

#[tokio::test]
async fn a_broken_queue_answers_in_sqss_words() {
    let sqs = sqs();
    let served = serve(&sqs).await;
    let arn = format!("{PREFIX}:q");
    for (trouble, expected, query) in [
        (Trouble::Fail, 500, "InternalFailure;Receiver"),
        (Trouble::Unavailable, 503, "ServiceUnavailable;Receiver"),
        (Trouble::Throttle, 400, "RequestThrottled;Sender"),
    ] {
        sqs.switch.set_for(&arn, Fault::every(trouble).only(Some("SendMessage".to_owned())));
        let (status, error, _) = served.call("SendMessage", "person", json!({"MessageBody": "b"})).await;
        assert_eq!((status, error.as_str()), (expected, query));
        assert_eq!(served.call("ReceiveMessage", "person", json!({})).await.0, 200, "another operation works");
    }
    assert_eq!(sqs.depth("q").all(), 0);
}

/// The service as two functions use it: `sender` may send to `q`, `mover` may also start moves from `dead`, which takes more.
fn guarded(of_mover: &[(&str, &str)]) -> (Sqs, Calls) {
    let role = |name: &str, allowed: &[(&str, &str)]| Role {
        arn: format!("arn:aws:iam::123456789012:role/{name}"),
        statements: allowed
            .iter()
            .map(
                |(action, queue)| json!({"Effect": "Allow", "Action": action, "Resource": format!("{PREFIX}:{queue}")}),
            )
            .collect(),
    };
    let function = |name: &str| Function {
        logical_id: name.to_owned(),
        name: name.to_owned(),
        arn: String::new(),
        binary: String::new(),
        code_uri: String::new(),
        handler: String::new(),
        runtime: String::new(),
        timeout: Duration::from_secs(1),
        memory_mb: 128,
        environment: BTreeMap::new(),
        reserved_concurrency: None,
        log_group: String::new(),
        role_arn: Some(format!("arn:aws:iam::123456789012:role/{name}")),
        tracing: false,
    };
    let roles = BTreeMap::from([
        ("s".to_owned(), role("sender", &[("sqs:SendMessage", "q")])),
        ("m".to_owned(), role("mover", of_mover)),
    ]);
    let functions = [function("sender"), function("mover")];
    let calls = Calls::default();
    let guard = Guard::new(Keyring::new(&functions, &roles, "123456789012"), calls.clone());
    (Sqs { guard, ..sqs() }, calls)
}

#[tokio::test]
async fn a_function_may_what_its_role_allows_and_batches_with_it() {
    let (sqs, calls) = guarded(&[]);
    let served = serve(&sqs).await;
    let entries = json!({"Entries": [{"Id": "a", "MessageBody": "x"}]});
    assert_eq!(served.call("SendMessageBatch", "LAB.sender", entries).await.0, 200);
    assert!(sqs.contents("q")[0].sender.ends_with(":sender"));
    let (status, _, body) = {
        let answer = served.call("ReceiveMessage", "LAB.sender", json!({}));
        // IAM's refusal has the protocol of all services.
        tokio::time::timeout(Duration::from_secs(10), answer).await.expect("an answer")
    };
    assert_eq!((status, body["__type"].as_str()), (400, Some("AccessDeniedException")));
    let call = |action: &str, status| Call {
        function: Some("sender".to_owned()),
        action: action.to_owned(),
        resource: format!("{PREFIX}:q"),
        status,
    };
    assert_eq!(calls.all(), [call("sqs:SendMessage", 200), call("sqs:ReceiveMessage", 400)]);
}

#[tokio::test]
async fn a_move_needs_the_rights_to_take_and_to_put() {
    let own = ("sqs:StartMessageMoveTask", "dead");
    let take = [("sqs:ReceiveMessage", "dead"), ("sqs:DeleteMessage", "dead"), ("sqs:GetQueueAttributes", "dead")];
    let put = ("sqs:SendMessage", "q");
    let all: Vec<(&str, &str)> = [own].into_iter().chain(take).chain([put]).collect();
    let request = || json!({"SourceArn": format!("{PREFIX}:dead")});
    for left_out in 0..all.len() {
        let some: Vec<_> = all.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, one)| *one).collect();
        let served = serve(&guarded(&some).0).await;
        let (status, _, body) = served.call("StartMessageMoveTask", "LAB.mover", request()).await;
        let missing = all[left_out].0;
        assert_eq!(status, 400);
        assert!(body["message"].as_str().is_some_and(|message| message.contains(missing)), "{missing}: {body}");
    }
    let served = serve(&guarded(&all).0).await;
    let (status, _, body) = served.call("StartMessageMoveTask", "LAB.mover", request()).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn dead_letters_are_moved_while_nobody_calls() {
    let instruments = Instruments::default();
    let sqs = Sqs { instruments: Some(instruments.clone()), ..sqs() };
    let served = serve(&sqs).await;
    served.call("SendMessage", "person", json!({"MessageBody": "a"})).await;
    served.call("ReceiveMessage", "person", json!({"VisibilityTimeout": 0})).await;
    served.call("ReceiveMessage", "person", json!({})).await;
    assert_eq!((sqs.depth("q").all(), sqs.depth("dead").visible), (0, 1));
    let source = json!({"SourceArn": format!("{PREFIX}:dead")});
    let (status, _, started) = served.call("StartMessageMoveTask", "person", source.clone()).await;
    assert_eq!(status, 200, "{started}");
    // Every call lets time pass in the queues, and would move it: so its metrics say that it has come, which asks no queue.
    let name = MetricName {
        namespace: "AWS/SQS".to_owned(),
        name: "NumberOfMessagesSent".to_owned(),
        dimensions: BTreeMap::from([("QueueName".to_owned(), "q".to_owned())]),
    };
    let (day, now) = (jiff::SignedDuration::from_hours(24), instruments.clock.now());
    let sent = || instruments.metrics.window(&name, Statistic::Sum, None, now - day, now + day);
    let moved = async {
        while sent() != Some(2.0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), moved).await.expect("the room itself moves it");
    let (_, _, received) = served.call("ReceiveMessage", "person", json!({})).await;
    assert_eq!(received["Messages"][0]["Body"], "a");
    let (_, _, listed) = served.call("ListMessageMoveTasks", "person", source).await;
    let task = &listed["Results"][0];
    assert_eq!(
        (task["Status"].as_str(), task["ApproximateNumberOfMessagesMoved"].as_u64()),
        (Some("COMPLETED"), Some(1))
    );
    let cancel = json!({"TaskHandle": started["TaskHandle"]});
    let (status, query, _) = served.call("CancelMessageMoveTask", "person", cancel).await;
    assert_eq!((status, query.as_str()), (400, "AWS.SimpleQueueService.UnsupportedOperation;Sender"));
}
