//! Stacks for the tests: the project's template, or a variation of it, on a free port and in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use lab::assembly::{Lab, LabError, Options, Plan};
use lab::binaries::{self, Profile};
use lab::template::Stack;

/// The workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the lab lies in the workspace")
}

/// The project's template.
pub(crate) fn template() -> String {
    std::fs::read_to_string(workspace().join("template.yaml")).expect("the template is readable")
}

/// Every binary that a test needs, built once.
pub(crate) static BINARIES: LazyLock<BTreeMap<String, PathBuf>> = LazyLock::new(|| {
    let names = [
        "finance",
        "ops",
        "place-payment",
        "probe",
        "process-payment",
        "put-ride-record",
        "request-ride",
        "request-unicorn",
        "seed-fleet",
        "unruly",
    ];
    let names: BTreeSet<String> = names.map(str::to_owned).into();
    binaries::build(workspace(), &names, Profile::Quick).expect("the functions build")
});

/// A variation of a stack.
#[derive(Default)]
pub(crate) struct Variation {
    parameters: BTreeMap<String, String>,
    template: Option<String>,
    data: Option<PathBuf>,
    compress: u16,
    scheduled: bool,
    change: Option<fn(&mut Stack)>,
}

impl Variation {
    pub(crate) fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Replaces text of the template; it must occur.
    pub(crate) fn replacing(mut self, old: &str, new: &str) -> Self {
        let text = self.template.unwrap_or_else(template);
        assert!(text.contains(old), "the template does not contain {old:?}");
        self.template = Some(text.replace(old, new));
        self
    }

    /// Another template altogether.
    pub(crate) fn template(mut self, text: &str) -> Self {
        self.template = Some(text.to_owned());
        self
    }

    /// Changes the resolved stack before it starts.
    pub(crate) fn changed(mut self, change: fn(&mut Stack)) -> Self {
        self.change = Some(change);
        self
    }

    pub(crate) fn data(mut self, directory: &Path) -> Self {
        self.data = Some(directory.to_owned());
        self
    }

    /// Lets CloudWatch's clock run so many times as fast as the machine's.
    pub(crate) fn compress(mut self, factor: u16) -> Self {
        self.compress = factor;
        self
    }

    /// Lets schedules run, which by themselves do not: the heartbeat's ride would stand between the rides that a test counts.
    pub(crate) fn scheduled(mut self) -> Self {
        self.scheduled = true;
        self
    }

    pub(crate) async fn try_start(self) -> Result<Lab, LabError> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("template.yaml");
        std::fs::write(&path, self.template.unwrap_or_else(template)).expect("written");
        let options = Options {
            template: path,
            parameters: self.parameters,
            data: self.data,
            compress: self.compress,
            ..Options::default()
        };
        let mut plan = Plan::new(&options).await?;
        for schedule in plan.stack.schedules.values_mut() {
            schedule.enabled &= self.scheduled;
        }
        if let Some(change) = self.change {
            change(&mut plan.stack);
        }
        let binaries = tokio::task::spawn_blocking(|| BINARIES.clone()).await.expect("built");
        Lab::start(plan, &binaries).await
    }

    pub(crate) async fn start(self) -> Lab {
        self.try_start().await.unwrap_or_else(|error| panic!("the stack starts: {error}"))
    }
}

/// The project's stack as it is, but for its heartbeat.
pub(crate) async fn start() -> Lab {
    Variation::default().start().await
}

/// A stack of the fixture function that misbehaves on demand.
pub(crate) fn unruly() -> Variation {
    Variation::default().template(include_str!("unruly.yaml"))
}

/// URL of a path of the API.
pub(crate) fn url(lab: &Lab, path: &str) -> String {
    format!("{}{path}", lab.origin)
}

/// The stored rides, by `RideId`.
pub(crate) async fn rows(lab: &Lab) -> BTreeMap<String, serde_json::Value> {
    let table = lab.table("RidesTable").expect("a rides table");
    let items = lab.dynamodb.items(table).await.expect("the table is readable");
    let count = items.len();
    let rows: BTreeMap<String, serde_json::Value> =
        items.into_iter().map(|item| (item["RideId"]["S"].as_str().expect("a RideId").to_owned(), item)).collect();
    assert_eq!(rows.len(), count, "one row a RideId");
    rows
}

/// Waits until `holds` does, for at most thirty seconds.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !holds() {
        assert!(std::time::Instant::now() < deadline, "{what} within thirty seconds");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
