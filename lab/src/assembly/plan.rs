use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tokio::net::TcpListener;

use super::LabError;
use crate::template::{Inputs, Stack, Template};

/// The account of every stack in the lab: AWS's own example.
pub const ACCOUNT_ID: &str = "123456789012";
/// The region, part of names and ARNs only.
pub const REGION: &str = "eu-west-1";

/// What to run and where.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The template.
    pub template: PathBuf,
    /// Template parameters by name, `Stage` among them.
    pub parameters: BTreeMap<String, String>,
    /// Port of the API on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where tables are kept between runs; in memory without it.
    pub data: Option<PathBuf>,
    /// Port of the console on 127.0.0.1; 0 takes a free one.
    pub console_port: u16,
    /// How many times as fast as the machine's the clock of CloudWatch runs; 0 counts as 1.
    pub compress: u16,
    /// Origin of the API when something else serves it (`cargo lambda watch`).
    pub api_origin: Option<String>,
}

/// A resolved stack with its port, before anything is built or run.
#[derive(Debug)]
pub struct Plan {
    /// The stack.
    pub stack: Stack,
    /// Origin of its API.
    pub origin: String,
    pub(super) listener: TcpListener,
    pub(super) console: TcpListener,
    pub(super) compress: u16,
    pub(super) data: Option<PathBuf>,
}

impl Plan {
    /// Reads and resolves the template, and takes the port, which the stack's URLs contain.
    ///
    /// # Errors
    /// When the template or a parameter is wrong, or the port is taken.
    pub async fn new(options: &Options) -> Result<Self, LabError> {
        let unreadable = |source| LabError::Unreadable { path: options.template.clone(), source };
        let text = std::fs::read_to_string(&options.template).map_err(unreadable)?;
        let file = options.template.file_name().map_or_else(|| "template".into(), |name| name.to_string_lossy());
        let template = Template::parse(&text, &file)?;
        let listener = bind(options.port, "--port").await?;
        let console = bind(options.console_port, "--console-port").await?;
        let address = listener.local_addr().map_err(LabError::Listen)?;
        let origin = options.api_origin.clone().unwrap_or_else(|| format!("http://{address}"));
        let stage = options.parameters.get("Stage").map_or("dev", String::as_str);
        let stack = template.resolve(&Inputs {
            stack_name: format!("wild-rydes-{stage}"),
            region: REGION.to_owned(),
            account_id: ACCOUNT_ID.to_owned(),
            parameters: options.parameters.clone(),
            api_origin: origin.clone(),
        })?;
        Ok(Self { stack, origin, listener, console, compress: options.compress, data: options.data.clone() })
    }

    /// Names of the binaries that the stack's functions need.
    pub fn binaries(&self) -> BTreeSet<String> {
        self.stack.functions.values().map(|function| function.binary.clone()).collect()
    }

    /// Leaves only the functions behind custom resources: the rest is run by someone else.
    pub fn keep_only_provisioning(&mut self) {
        let needed: BTreeSet<&String> =
            self.stack.custom_resources.values().map(|resource| &resource.function).collect();
        self.stack.functions.retain(|id, _| needed.contains(id));
        self.stack.apis.clear();
        // What watches the others would find nothing to watch: no log to filter, no heart to beat, and silence where no rider is.
        let Stack {
            functions, metric_filters, schedules, alarms, composite_alarms, event_source_mappings, pipes, ..
        } = &mut self.stack;
        event_source_mappings.retain(|_, mapping| functions.contains_key(&mapping.function));
        metric_filters.retain(|_, filter| functions.values().any(|function| function.log_group == filter.log_group));
        schedules.retain(|_, schedule| functions.contains_key(&schedule.function));
        pipes.clear();
        alarms.clear();
        composite_alarms.clear();
    }
}

/// Takes a port that a person may have chosen.
async fn bind(port: u16, option: &'static str) -> Result<TcpListener, LabError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|source| LabError::Port { port, option, source })
}
