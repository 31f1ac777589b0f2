use crate::Settings;
use shared::budget::Budget;
use shared::http::Client;
use shared::params::{Parameter, Store};
use std::sync::Arc;
use std::time::Duration;

/// The services this one calls: where they are and how long each may take.
#[derive(Debug)]
pub struct Services<S> {
    pub(crate) client: Client,
    pub(crate) fleet: Service<S>,
    pub(crate) records: Service<S>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Service<S> {
    pub(crate) address: Parameter<S>,
    pub(crate) attempt_timeout: Duration,
}

impl<S: Store> Services<S> {
    /// Services whose addresses are in this store.
    pub fn new(settings: &Settings, store: S, client: Client) -> Self {
        let store = Arc::new(store);
        let service = |name: &String, attempt_timeout| Service {
            address: Parameter::new(name, Arc::clone(&store), settings.parameters),
            attempt_timeout,
        };
        let fleet = service(&settings.fleet_url_parameter, settings.fleet_attempt_timeout);
        let records = service(&settings.record_url_parameter, settings.record_attempt_timeout);
        Self { client, fleet, records }
    }

    /// Reads both addresses, side by side: best effort, which also opens the connection to SSM.
    pub async fn warm(&self, budget: &Budget) {
        // What fails here is logged there, and the first request tries again.
        let _ = tokio::join!(self.fleet.address.get(budget), self.records.address.get(budget));
    }
}
