//! A spawned task that ends with its owner.

use std::future::Future;

use tokio::task::JoinHandle;

/// Aborts its task when dropped: no room outlives the lab that opened it.
#[derive(Debug)]
pub struct DropTask(JoinHandle<()>);

impl DropTask {
    /// Spawns `future` on the current runtime.
    pub fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(future))
    }
}

impl Drop for DropTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}
