use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::scan::ScanInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_smithy_runtime_api::client::interceptors::context::Input;

/// The table that a call is about, for its trace. These are the operations that functions use; a call of another is
/// traced without its table.
pub(super) fn of(input: &Input) -> Option<&str> {
    None.or_else(|| input.downcast_ref().and_then(PutItemInput::table_name))
        .or_else(|| input.downcast_ref().and_then(GetItemInput::table_name))
        .or_else(|| input.downcast_ref().and_then(ScanInput::table_name))
        .or_else(|| input.downcast_ref().and_then(DeleteItemInput::table_name))
        .or_else(|| input.downcast_ref().and_then(first_of))
}

/// The table of the first item of a transaction: whose change it is about.
fn first_of(transaction: &TransactWriteItemsInput) -> Option<&str> {
    let first: &TransactWriteItem = transaction.transact_items().first()?;
    let put = first.put().map(|put| put.table_name());
    put.or_else(|| first.update().map(|update| update.table_name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operations_that_functions_use_have_their_table() {
        let put = PutItemInput::builder().table_name("rides").build().expect("whole");
        let get = GetItemInput::builder().table_name("claims").build().expect("whole");
        let scan = ScanInput::builder().table_name("unicorns").build().expect("whole");
        let delete = DeleteItemInput::builder().table_name("unicorns").build().expect("whole");
        assert_eq!(of(&Input::erase(put)), Some("rides"));
        assert_eq!(of(&Input::erase(get)), Some("claims"));
        assert_eq!(of(&Input::erase(scan)), Some("unicorns"));
        assert_eq!(of(&Input::erase(delete)), Some("unicorns"));
        assert_eq!(of(&Input::erase("no call")), None);
    }
}
