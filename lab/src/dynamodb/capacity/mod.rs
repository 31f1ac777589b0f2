//! Capacity of tables and their indexes: who has units left, and who is throttled.

mod bucket;
mod hot_keys;
mod on_demand;
mod shape;
mod supply;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub(super) use shape::Shape;

use super::throttle::{Limit, Place, Throttle};
use super::{Side, Throughput};
use hot_keys::HotKeys;
use supply::Supply;

/// What a request takes of one table or index.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Demand {
    pub(super) place: Place,
    pub(super) side: Side,
    /// The least that such a request takes, which is all that is known before.
    pub(super) units: f64,
    /// The partition key that it is about, as JSON, where it is about one.
    pub(super) key: Option<String>,
}

/// Capacity of all tables. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Capacity(Arc<Mutex<Model>>);

#[derive(Debug, Default)]
struct Model {
    tables: BTreeMap<String, Table>,
    keys: HotKeys,
    compress: u16,
}

#[derive(Debug)]
struct Table {
    shape: Arc<Shape>,
    table: Supply,
    indexes: BTreeMap<String, Supply>,
    /// Whether somebody provisioned it otherwise, for a while.
    other: bool,
}

impl Capacity {
    /// Shortens the times over which AWS accumulates: a factor, from the next table on.
    pub(super) fn compress(&self, factor: u16) {
        self.lock().compress = factor;
    }

    /// A table as it is now, with all its burst: as if it had been idle before.
    pub(super) fn register(&self, shape: Shape, now: Instant) {
        let mut model = self.lock();
        let table = Table::new(Arc::new(shape), None, model.compress, now);
        model.tables.insert(table.shape.name.clone(), table);
    }

    /// Provisions a table and its indexes, each with so much.
    pub(super) fn provision(&self, table: &str, throughput: Throughput, now: Instant) {
        let mut model = self.lock();
        let compress = model.compress;
        if let Some(table) = model.tables.get_mut(table) {
            *table = Table::new(table.shape.clone(), Some(throughput), compress, now);
        }
    }

    /// Takes [`provision`](Self::provision) back. A table that was not provisioned keeps what it has used.
    pub(super) fn as_in_template(&self, table: &str, now: Instant) {
        let mut model = self.lock();
        let compress = model.compress;
        if let Some(table) = model.tables.get_mut(table).filter(|table| table.other) {
            *table = Table::new(table.shape.clone(), None, compress, now);
        }
    }

    /// A table's keys and indexes.
    pub(super) fn shape(&self, table: &str) -> Option<Arc<Shape>> {
        self.lock().tables.get(table).map(|table| table.shape.clone())
    }

    /// Whether a table or index has provisioned units.
    pub(super) fn is_provisioned(&self, place: &Place) -> bool {
        self.lock().supply(place).is_some_and(|supply| supply.throughput.is_some())
    }

    /// Read and write units of every table and index that is provisioned.
    pub(super) fn provisioned(&self) -> Vec<(Place, Throughput)> {
        let model = self.lock();
        let places = model.tables.iter().flat_map(|(name, table)| {
            let place = |index: Option<&String>| Place { table: name.clone(), index: index.cloned() };
            let indexes = table.indexes.iter().map(move |(index, supply)| (place(Some(index)), supply.throughput));
            std::iter::once((place(None), table.table.throughput)).chain(indexes)
        });
        places.filter_map(|(place, throughput)| Some((place, throughput?))).collect()
    }

    /// Takes what an item needs, or says all that throttles it; nothing is taken then.
    ///
    /// A request is admitted while the least that it can take is there. What it takes beyond that, it owes: DynamoDB knows
    /// neither the size of what it will read nor that of what it replaces. How AWS settles this is not documented.
    pub(super) fn admit(&self, demands: &[Demand], now: Instant) -> Result<(), Vec<Throttle>> {
        let mut model = self.lock();
        let throttles: Vec<Throttle> = demands.iter().filter_map(|demand| model.throttle(demand, now)).collect();
        if throttles.is_empty() {
            model.take(demands, 1.0, now);
            return Ok(());
        }
        Err(throttles)
    }

    /// Gives back what was taken.
    pub(super) fn give_back(&self, demands: &[Demand], now: Instant) {
        self.lock().take(demands, -1.0, now);
    }

    /// Puts what requests have consumed in the place of what was taken for them.
    pub(super) fn settle(&self, taken: &[Demand], side: Side, consumed: &[(Place, f64)], now: Instant) {
        let mut model = self.lock();
        model.take(taken, -1.0, now);
        for (place, units) in consumed {
            // A key is charged only where the request was about it alone.
            let mut keys = taken.iter().filter(|demand| demand.place == *place).map(|demand| demand.key.clone());
            let key = keys.next().flatten().filter(|_| keys.next().is_none());
            model.take(&[Demand { place: place.clone(), side, units: *units, key }], 1.0, now);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Model> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Model {
    fn supply(&mut self, place: &Place) -> Option<&mut Supply> {
        let table = self.tables.get_mut(&place.table)?;
        match &place.index {
            None => Some(&mut table.table),
            Some(index) => table.indexes.get_mut(index),
        }
    }

    fn throttle(&mut self, demand: &Demand, now: Instant) -> Option<Throttle> {
        let Demand { place, side, units, key } = demand;
        let supply = self.supply(place)?;
        let provisioned = supply.throughput.is_some();
        let limit = supply.refusal(*side, *units, now);
        let key = key.as_ref().filter(|_| limit.is_none());
        let hot = key.is_some_and(|key| !self.keys.has(place, *side, key, *units, now));
        let limit = limit.or_else(|| hot.then_some(Limit::KeyRange))?;
        Some(Throttle { place: place.clone(), side: *side, limit, provisioned })
    }

    fn take(&mut self, demands: &[Demand], sign: f64, now: Instant) {
        for Demand { place, side, units, key } in demands {
            if let Some(supply) = self.supply(place) {
                supply.take(*side, sign * units, now);
            }
            if let Some(key) = key {
                self.keys.take(place, *side, key, sign * units, now);
            }
        }
    }
}

impl Table {
    fn new(shape: Arc<Shape>, other: Option<Throughput>, compress: u16, now: Instant) -> Self {
        let supply = |throughput: Option<Throughput>| Supply::new(other.or(throughput), compress, now);
        let indexes = shape.indexes.iter().map(|(name, index)| (name.clone(), supply(index.throughput))).collect();
        Self { table: supply(shape.throughput), indexes, shape, other: other.is_some() }
    }
}
