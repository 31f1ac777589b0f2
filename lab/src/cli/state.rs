//! Where the running lab is, for the commands that talk to it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::assembly::Lab;
use crate::keyring;

/// Written by `cargo lab up` next to the template, as `.lab/state-PID.json`, and removed when it stops: two labs of one
/// checkout do not hide each other.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    /// Process id of the lab.
    pub(super) pid: u32,
    /// Stage.
    pub(super) stage: String,
    /// `POST` a ride here.
    pub(super) ride_url: String,
    /// Origin of the console.
    pub(super) console: String,
    /// To be shown to it with an order. It stands in this file only, which nobody else may read.
    pub(super) console_secret: String,
    /// DynamoDB's endpoint.
    pub(super) dynamodb: String,
    /// SSM's endpoint.
    #[serde(default)]
    pub(super) ssm: String,
    /// Physical name of the rides table.
    pub(super) rides_table: String,
    /// Physical names of all tables, by logical id.
    #[serde(default)]
    pub(super) tables: BTreeMap<String, String>,
    /// Where riders get tokens, when the stack has a user pool.
    #[serde(default)]
    pub(super) user_pool: Option<PoolState>,
    /// Region of the stack, for signatures.
    #[serde(default)]
    pub(super) region: String,
    /// What signs as the person at the machine. It stands in this file only, which nobody else may read.
    #[serde(default)]
    pub(super) person: Option<Key>,
}

/// An access key with what belongs to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Key {
    /// Its name.
    pub(super) access_key: String,
    /// Secret access key.
    pub(super) secret: String,
    /// Session token.
    pub(super) session_token: Option<String>,
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
            console: lab.console.origin.clone(),
            console_secret: lab.console.secret.clone(),
            dynamodb: lab.endpoints.dynamodb.clone(),
            ssm: lab.endpoints.ssm.clone(),
            rides_table: lab.table("RidesTable").context("the template has no RidesTable")?.to_owned(),
            tables: lab.stack.tables.iter().map(|(id, table)| (id.clone(), table.name.clone())).collect(),
            user_pool,
            region: lab.stack.region.clone(),
            person: lab.endpoints.keyring.credentials(keyring::PERSON).map(|credentials| Key {
                access_key: keyring::PERSON.to_owned(),
                secret: credentials.secret,
                session_token: credentials.session_token,
            }),
        })
    }

    /// The lab that runs from this workspace, the one started last if there are several.
    pub(super) fn read(workspace: &Path) -> Option<Self> {
        let files = std::fs::read_dir(directory(workspace)).ok()?.flatten();
        let states = files.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_prefix("state-")?.strip_suffix(".json")?;
            let state: Self = serde_json::from_str(&std::fs::read_to_string(entry.path()).ok()?).ok()?;
            let started = entry.metadata().and_then(|data| data.modified()).ok()?;
            if !state.lives() {
                // A killed lab leaves its file behind; one that cannot be removed is recognised again.
                let _ = std::fs::remove_file(entry.path());
                return None;
            }
            Some((started, state))
        });
        states.max_by_key(|(started, _)| *started).map(|(_, state)| state)
    }

    fn lives(&self) -> bool {
        let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
    }

    /// Writes the file and returns a guard that removes it.
    pub(super) fn write(&self, workspace: &Path) -> anyhow::Result<Removed> {
        let directory = directory(workspace);
        let path = directory.join(format!("state-{}.json", self.pid));
        std::fs::create_dir_all(&directory).with_context(|| format!("could not make {}", directory.display()))?;
        write_privately(&path, &serde_json::to_string_pretty(self)?)
            .with_context(|| format!("could not write {}", path.display()))?;
        Ok(Removed(path))
    }
}

/// Removes the state file when the lab stops.
#[derive(Debug)]
pub(super) struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        // A file that stays is recognised by its dead process.
        let _ = std::fs::remove_file(&self.0);
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

/// `.lab` next to the template, or what `LAB_STATE_DIR` says: two checkouts of one workspace, and tests, need their own.
pub(super) fn directory(workspace: &Path) -> PathBuf {
    std::env::var_os("LAB_STATE_DIR").map_or_else(|| workspace.join(".lab"), PathBuf::from)
}
