//! A DynamoDB engine in memory, on a real loopback socket: conditions and transactions are judged as in the lab.

#[path = "../aws/mod.rs"]
pub(crate) mod aws;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};

/// Starts one without tables, which lives as long as the test, and returns its address.
pub(crate) async fn start() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("a bound socket"));
    let database = dynoxide::Database::memory().expect("an empty database");
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
    address
}

/// A patient client of the engine at this address.
pub(crate) fn client(address: &str) -> Client {
    shared::dynamodb::client(&aws::environment(address, 3, 5_000)).expect("a whole environment")
}

/// Makes a table whose key is this text.
pub(crate) async fn create(client: &Client, table: &str, key_name: &str) {
    new_table(client, table, key_name).send().await.expect("a table");
}

/// A table whose key is this text, before it is made.
pub(crate) fn new_table(client: &Client, table: &str, key_name: &str) -> CreateTableFluentBuilder {
    let create = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    create.key_schema(key(key_name, KeyType::Hash)).attribute_definitions(text(key_name))
}

pub(crate) fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("whole")
}

pub(crate) fn text(name: &str) -> AttributeDefinition {
    let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
    attribute.build().expect("whole")
}
