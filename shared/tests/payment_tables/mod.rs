//! The tables of payments, in a DynamoDB engine of their own.

#[path = "../engine/mod.rs"]
pub(crate) mod engine;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_sdk_dynamodb::types::{GlobalSecondaryIndex, KeyType, Projection, ProjectionType};
use shared::payments::counts::{Counts, SHARDS, total_key};
use shared::payments::{BY_STATUS, Tables};

/// What they are called.
pub(crate) fn names() -> Tables {
    Tables { payments: "payments".into(), counts: "payment-counts".into() }
}

/// Starts an engine with both tables, empty, and returns its address.
pub(crate) async fn start() -> String {
    let (address, Tables { payments, counts }) = (engine::start().await, names());
    let client = engine::client(&address);
    let by_status = GlobalSecondaryIndex::builder()
        .index_name(BY_STATUS)
        .key_schema(engine::key("Status", KeyType::Hash))
        .key_schema(engine::key("PlacedAt", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    engine::new_table(&client, &payments, "RideId")
        .attribute_definitions(engine::text("Status"))
        .attribute_definitions(engine::text("PlacedAt"))
        .global_secondary_indexes(by_status.build().expect("whole"))
        .send()
        .await
        .expect("a table");
    engine::create(&client, &counts, "Id").await;
    address
}

/// The counts of all time, out of their shards.
pub(crate) async fn totals(client: &Client) -> Counts {
    counts(client, (0..SHARDS).map(total_key)).await
}

/// The sum of these rows of the counts.
pub(crate) async fn counts(client: &Client, keys: impl Iterator<Item = String>) -> Counts {
    let mut counts = Counts::default();
    for key in keys {
        let get = client.get_item().table_name(names().counts).key("Id", S(key)).send().await.expect("an engine");
        counts += Counts::of(&get.item.unwrap_or_default());
    }
    counts
}
