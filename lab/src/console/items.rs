//! `GET /api/items?table=NAME`: the rows of a table, for whoever compares them with what riders were told.
//!
//! They are read past the table's faults and capacity, and when no invocation is under way: one that is may still write. Rows
//! hold where riders stood, so that the secret of an order is needed.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::query::Query;
use super::{error, ok};
use crate::dynamodb::{DynamoDb, DynamoDbError};
use crate::lambda::Lambda;
use crate::listen::Answer;

/// Longer than any function that stores rides may run, and shorter than who asks waits for the answer.
const REST_LIMIT: Duration = Duration::from_secs(28);

/// The tables and those who write to them.
#[derive(Debug)]
pub(crate) struct Items {
    pub(crate) dynamodb: DynamoDb,
    pub(crate) lambda: Arc<Lambda>,
}

impl Items {
    pub(super) async fn answer(&self, query: &Query) -> Answer {
        let Some(table) = query.text("table") else {
            return error(StatusCode::BAD_REQUEST, "table must be the name of a table");
        };
        let at_rest = self.lambda.at_rest(REST_LIMIT).await;
        match self.dynamodb.items(table).await {
            Ok(items) => ok(&json!({"items": items, "at_rest": at_rest})),
            Err(why @ DynamoDbError::Refused { .. }) => error(StatusCode::NOT_FOUND, &why.to_string()),
            Err(why) => error(StatusCode::INTERNAL_SERVER_ERROR, &why.to_string()),
        }
    }
}
