//! Which rights a call takes: actions on resources.

use serde_json::Value;

/// What IAM is asked for a call of `operation` that is about `resources`: the table, or an index and then its table, or the tables
/// of a batch or a transaction.
///
/// A transaction takes the rights of what it does, item by item, and none of its own
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>). Reading an index takes the right to the
/// index, and none to its table (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-specific-table-indexes.html>).
pub(super) fn of(operation: &str, request: &Value, resources: &[String]) -> Vec<(String, String)> {
    let mut rights: Vec<(String, String)> = match operation {
        "TransactWriteItems" | "TransactGetItems" => {
            let items = request["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object);
            let of_item = |(kind, item): (&String, &Value)| {
                let table = format!(":table/{}", item["TableName"].as_str()?);
                let resource = resources.iter().find(|resource| resource.ends_with(&table))?;
                let action =
                    if kind == "ConditionCheck" { "ConditionCheckItem".to_owned() } else { format!("{kind}Item") };
                Some((action, resource.clone()))
            };
            items.flatten().filter_map(of_item).collect()
        }
        _ if request["IndexName"].is_string() => {
            resources.iter().take(1).map(|index| right(operation, index)).collect()
        }
        _ => resources.iter().map(|resource| right(operation, resource)).collect(),
    };
    rights.sort();
    rights.dedup();
    // A transaction that nobody can read is the engine's to refuse, and whoever sends it shows at least who it is.
    if rights.is_empty() {
        rights.extend(resources.iter().map(|resource| right(operation, resource)));
    }
    rights.into_iter().map(|(action, resource)| (format!("dynamodb:{action}"), resource)).collect()
}

fn right(operation: &str, resource: &str) -> (String, String) {
    (operation.to_owned(), resource.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(operation: &str, request: &Value, resources: &[&str]) -> Vec<String> {
        let resources: Vec<String> = resources.iter().map(|resource| format!("arn:table/{resource}")).collect();
        let rights = of(operation, request, &resources).into_iter();
        rights.map(|(action, resource)| format!("{action} {}", resource.trim_start_matches("arn:table/"))).collect()
    }

    #[test]
    fn a_transaction_takes_the_rights_of_what_it_does() {
        let on = |kind: &str, table: &str| json!({kind: {"TableName": table}});
        let items =
            [on("Put", "a"), on("Update", "b"), on("Update", "b"), on("ConditionCheck", "a"), on("Delete", "b")];
        let rights = asked("TransactWriteItems", &json!({"TransactItems": items}), &["a", "b"]);
        let expected =
            ["dynamodb:ConditionCheckItem a", "dynamodb:DeleteItem b", "dynamodb:PutItem a", "dynamodb:UpdateItem b"];
        assert_eq!(rights, expected);
        let rights = asked("TransactGetItems", &json!({"TransactItems": [on("Get", "a")]}), &["a"]);
        assert_eq!(rights, ["dynamodb:GetItem a"]);
        assert_eq!(asked("TransactWriteItems", &json!({}), &["*"]), ["dynamodb:TransactWriteItems *"]);
    }

    #[test]
    fn an_index_takes_its_own_right_and_a_table_its_own() {
        let rights = asked("Query", &json!({"IndexName": "by-status"}), &["a/index/by-status", "a"]);
        assert_eq!(rights, ["dynamodb:Query a/index/by-status"]);
        assert_eq!(asked("GetItem", &json!({}), &["a"]), ["dynamodb:GetItem a"]);
        assert_eq!(
            asked("BatchGetItem", &json!({}), &["a", "b"]),
            ["dynamodb:BatchGetItem a", "dynamodb:BatchGetItem b"]
        );
    }
}
