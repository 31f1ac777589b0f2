//! `AWS::DynamoDB::Table` into the `CreateTable` request that makes it.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html>

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::error::TemplateError;
use super::intrinsics::Scope;
use super::model::Table;
use super::properties::{Known, TAGS};
use super::references::{stream_arn, table_arn};
use super::stack::Resolved;
use super::tree::Node;

const PROPERTIES: Known = Known {
    what: "AWS::DynamoDB::Table",
    used: &[
        "AttributeDefinitions",
        "BillingMode",
        "ContributorInsightsSpecification",
        "DeletionProtectionEnabled",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "LocalSecondaryIndexes",
        "ProvisionedThroughput",
        "StreamSpecification",
        "TableName",
        "TimeToLiveSpecification",
    ],
    without_effect: &[
        TAGS,
        ("SSESpecification", "the lab keeps nothing encrypted at rest"),
        ("PointInTimeRecoverySpecification", "there are no backups on one machine"),
        ("TableClass", "is a price"),
        ("WarmThroughput", "there are no partitions to warm"),
    ],
};
const ATTRIBUTE: Known =
    Known { what: "an attribute definition", used: &["AttributeName", "AttributeType"], without_effect: &[] };
const KEY: Known = Known { what: "a key", used: &["AttributeName", "KeyType"], without_effect: &[] };
const THROUGHPUT: Known =
    Known { what: "ProvisionedThroughput", used: &["ReadCapacityUnits", "WriteCapacityUnits"], without_effect: &[] };
const GLOBAL_INDEX: Known = Known {
    what: "a global secondary index",
    used: &["ContributorInsightsSpecification", "IndexName", "KeySchema", "Projection", "ProvisionedThroughput"],
    without_effect: &[("WarmThroughput", "there are no partitions to warm")],
};
const LOCAL_INDEX: Known =
    Known { what: "a local secondary index", used: &["IndexName", "KeySchema", "Projection"], without_effect: &[] };
const PROJECTION: Known =
    Known { what: "a projection", used: &["ProjectionType", "NonKeyAttributes"], without_effect: &[] };
const STREAM: Known = Known { what: "StreamSpecification", used: &["StreamViewType"], without_effect: &[] };
/// Read for its form. Its reports name the keys that were asked for most or refused most, and the lab makes none: it shows
/// every call.
const CONTRIBUTOR_INSIGHTS: Known =
    Known { what: "ContributorInsightsSpecification", used: &["Enabled", "Mode"], without_effect: &[] };
const TTL: Known = Known { what: "TimeToLiveSpecification", used: &["AttributeName", "Enabled"], without_effect: &[] };

pub(crate) fn read(item: &Resolved<'_>, scope: &Scope<'_>) -> Result<Table, TemplateError> {
    let node = &item.properties;
    PROPERTIES.check(node)?;
    let references = scope.references.ok_or_else(|| node.error("the lab resolves tables with their stack only"))?;
    let name = references.physical_name(item.id, scope, item.resource.body)?;
    let well_named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !(3..=255).contains(&name.len()) || !name.bytes().all(well_named) {
        let at = node.get("TableName").unwrap_or(node);
        return Err(at.error(format!("\"{name}\" is no table name: 3 to 255 letters, digits, _ - and .")));
    }
    let on_demand = match node.get("BillingMode") {
        Some(mode) => mode.one_of(&["PROVISIONED", "PAY_PER_REQUEST"])? == "PAY_PER_REQUEST",
        None => false,
    };
    let mut request = Map::new();
    let mut keys = BTreeSet::new();
    request.insert("TableName".into(), name.clone().into());
    request.insert("AttributeDefinitions".into(), attributes(node.require("AttributeDefinitions")?)?);
    request.insert("KeySchema".into(), key_schema(node.require("KeySchema")?, &mut keys)?);
    request.insert("BillingMode".into(), if on_demand { "PAY_PER_REQUEST" } else { "PROVISIONED" }.into());
    throughput(node, on_demand, &mut request)?;
    contributor_insights(node)?;
    for (key, known) in [("GlobalSecondaryIndexes", &GLOBAL_INDEX), ("LocalSecondaryIndexes", &LOCAL_INDEX)] {
        if let Some(list) = node.get(key) {
            let global = key == "GlobalSecondaryIndexes";
            let indexes: Result<Vec<Json>, _> =
                list.list()?.iter().map(|node| index(node, known, global.then_some(on_demand), &mut keys)).collect();
            request.insert(key.into(), indexes?.into());
        }
    }
    node.get("LocalSecondaryIndexes").map_or(Ok(()), |indexes| shares_its_partition(indexes, node))?;
    if let Some(stream) = node.get("StreamSpecification") {
        STREAM.check(stream)?;
        let view =
            stream.require("StreamViewType")?.one_of(&["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"])?;
        request.insert("StreamSpecification".into(), json!({ "StreamEnabled": true, "StreamViewType": view }));
    }
    if let Some(protected) = node.get("DeletionProtectionEnabled") {
        request.insert("DeletionProtectionEnabled".into(), protected.boolean()?.into());
    }
    defined_and_used(node.require("AttributeDefinitions")?, &keys)?;
    Ok(Table {
        logical_id: item.id.to_owned(),
        arn: table_arn(scope.inputs, &name),
        stream_arn: node.get("StreamSpecification").map(|_| stream_arn(scope.inputs, &name)),
        name,
        create_request: request.into(),
        ttl_attribute: node.get("TimeToLiveSpecification").map_or(Ok(None), ttl)?,
    })
}

fn attributes(node: &Node) -> Result<Json, TemplateError> {
    let read = |node: &Node| {
        ATTRIBUTE.check(node)?;
        Ok(json!({
            "AttributeName": node.require("AttributeName")?.text()?,
            "AttributeType": node.require("AttributeType")?.one_of(&["S", "N", "B"])?,
        }))
    };
    node.list()?.iter().map(read).collect()
}

fn key_schema(node: &Node, keys: &mut BTreeSet<String>) -> Result<Json, TemplateError> {
    let items = node.list()?;
    if !(1..=2).contains(&items.len()) {
        return Err(node.error("a key has one or two attributes"));
    }
    let mut schema = Vec::new();
    for (item, expected) in items.iter().zip(["HASH", "RANGE"]) {
        KEY.check(item)?;
        let name = item.require("AttributeName")?.text()?;
        let kind = item.require("KeyType")?.one_of(&[expected])?;
        keys.insert(name.clone());
        schema.push(json!({ "AttributeName": name, "KeyType": kind }));
    }
    Ok(schema.into())
}

fn throughput(node: &Node, on_demand: bool, request: &mut Map<String, Json>) -> Result<(), TemplateError> {
    match node.get("ProvisionedThroughput") {
        Some(units) if on_demand => {
            Err(units.error("PAY_PER_REQUEST has no ProvisionedThroughput; leave it out with Fn::If"))
        }
        Some(units) => {
            THROUGHPUT.check(units)?;
            let read: u64 = units.require("ReadCapacityUnits")?.integer(1..=40_000)?;
            let write: u64 = units.require("WriteCapacityUnits")?.integer(1..=40_000)?;
            request.insert(
                "ProvisionedThroughput".into(),
                json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write }),
            );
            Ok(())
        }
        None if on_demand => Ok(()),
        None => Err(node.error("ProvisionedThroughput is missing; a table without it has BillingMode PAY_PER_REQUEST")),
    }
}

fn contributor_insights(node: &Node) -> Result<(), TemplateError> {
    let Some(insights) = node.get("ContributorInsightsSpecification") else { return Ok(()) };
    CONTRIBUTOR_INSIGHTS.check(insights)?;
    insights.require("Enabled")?.boolean()?;
    let mode = insights.get("Mode").map(|mode| mode.one_of(&["ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"]));
    mode.transpose().map(|_| ())
}

/// `on_demand` is stated for global indexes, which have a throughput of their own.
fn index(
    node: &Node,
    known: &Known,
    on_demand: Option<bool>,
    keys: &mut BTreeSet<String>,
) -> Result<Json, TemplateError> {
    known.check(node)?;
    contributor_insights(node)?;
    let mut index = Map::new();
    index.insert("IndexName".into(), node.require("IndexName")?.text()?.into());
    index.insert("KeySchema".into(), key_schema(node.require("KeySchema")?, keys)?);
    let projection = node.require("Projection")?;
    PROJECTION.check(projection)?;
    let mut wanted = Map::new();
    let kind = projection.require("ProjectionType")?.one_of(&["ALL", "KEYS_ONLY", "INCLUDE"])?;
    wanted.insert("ProjectionType".into(), kind.into());
    if let Some(others) = projection.get("NonKeyAttributes") {
        let others: Result<Vec<String>, _> = others.list()?.iter().map(Node::text).collect();
        wanted.insert("NonKeyAttributes".into(), others?.into());
    }
    index.insert("Projection".into(), wanted.into());
    on_demand.map_or(Ok(()), |on_demand| throughput(node, on_demand, &mut index))?;
    Ok(index.into())
}

/// A local index sorts the items of one partition anew: same partition key, and a sort key on both sides.
fn shares_its_partition(indexes: &Node, table: &Node) -> Result<(), TemplateError> {
    let partition = |node: &Node| node.list().ok()?.first()?.get("AttributeName")?.scalar();
    let table_key = table.require("KeySchema")?;
    if table_key.list()?.len() != 2 {
        return Err(indexes.error("a table with local indexes needs a sort key (RANGE)"));
    }
    for index in indexes.list()? {
        let key = index.require("KeySchema")?;
        if key.list()?.len() != 2 || partition(key) != partition(table_key) {
            return Err(key.error("a local index has the table's partition key (HASH) and a sort key (RANGE)"));
        }
    }
    Ok(())
}

fn ttl(node: &Node) -> Result<Option<String>, TemplateError> {
    TTL.check(node)?;
    let attribute = node.get("AttributeName").map(Node::text).transpose()?;
    if !node.require("Enabled")?.boolean()? {
        return Ok(None);
    }
    attribute.map(Some).ok_or_else(|| node.error("\"AttributeName\" is missing"))
}

/// DynamoDB refuses a key attribute that is not defined, and a definition that no key uses.
fn defined_and_used(definitions: &Node, keys: &BTreeSet<String>) -> Result<(), TemplateError> {
    let mut defined = BTreeSet::new();
    for node in definitions.list()? {
        let name = node.require("AttributeName")?.text()?;
        if !keys.contains(&name) {
            return Err(
                node.error(format!("\"{name}\" is defined but is in no key; DynamoDB defines key attributes only"))
            );
        }
        if !defined.insert(name.clone()) {
            return Err(node.error(format!("\"{name}\" is defined twice")));
        }
    }
    match keys.difference(&defined).next() {
        Some(missing) => Err(definitions.error(format!("the key attribute \"{missing}\" is not defined"))),
        None => Ok(()),
    }
}
