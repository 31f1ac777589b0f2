//! Lambda: functions as pools of execution environments.
//!
//! An execution environment is one process that serves one invocation at a time. Environments start on demand,
//! stay warm: an invocation takes an idle one, starts one, or is throttled.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>

mod environment;
mod invocation;
mod killer;
mod memory;
mod metrics;
mod pool;
mod process;
mod report;
mod runtime_api;
mod seats;
mod settings;
mod trace;
mod trouble;
mod variables;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub(crate) use invocation::PAYLOAD_LIMIT;
pub use invocation::{FunctionError, Invocation, Outcome, Timing};
pub use trouble::Trouble;
pub use variables::Endpoints;

use crate::instruments::Instruments;
use crate::logs::Logs;
use crate::reaper::Reaper;
use crate::template::Function;
use pool::Pool;
use seats::{OF_AN_ACCOUNT, Seats};
use settings::Settings;

/// Why the Lambda room did not open or a function does not start.
#[derive(Debug, thiserror::Error)]
pub enum LambdaError {
    /// No shell for the reaper.
    #[error("could not start /bin/sh, which ends the functions when the lab ends")]
    SetUp(#[source] std::io::Error),
    /// The template names a function whose binary was not built.
    #[error("{function}: no binary named '{binary}' was built; is it a [[bin]] of the crate at {code_uri}?")]
    NoBinary {
        /// Logical id.
        function: String,
        /// Binary name.
        binary: String,
        /// `CodeUri`.
        code_uri: String,
    },
    /// An environment ended, or said so, before it asked for its first invocation.
    #[error(
        "{function} fails at init: {reason}\n{log}  fix its configuration in the template (Environment.Variables) or its code, then start again"
    )]
    Init {
        /// Physical name of the function.
        function: String,
        /// What happened.
        reason: String,
        /// The environment's last log lines, each indented and ended by a newline.
        log: String,
    },
}

/// How often it is looked whether an environment is back, which is a matter of microseconds.
const SHORT_LOOK: Duration = Duration::from_micros(200);

/// How often invocations under way are counted while somebody waits for them.
const LOOK: Duration = Duration::from_millis(10);

/// Lambda, with the functions of one stack.
#[derive(Debug)]
pub struct Lambda {
    pools: BTreeMap<String, Arc<Pool>>,
    reaper: Arc<Reaper>,
    account: AtomicU32,
    unreserved: Seats,
    concurrency: metrics::Concurrency,
}

impl Lambda {
    /// Makes a pool, still empty, for each function.
    ///
    /// `binaries` maps a binary's name to its path.
    ///
    /// # Errors
    /// When the reaper does not start, or a function has no binary.
    pub fn start(
        functions: &BTreeMap<String, Function>,
        binaries: &BTreeMap<String, PathBuf>,
        endpoints: Endpoints,
        logs: Logs,
        instruments: Instruments,
    ) -> Result<Self, LambdaError> {
        // As many processes initialise at once as there are cores: Lambda has a machine for each, and here fifty at once
        // would make every one of them slow. Who waits for a slot takes an environment that comes free in the meantime.
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let start_slots = Arc::new(tokio::sync::Semaphore::new(cores));
        let reaper = Arc::new(Reaper::start().map_err(LambdaError::SetUp)?);
        let concurrency = metrics::Concurrency::default();
        let unreserved = Seats::new(OF_AN_ACCOUNT);
        let mut pools = BTreeMap::new();
        for (id, function) in functions {
            let Some(binary) = binaries.get(&function.binary) else {
                return Err(LambdaError::NoBinary {
                    function: id.clone(),
                    binary: function.binary.clone(),
                    code_uri: function.code_uri.clone(),
                });
            };
            let pool = Pool::new(Settings {
                function: function.clone(),
                binary: binary.clone(),
                endpoints: endpoints.clone(),
                logs: logs.clone(),
                instruments: instruments.clone(),
                concurrency: concurrency.clone(),
                reaper: reaper.clone(),
                unreserved: unreserved.clone(),
                start_slots: start_slots.clone(),
            });
            pools.insert(id.clone(), pool);
        }
        let lambda = Self { pools, reaper, account: OF_AN_ACCOUNT.into(), unreserved, concurrency };
        lambda.share_out();
        Ok(lambda)
    }

    /// Functions without reserved concurrency share what is reserved for none.
    fn share_out(&self) {
        let reserved: u32 = self.pools.values().filter_map(|pool| pool.function().reserved_concurrency).sum();
        self.unreserved.limit_to(self.account.load(Ordering::Relaxed).saturating_sub(reserved));
    }

    /// Makes something wrong with a function, by logical id, beside what is wrong already; without a trouble, all is right
    /// again. False where there is no such function. Needs a runtime where environments are to be killed.
    pub fn set(&self, logical_id: &str, trouble: Option<Trouble>) -> bool {
        let Some(pool) = self.pools.get(logical_id) else { return false };
        pool.set(trouble);
        self.share_out();
        true
    }

    /// The account's concurrency in this region; [`None`] is Lambda's default of 1000.
    pub fn limit_account(&self, concurrency: Option<u32>) {
        self.account.store(concurrency.unwrap_or(OF_AN_ACCOUNT), Ordering::Relaxed);
        self.share_out();
    }

    /// Ends one live environment of a function, by logical id, with SIGKILL, whatever it works on. `choose` picks it by its
    /// place among so many. False where none lives.
    pub fn kill_one(&self, logical_id: &str, choose: impl FnOnce(usize) -> usize) -> bool {
        self.pools.get(logical_id).is_some_and(|pool| pool.kill_one(choose))
    }

    /// Invokes the function with this logical id and waits for its answer.
    ///
    /// The invocation runs to its end even when the caller stops waiting, as it does in Lambda.
    pub async fn invoke(&self, logical_id: &str, invocation: Invocation) -> Outcome {
        self.invoke_timed(logical_id, invocation).await.0
    }

    /// The same, and how long it took.
    pub async fn invoke_timed(&self, logical_id: &str, invocation: Invocation) -> (Outcome, Timing) {
        let Some(pool) = self.pools.get(logical_id).cloned() else {
            return (Outcome::NoSuchFunction, Timing::default());
        };
        let task = tokio::spawn(async move { pool.invoke(invocation).await });
        task.await.unwrap_or((Outcome::NoSuchFunction, Timing::default()))
    }

    /// A function as it is configured now, by logical id.
    pub fn function(&self, logical_id: &str) -> Option<Arc<Function>> {
        self.pools.get(logical_id).map(|pool| pool.function())
    }

    /// Ends the idle environments of a function, by logical id: its next invocation is a cold start.
    pub fn retire(&self, logical_id: &str) {
        if let Some(pool) = self.pools.get(logical_id) {
            pool.retire(Duration::ZERO);
        }
    }

    /// Starts one environment of each chosen function, side by side, so that one that fails at init is known at start.
    ///
    /// # Errors
    /// The first function whose environment did not come up.
    pub async fn warm(&self, chosen: impl Fn(&str) -> bool) -> Result<(), LambdaError> {
        let pools = self.pools.iter().filter(|(id, _)| chosen(id)).map(|(_, pool)| pool.clone());
        let tasks: Vec<_> = pools.map(|pool| tokio::spawn(async move { pool.warm().await })).collect();
        for task in tasks {
            if let Ok(result) = task.await {
                result?;
            }
        }
        Ok(())
    }

    /// Waits until no invocation is under way, whoever wanted it and whether or not anybody still waits for its answer; false if
    /// that takes longer than `limit`.
    pub async fn at_rest(&self, limit: Duration) -> bool {
        let rest = async {
            while self.concurrency.under_way() > 0 {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(limit, rest).await.is_ok()
    }

    /// Waits until an environment of a function, by logical id, waits for an invocation; false if that takes longer than `limit`.
    ///
    /// An environment that has answered is not yet one that waits: on a busy machine it takes a while to ask for what is next.
    pub async fn at_ease(&self, logical_id: &str, limit: Duration) -> bool {
        let ease = async {
            while self.idle(logical_id) == 0 {
                tokio::time::sleep(SHORT_LOOK).await;
            }
        };
        tokio::time::timeout(limit, ease).await.is_ok()
    }

    /// How many environments of a function, by logical id, wait for an invocation.
    pub fn idle(&self, logical_id: &str) -> usize {
        self.pools.get(logical_id).map_or(0, |pool| pool.idle())
    }

    /// Process ids of the live environments of a function, by logical id.
    pub fn process_ids(&self, logical_id: &str) -> Vec<u32> {
        self.pools.get(logical_id).map(|pool| pool.process_ids()).unwrap_or_default()
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        // An invocation under way holds the reaper too, and must not outlive the lab.
        self.reaper.kill_group();
    }
}
