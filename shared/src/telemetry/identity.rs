use crate::VERSION;
use crate::config::Environment;
use serde_json::{Map, Value};

/// What tells one invocation from another: on every line, from the span of the invocation.
pub(super) const INVOCATION: [&str; 4] = ["function_request_id", "request_id", "xray_trace_id", "cold_start"];

/// What is the same on every line of a process.
pub struct Identity(Map<String, Value>);

impl Identity {
    /// Who writes: the service, its version, its stage and the function's name.
    pub fn new(service: &str, environment: &Environment) -> Self {
        let mut fields = Map::new();
        let mut set = |key: &str, value: Option<&str>| {
            fields.insert(key.to_owned(), value.map_or(Value::Null, Value::from));
        };
        set("service", Some(service));
        set("version", Some(VERSION));
        set("stage", environment.optional("STAGE"));
        set("function_name", environment.optional("AWS_LAMBDA_FUNCTION_NAME"));
        Self(fields)
    }

    pub(super) fn fields(&self) -> &Map<String, Value> {
        &self.0
    }
}
