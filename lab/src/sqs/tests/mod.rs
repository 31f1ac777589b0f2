//! The room: what calls are answered, who may call, and what CloudWatch is told.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::messages::Caller;
use super::request::Members;
use super::*;
use crate::template::{Redrive, RedriveAllow};

mod calls;
mod metering;
mod sdk;
mod served;

const PREFIX: &str = "arn:aws:sqs:eu-west-1:123456789012";

fn queue(name: &str) -> Queue {
    Queue {
        logical_id: name.to_owned(),
        name: name.to_owned(),
        arn: format!("{PREFIX}:{name}"),
        url: format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{name}"),
        visibility_timeout: Duration::from_secs(30),
        delay: Duration::ZERO,
        retention: Duration::from_secs(345_600),
        wait: Duration::ZERO,
        maximum_message_size: engine::MAX_SIZE,
        redrive: None,
        redrive_allow: RedriveAllow::All,
    }
}

/// `q`, whose dead letters go to `dead` after the first receive.
fn sqs() -> Sqs {
    let redrive = Some(Redrive { dead_letters: format!("{PREFIX}:dead"), max_receive_count: 1 });
    let queues = [Queue { redrive, ..queue("q") }, queue("dead")];
    Sqs::new("eu-west-1", "123456789012", &queues, Guard::default())
}

/// One call about `q`, as the owner of the account.
async fn call(sqs: &Sqs, operation: &str, mut request: Json) -> Result<Json, SqsError> {
    if request.get("QueueUrl").is_none() {
        request["QueueUrl"] = "http://127.0.0.1:9324/123456789012/q".into();
    }
    let caller = Caller { id: "AROA:somebody".to_owned(), trace: None };
    sqs.dispatch(operation, Members(&request), &caller).await
}

async fn ok(sqs: &Sqs, operation: &str, request: Json) -> Json {
    call(sqs, operation, request.clone()).await.unwrap_or_else(|error| panic!("{operation} {request}: {error}"))
}

async fn refused(sqs: &Sqs, operation: &str, request: Json) -> Code {
    let answer = call(sqs, operation, request.clone()).await;
    answer.map_or_else(|error| error.code, |answer| panic!("{operation} {request}: {answer}"))
}
