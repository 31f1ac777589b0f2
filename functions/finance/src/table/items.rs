//! The rows of the finance table.

use crate::ledger::{Charge, Entry};
use crate::order::Order;
use crate::scenario::{Behaviour, Scenario};
use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use shared::idempotency::ClaimId;
use shared::ride::Label;
use std::collections::HashMap;
use std::str::FromStr;

type Item = HashMap<String, AttributeValue>;

/// The row of the scenario.
pub(super) const SCENARIO: &str = "scenario";

/// Into how many rows the number of charges is split: one row takes one transaction at a time.
pub(super) const SHARDS: u8 = 16;

pub(super) fn charge_id(id: &ClaimId) -> String {
    format!("charge#{}", id.as_str())
}

pub(super) fn tries(id: &ClaimId) -> String {
    format!("tries#{}", id.as_str())
}

pub(super) fn total(shard: u8) -> String {
    format!("total#{shard}")
}

/// An id is a hash in hexadecimal, so its first digit is as good as any other hash of it.
pub(super) fn shard_of(id: &ClaimId) -> u8 {
    let digit = id.as_str().chars().next().and_then(|digit| digit.to_digit(16));
    digit.and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0) % SHARDS
}

pub(super) fn charge(charge: &Charge) -> Item {
    let Charge { id, payload, order, at, answer } = charge;
    let texts = [
        ("Id", charge_id(id)),
        ("PayloadHash", payload.as_str().to_owned()),
        ("Product", order.product.as_str().to_owned()),
        ("Customer", order.customer.as_str().to_owned()),
        ("Date", order.date.clone()),
        ("ChargedAt", format!("{at:.6}")),
        ("Answer", answer.clone()),
    ];
    let texts = texts.into_iter().map(|(name, text)| (name.to_owned(), S(text)));
    texts.chain([("Requests".to_owned(), N("1".to_owned()))]).collect()
}

pub(super) fn to_entry(item: &Item) -> Option<Entry> {
    let label = |name| Label::try_from(text(item, name)?).ok();
    let order = Order { product: label("Product")?, customer: label("Customer")?, date: text(item, "Date")? };
    Some(Entry { order, charged_at: text(item, "ChargedAt")?, requests: number(item, "Requests")? })
}

pub(super) fn of_behaviour(behaviour: &Behaviour) -> Item {
    let Behaviour { scenario, percentage, min_latency_ms, max_latency_ms, seed } = *behaviour;
    let name = scenario.unwrap_or(Scenario::Reset).name();
    let numbers = [
        ("Percentage", u64::from(percentage)),
        ("MinLatencyMs", min_latency_ms.into()),
        ("MaxLatencyMs", max_latency_ms.into()),
        ("Seed", seed),
    ];
    let texts = [("Id", SCENARIO), ("Scenario", name)].map(|(name, text)| (name.to_owned(), S(text.to_owned())));
    texts.into_iter().chain(numbers.map(|(name, number)| (name.to_owned(), N(number.to_string())))).collect()
}

/// What is missing or wrong is as if it were not asked for.
pub(super) fn to_behaviour(item: &Item) -> Behaviour {
    let min_latency_ms = number(item, "MinLatencyMs").unwrap_or(0);
    Behaviour {
        scenario: text(item, "Scenario").and_then(|name| Scenario::named(&name)).filter(|it| *it != Scenario::Reset),
        percentage: number(item, "Percentage").unwrap_or(0).min(100),
        min_latency_ms,
        max_latency_ms: number(item, "MaxLatencyMs").unwrap_or(0).max(min_latency_ms),
        seed: number(item, "Seed").unwrap_or(0),
    }
}

pub(super) fn text(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}

pub(super) fn number<T: FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_behaviour_survives_the_table_and_garbage_is_calm() {
        let body = br#"{"scenario":"VeryHighLoad","percentage":7,"seed":9}"#;
        let (_, behaviour) = Behaviour::parse(body).expect("right");
        assert_eq!(to_behaviour(&of_behaviour(&behaviour)), behaviour);
        let garbage = HashMap::from([("Percentage".to_owned(), S("30".to_owned()))]);
        assert!(to_behaviour(&garbage).is_calm());
    }

    #[test]
    fn every_id_has_a_shard_and_all_shards_are_used() {
        let key = |number: u32| shared::idempotency::Key::parse(number.to_string().as_bytes()).expect("a key");
        let shards = (0..1_000).map(|number| shard_of(&ClaimId::new("x", None, &key(number))));
        let used: std::collections::BTreeSet<u8> = shards.collect();
        assert_eq!(used.len(), usize::from(SHARDS));
    }
}
