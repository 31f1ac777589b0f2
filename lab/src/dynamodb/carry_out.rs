//! A call that nobody troubles: as much of it is carried out as capacity lets through.

use std::time::Instant;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{self, with_body};
use super::capacity::{Demand, Shape};
use super::front::{Call, Outcome, silent};
use super::throttle::{Place, Throttle};
use super::{DynamoDb, batch, consumed, request};

/// What of a call goes on.
struct Admitted {
    request: Value,
    /// What was taken for it.
    taken: Vec<Demand>,
    /// The items of a batch that were not let through, and the throttles that did it.
    held: Value,
    throttles: Vec<Throttle>,
}

impl DynamoDb {
    /// Meters a call and carries it out.
    pub(super) async fn carry_out(&self, parts: http::request::Parts, body: Bytes, call: &Call) -> Outcome {
        let Some(side) = call.side else { return self.unmetered(parts, body, call).await };
        let mut admitted = match self.admit(call) {
            Ok(admitted) => admitted,
            Err(outcome) => return *outcome,
        };
        let wanted = consumed::asking(&call.operation, &mut admitted.request);
        // What is no JSON is the engine's to refuse.
        let body = if call.request.is_object() { admitted.request.to_string().into() } else { body };
        let Some((parts, body)) = self.forward(parts, body).await else {
            self.capacity.give_back(&admitted.taken, Instant::now());
            return Outcome::refused(silent(), "InternalServerError");
        };
        let mut figures: Value = serde_json::from_slice(&body).unwrap_or_default();
        let kind = kind(&figures);
        let consumed = match kind.as_str() {
            "" => consumed::consumed(&figures),
            // The size of what is there decides, and none is one unit.
            "ConditionalCheckFailedException" => {
                let table = |table: &String| Place { table: table.clone(), index: None };
                call.tables.iter().map(|name| (table(name), consumed::write_units(&figures["Item"]))).collect()
            }
            // What a cancelled transaction takes is not documented: what it was let through with.
            "TransactionCanceledException" => {
                admitted.taken.iter().map(|demand| (demand.place.clone(), demand.units)).collect()
            }
            _ => Vec::new(),
        };
        self.capacity.settle(&admitted.taken, side, &consumed, Instant::now());
        let mut changed = wanted.reduce(&mut figures);
        if let Some(member) = batch::unprocessed(&call.operation)
            && kind.is_empty()
            && !admitted.throttles.is_empty()
        {
            batch::add(&mut figures, member, &admitted.held);
            changed = true;
        }
        let body = if changed { figures.to_string().into() } else { body };
        Outcome { answer: with_body(parts, body), kind, consumed, throttles: admitted.throttles }
    }

    /// Takes what a call needs at least. A request of one item goes on or does not, so does a transaction; of a batch goes on
    /// what there is capacity for, and only where there is none for any of it, it fails.
    fn admit(&self, call: &Call) -> Result<Admitted, Box<Outcome>> {
        let now = Instant::now();
        let items = request::demands(&call.operation, &call.request, &self.capacity);
        let mut taken = Vec::new();
        let mut refused: Vec<Vec<Throttle>> = Vec::new();
        for item in items {
            match self.capacity.admit(&item, now) {
                Ok(()) => {
                    taken.extend(item);
                    refused.push(Vec::new());
                }
                Err(throttles) => refused.push(throttles),
            }
        }
        let throttles = refused.concat();
        let mut admitted = Admitted { request: call.request.clone(), taken, held: Value::Null, throttles };
        if admitted.throttles.is_empty() {
            return Ok(admitted);
        }
        let goes_on: Vec<bool> = refused.iter().map(Vec::is_empty).collect();
        if batch::unprocessed(&call.operation).is_some() {
            let known = |table: &str| self.capacity.shape(table).is_some();
            let (going, held) = batch::part(&call.request["RequestItems"], known, &goes_on);
            if going.as_object().is_some_and(|going| !going.is_empty()) {
                admitted.request["RequestItems"] = going;
                return Ok(Admitted { held, ..admitted });
            }
        }
        self.capacity.give_back(&admitted.taken, now);
        if !call.operation.starts_with("Transact") {
            return Err(Box::new(self.throttled(admitted.throttles)));
        }
        let cancelled = Outcome::refused(answer::cancelled(&refused), "TransactionCanceledException");
        Err(Box::new(Outcome { throttles: admitted.throttles, ..cancelled }))
    }

    /// What takes no capacity, or none that the lab can meter.
    async fn unmetered(&self, parts: http::request::Parts, body: Bytes, call: &Call) -> Outcome {
        let statement =
            matches!(call.operation.as_str(), "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction");
        if statement && !self.capacity.provisioned().is_empty() {
            let why = format!(
                "the lab does not meter {}: with a provisioned table in the stack, use the operations of items instead",
                call.operation
            );
            let answer = answer::error(StatusCode::BAD_REQUEST, "UnknownOperationException", json!({"message": why}));
            return Outcome::refused(answer, "UnknownOperationException");
        }
        let Some((parts, body)) = self.forward(parts, body).await else {
            return Outcome::refused(silent(), "InternalServerError");
        };
        let kind = kind(&serde_json::from_slice(&body).unwrap_or_default());
        if kind.is_empty() && matches!(call.operation.as_str(), "CreateTable" | "UpdateTable") {
            self.learn(&call.tables).await;
        }
        Outcome::refused(with_body(parts, body), &kind)
    }

    /// Reads anew what tables are provisioned with: somebody has made or changed them.
    async fn learn(&self, tables: &[String]) {
        for table in tables {
            if let Ok(described) = self.call("DescribeTable", &json!({"TableName": table})).await
                && let Some(shape) = Shape::read(&described["Table"])
            {
                self.capacity.register(shape, Instant::now());
            }
        }
    }
}

/// The kind of an answer's error, without its namespace.
fn kind(answer: &Value) -> String {
    answer["__type"].as_str().and_then(|kind| kind.rsplit('#').next()).unwrap_or_default().to_owned()
}
