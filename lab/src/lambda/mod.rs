//! Lambda: functions as pools of execution environments.
//!
//! An execution environment is one process that serves one invocation at a time. Environments start on demand,
//! stay warm, and are never queued for: an invocation takes an idle one, starts one, or is throttled.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>

mod environment;
mod invocation;
mod pool;
mod reaper;
mod report;
mod runtime_api;
mod variables;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;

pub use invocation::{FunctionError, Invocation, Outcome};
pub use variables::{ACCESS_KEY_PREFIX, Endpoints};

use crate::logs::Logs;
use crate::template::Function;
use environment::Environment;
use pool::Pool;
use reaper::Reaper;

/// Why the Lambda room did not open or a function does not start.
#[derive(Debug, thiserror::Error)]
pub enum LambdaError {
    /// A listener or the reaper could not be made.
    #[error("could not set up the Lambda Runtime API on loopback")]
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

/// Environments by id, shared by the pools and the Runtime API.
type Environments = Arc<Mutex<HashMap<String, Arc<Environment>>>>;

/// Lambda, with the functions of one stack.
#[derive(Debug)]
pub struct Lambda {
    pools: BTreeMap<String, Arc<Pool>>,
    _runtime_api: crate::task::DropTask,
    _reaper: Arc<Reaper>,
}

impl Lambda {
    /// Opens the Runtime API and makes a pool, still empty, for each function.
    ///
    /// `binaries` maps a binary's name to its path.
    ///
    /// # Errors
    /// When loopback cannot be listened on, or a function has no binary.
    pub async fn start(
        functions: &BTreeMap<String, Function>,
        binaries: &BTreeMap<String, PathBuf>,
        endpoints: Endpoints,
        logs: Logs,
    ) -> Result<Self, LambdaError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(LambdaError::SetUp)?;
        let address: SocketAddr = listener.local_addr().map_err(LambdaError::SetUp)?;
        let reaper = Arc::new(Reaper::start().map_err(LambdaError::SetUp)?);
        let environments = Environments::default();
        let mut pools = BTreeMap::new();
        for (id, function) in functions {
            let Some(binary) = binaries.get(&function.binary) else {
                return Err(LambdaError::NoBinary {
                    function: id.clone(),
                    binary: function.binary.clone(),
                    code_uri: function.code_uri.clone(),
                });
            };
            let pool = Pool::new(pool::Settings {
                function: function.clone(),
                binary: binary.clone(),
                runtime_api: address,
                endpoints: endpoints.clone(),
                logs: logs.clone(),
                reaper: reaper.clone(),
                environments: environments.clone(),
            });
            pools.insert(id.clone(), pool);
        }
        let runtime_api = crate::task::DropTask::spawn(runtime_api::serve(listener, environments));
        Ok(Self { pools, _runtime_api: runtime_api, _reaper: reaper })
    }

    /// Invokes the function with this logical id and waits for its answer.
    ///
    /// The invocation runs to its end even when the caller stops waiting, as it does in Lambda.
    pub async fn invoke(&self, logical_id: &str, invocation: Invocation) -> Outcome {
        let Some(pool) = self.pools.get(logical_id).cloned() else {
            return Outcome::NoSuchFunction;
        };
        let task = tokio::spawn(async move { pool.invoke(invocation).await });
        task.await.unwrap_or(Outcome::NoSuchFunction)
    }

    /// Starts one environment of each function, side by side, so that a function that fails at init is known at start.
    ///
    /// # Errors
    /// The first function whose environment did not come up.
    pub async fn warm(&self) -> Result<(), LambdaError> {
        let tasks: Vec<_> =
            self.pools.values().cloned().map(|pool| tokio::spawn(async move { pool.warm().await })).collect();
        for task in tasks {
            if let Ok(result) = task.await {
                result?;
            }
        }
        Ok(())
    }

    /// Process ids of the live environments of a function, by logical id.
    pub fn process_ids(&self, logical_id: &str) -> Vec<u32> {
        self.pools.get(logical_id).map(|pool| pool.process_ids()).unwrap_or_default()
    }
}
