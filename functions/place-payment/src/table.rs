use crate::Payments;
use aws_sdk_dynamodb::Client;
use shared::budget::Budget;
use shared::payments::{Change, Changed, Payment, Tables, TransactionError, apply};
use std::error::Error;

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
        let ride_id = payment.ride_id;
        match apply(&self.client, &self.tables, &Change::Place(Box::new(payment)), budget).await {
            Ok(changed) => Ok(changed == Changed::Done),
            // It is there, and that is all that is asked here: its job goes on, and whoever charges it has it looked at. An
            // error would hold up all rides behind it for as long as the pipe tries.
            Err(TransactionError::NotAPayment(error)) => {
                tracing::error!(error = &error as &dyn Error, %ride_id, "the row of a payment is there and nobody can read it");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
