use crate::store::{Changes, Finds, First, Lists, Numbers, Position, Slice, StoreError, Tallies};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue::{self, S};
use aws_sdk_dynamodb::types::KeysAndAttributes;
use shared::budget::Budget;
use shared::dynamodb::within;
use shared::payments::counts::{Bin, Counts, SHARDS, total_key};
use shared::payments::{BY_STATUS, Change, Changed, Payment, Status, Tables, apply};
use shared::ride::{RequestTime, RideId};
use std::collections::HashMap;

type Item = HashMap<String, AttributeValue>;

/// The longest answer of DynamoDB to one query is 1 MiB, whatever its limit, and a failed payment may have 64 KiB of its
/// own: so many answers give a page of them in the worst case.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html>
const MOST_ROUNDS: usize = 8;

/// The tables of payments. It needs `dynamodb:Query` on the index, `dynamodb:GetItem` and `dynamodb:UpdateItem` on the
/// payments, `dynamodb:BatchGetItem` and `dynamodb:UpdateItem` on the counts. Nothing is ever scanned.
#[derive(Debug, Clone)]
pub struct PaymentTables {
    client: Client,
    tables: Tables,
}

impl PaymentTables {
    /// The tables of these names.
    pub fn new(client: Client, tables: Tables) -> Self {
        Self { client, tables }
    }

    async fn round(
        &self,
        status: Status,
        first: First,
        after: Option<Item>,
        limit: usize,
        budget: &Budget,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.tables.payments)
            .index_name(BY_STATUS)
            .key_condition_expression("#status = :status")
            .expression_attribute_names("#status", "Status")
            .expression_attribute_values(":status", S(status.as_str().to_owned()))
            .scan_index_forward(first == First::Oldest)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after);
        let output = within(budget, async { query.send().await.map_err(Box::new) }).await;
        let output = output.map_err(|error| StoreError::new("the payments could not be listed", error))?;
        Ok((output.items.unwrap_or_default(), output.last_evaluated_key))
    }
}

impl Lists for PaymentTables {
    async fn list(
        &self,
        status: Status,
        first: First,
        after: Option<Position>,
        limit: usize,
        budget: &Budget,
    ) -> Result<Slice, StoreError> {
        let mut slice = Slice::default();
        let mut key = after.map(|position| position.key(status));
        for _ in 0..MOST_ROUNDS {
            let left = limit - slice.payments.len();
            let (items, next) = self.round(status, first, key.take(), left, budget).await?;
            slice.payments.extend(items.iter().filter_map(payment));
            key = next;
            if key.is_none() || slice.payments.len() >= limit {
                break;
            }
        }
        slice.next = key.map(|key| on_from(&key, slice.payments.last())).transpose()?;
        Ok(slice)
    }
}

/// Where a list that is not at its end goes on: after the row that DynamoDB names, or, where its key is none of ours, after the last
/// payment that could be read. Rows that cannot be read must not look like the end.
fn on_from(key: &Item, last: Option<&Payment>) -> Result<Position, StoreError> {
    let read = || last.map(|last| Position { placed_at: last.placed_at, ride_id: last.ride_id });
    let position = Position::of(key).or_else(read);
    position.ok_or_else(|| StoreError::new("the payments could not be listed", "too many rows cannot be read"))
}

/// A row that is no payment is told and left out: it must not hide the others.
fn payment(item: &Item) -> Option<Payment> {
    let read = Payment::from_item(item);
    read.inspect_err(|error| tracing::error!(error = error as &dyn std::error::Error, "a payment is left out")).ok()
}

impl Position {
    fn key(self, status: Status) -> Item {
        let texts = [
            ("Status", status.to_string()),
            ("PlacedAt", self.placed_at.to_string()),
            ("RideId", self.ride_id.to_string()),
        ];
        texts.into_iter().map(|(name, text)| (name.to_owned(), S(text))).collect()
    }

    fn of(key: &Item) -> Option<Self> {
        let text = |name: &str| key.get(name)?.as_s().ok().cloned();
        let placed_at = RequestTime::try_from(text("PlacedAt")?).ok()?;
        Some(Self { placed_at, ride_id: RideId::try_from(text("RideId")?).ok()? })
    }
}

impl Finds for PaymentTables {
    async fn find(&self, ride: RideId, budget: &Budget) -> Result<Option<Payment>, StoreError> {
        let get = self.client.get_item().table_name(&self.tables.payments).key("RideId", S(ride.to_string()));
        let get = get.consistent_read(true);
        let output = within(budget, async { get.send().await.map_err(Box::new) }).await;
        let output = output.map_err(|error| StoreError::new("the payment could not be read", error))?;
        let payment = output.item.as_ref().map(Payment::from_item).transpose();
        payment.map_err(|error| StoreError::new("the payment could not be read", error))
    }
}

impl Tallies for PaymentTables {
    async fn tally(&self, bins: &[Bin], budget: &Budget) -> Result<Numbers, StoreError> {
        let key = |id: String| HashMap::from([("Id".to_owned(), S(id))]);
        let totals = (0..SHARDS).map(total_key);
        let tens = bins.iter().flat_map(|bin| (0..SHARDS).map(|shard| bin.key(shard)));
        let mut keys: Vec<Item> = totals.chain(tens).map(key).collect();
        let mut items: HashMap<String, Item> = HashMap::new();
        // DynamoDB may leave keys for another time, but never all of them.
        while !keys.is_empty() {
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let wanted = wanted.map_err(|error| StoreError::new(UNCOUNTED, error))?;
            let call = self.client.batch_get_item().request_items(&self.tables.counts, wanted);
            let output = within(budget, async { call.send().await.map_err(Box::new) }).await;
            let output = output.map_err(|error| StoreError::new(UNCOUNTED, error))?;
            let found = output.responses.unwrap_or_default().into_values().flatten();
            items.extend(found.filter_map(|item| Some((item.get("Id")?.as_s().ok()?.clone(), item))));
            keys = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
        }
        let mut numbers = Numbers::default();
        for shard in 0..SHARDS {
            numbers.total += items.get(&total_key(shard)).map(Counts::of).unwrap_or_default();
        }
        for bin in bins {
            let (mut counts, mut minutes) = (Counts::default(), [Counts::default(); 10]);
            for item in (0..SHARDS).filter_map(|shard| items.get(&bin.key(shard))) {
                counts += Counts::of(item);
                for (minute, counts) in (0..).zip(&mut minutes) {
                    *counts += Counts::of_minute(item, minute);
                }
            }
            numbers.bins.push((counts, minutes));
        }
        Ok(numbers)
    }
}

const UNCOUNTED: &str = "the counts could not be read";

impl Changes for PaymentTables {
    async fn change(&self, change: &Change, budget: &Budget) -> Result<Changed, StoreError> {
        let changed = apply(&self.client, &self.tables, change, budget).await;
        changed.map_err(|error| StoreError::new("the payment could not be changed", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_the_table() {
        let ride_id = RideId::try_from("019a9f3c-7a00-7000-8000-000000000001".to_owned()).expect("a UUID");
        let placed_at = RequestTime::try_from("2026-11-20T21:16:20.123456Z".to_owned()).expect("an instant");
        let position = Position { placed_at, ride_id };
        assert_eq!(Position::of(&position.key(Status::Failed)), Some(position));
    }

    #[test]
    fn a_row_that_cannot_be_read_is_not_the_end_of_the_list() {
        let ride_id = RideId::try_from("019a9f3c-7a00-7000-8000-000000000001".to_owned()).expect("a UUID");
        let placed_at = RequestTime::try_from("2026-11-20T21:16:20.123456Z".to_owned()).expect("an instant");
        let job = shared::payments::Job { ride_id, request_time: placed_at, rider: None, redrive: None };
        let last = Payment::placed(&job, placed_at.instant());
        let mut key = Position { placed_at, ride_id }.key(Status::Failed);
        key.insert("PlacedAt".to_owned(), S("yesterday".to_owned()));
        let after = on_from(&key, Some(&last)).expect("after the one that can be read");
        assert_eq!((after.placed_at, after.ride_id), (last.placed_at, ride_id));
        assert!(on_from(&key, None).is_err(), "rather no list than one that hides rows");
    }
}
