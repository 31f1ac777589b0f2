//! What the stack asks of a table: an operation that no role allows has no metric.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Platform;
use crate::template::model::Table;
use crate::template::wildcard;

/// Values of the dimension `Operation` for tables, each with the actions of which one allows it.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>
const OPERATIONS: &[(&str, &[&str])] = &[
    ("BatchGetItem", &["BatchGetItem"]),
    ("BatchWriteItem", &["BatchWriteItem"]),
    ("DeleteItem", &["DeleteItem"]),
    ("GetItem", &["GetItem"]),
    ("PutItem", &["PutItem"]),
    ("Query", &["Query"]),
    ("Scan", &["Scan"]),
    ("TransactGetItems", &["GetItem"]),
    ("TransactWriteItems", &["ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"]),
    ("UpdateItem", &["UpdateItem"]),
];

impl Platform<'_> {
    pub(super) fn operations(&self, table: &Table) -> BTreeSet<&'static str> {
        let statements = || self.stack.roles.values().flat_map(|role| &role.statements);
        let allowed = |action: &&str| statements().any(|statement| allows(statement, action, table));
        OPERATIONS.iter().filter(|(_, actions)| actions.iter().any(&allowed)).map(|(name, _)| *name).collect()
    }
}

fn allows(statement: &Json, action: &str, table: &Table) -> bool {
    let action = format!("dynamodb:{action}").to_ascii_lowercase();
    let acts = |pattern: &str| wildcard::matches(pattern.to_ascii_lowercase().as_bytes(), action.as_bytes());
    // An index is read as part of its table.
    let (indexes, table) = (format!("{}/index/", table.arn), &table.arn);
    let covers = |pattern: &str| {
        wildcard::matches(pattern.as_bytes(), table.as_bytes())
            || wildcard::matches(pattern.as_bytes(), format!("{indexes}*").as_bytes())
            || pattern.starts_with(&indexes)
    };
    statement["Effect"] == "Allow" && any(&statement["Action"], acts) && any(&statement["Resource"], covers)
}

fn any(node: &Json, matches: impl Fn(&str) -> bool) -> bool {
    match node {
        Json::String(text) => matches(text),
        Json::Array(items) => items.iter().filter_map(Json::as_str).any(matches),
        _ => false,
    }
}
