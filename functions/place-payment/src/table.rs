use crate::Payments;
use aws_sdk_dynamodb::Client;
use shared::budget::Budget;
use shared::payments::{Change, Changed, Payment, Tables, TransactionError, apply};

/// The two tables of payments. It needs `dynamodb:PutItem` on the payments and `dynamodb:UpdateItem` on their counts.
#[derive(Debug, Clone)]
pub struct PaymentsTable {
    client: Client,
    tables: Tables,
}

impl PaymentsTable {
    /// The tables of these names.
    pub fn new(client: Client, tables: Tables) -> Self {
        Self { client, tables }
    }
}

impl Payments for PaymentsTable {
    type Error = TransactionError;

    async fn place(&self, payment: Payment, budget: &Budget) -> Result<bool, TransactionError> {
        let changed = apply(&self.client, &self.tables, &Change::Place(Box::new(payment)), budget).await?;
        Ok(changed == Changed::Done)
    }
}
