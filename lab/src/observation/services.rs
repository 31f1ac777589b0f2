//! What functions are called in logs and traces.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::template::Function;

/// The gateway's own name, as its access log has it.
pub(super) const GATEWAY: &str = "api";

/// Service names by physical function name. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Services(Arc<BTreeMap<String, String>>);

impl Services {
    /// A function's service is its binary: that is what it calls itself in its log.
    pub(super) fn of<'a>(functions: impl IntoIterator<Item = &'a Function>) -> Self {
        let names = functions.into_iter().map(|function| (function.name.clone(), function.binary.clone()));
        Self(Arc::new(names.collect()))
    }

    /// The service of a function; the function's own name where the stack does not know it.
    pub(super) fn name<'a>(&'a self, function: &'a str) -> &'a str {
        self.0.get(function).map_or(function, String::as_str)
    }
}
