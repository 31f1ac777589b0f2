//! Where the running lab is, for the commands that talk to it.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::assembly::Lab;

/// Written by `cargo lab up` next to the template, as `.lab/state.json`, and removed when it stops.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    /// Process id of the lab.
    pub(super) pid: u32,
    /// Stage.
    pub(super) stage: String,
    /// `POST` a ride here.
    pub(super) ride_url: String,
    /// DynamoDB's endpoint.
    pub(super) dynamodb: String,
    /// Physical name of the rides table.
    pub(super) rides_table: String,
    /// Where riders get tokens, when the stack has a user pool.
    #[serde(default)]
    pub(super) user_pool: Option<PoolState>,
}

/// A user pool that makes tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PoolState {
    /// `POST` a name here.
    pub(super) token_url: String,
    /// To be shown with it. It stands in this file only, which nobody else may read.
    pub(super) mint_secret: String,
}

impl State {
    pub(super) fn of(lab: &Lab) -> anyhow::Result<Self> {
        let user_pool = lab.user_pools.values().next().map(|(pool, origin)| PoolState {
            token_url: format!("{origin}/{}/lab/token", pool.id()),
            mint_secret: pool.mint_secret().to_owned(),
        });
        let api = lab.stack.apis.values().next().context("the stack has no API")?;
        Ok(Self {
            pid: std::process::id(),
            stage: api.stage.clone(),
            ride_url: format!("{}/{}/ride", lab.origin, api.stage),
            dynamodb: lab.endpoints.dynamodb.clone(),
            rides_table: lab.table("RidesTable").context("the template has no RidesTable")?.to_owned(),
            user_pool,
        })
    }

    /// The lab that runs from this workspace, if one does.
    pub(super) fn read(workspace: &Path) -> Option<Self> {
        let state: Self = serde_json::from_str(&std::fs::read_to_string(file(workspace)).ok()?).ok()?;
        let pid = rustix::process::Pid::from_raw(i32::try_from(state.pid).ok()?)?;
        // A killed lab leaves its file behind.
        rustix::process::test_kill_process(pid).ok().map(|()| state)
    }

    /// Writes the file and returns a guard that removes it.
    pub(super) fn write(&self, workspace: &Path) -> anyhow::Result<Removed> {
        let path = file(workspace);
        let directory = path.parent().context("the state file has a directory")?;
        std::fs::create_dir_all(directory).with_context(|| format!("could not make {}", directory.display()))?;
        write_privately(&path, &serde_json::to_string_pretty(self)?)
            .with_context(|| format!("could not write {}", path.display()))?;
        Ok(Removed { path, pid: self.pid })
    }
}

/// Removes the state file when the lab stops, unless another lab has taken it over.
#[derive(Debug)]
pub(super) struct Removed {
    path: PathBuf,
    pid: u32,
}

impl Drop for Removed {
    fn drop(&mut self) {
        let ours = std::fs::read_to_string(&self.path)
            .ok()
            .and_then(|text| serde_json::from_str::<State>(&text).ok())
            .is_some_and(|state| state.pid == self.pid);
        if ours {
            // A file that stays is recognised by its dead process.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Writes a file that only its owner may read, whoever may have read an older one.
fn write_privately(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())
}

fn file(workspace: &Path) -> PathBuf {
    directory(workspace).join("state.json")
}

/// `.lab` next to the template, or what `LAB_STATE_DIR` says: two checkouts of one workspace, and tests, need their own.
pub(super) fn directory(workspace: &Path) -> PathBuf {
    std::env::var_os("LAB_STATE_DIR").map_or_else(|| workspace.join(".lab"), PathBuf::from)
}
