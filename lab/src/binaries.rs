//! Builds the functions with cargo, whose own progress is what the caller sees.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::reaper::Reaper;

/// Why there are no binaries.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No cargo.
    #[error("could not run cargo; is it on the PATH?")]
    NoCargo(#[source] std::io::Error),
    /// cargo failed and has said why.
    #[error("cargo could not build the functions; its messages are above")]
    Failed,
    /// cargo knows no such binary.
    #[error("cargo built no binary named {0}; the template's BuildProperties.Binary must name one of the workspace")]
    Missing(String),
    /// The directory of binaries lacks one.
    #[error("there is no {}; --binaries names a directory with a binary of every function, such as target/release", .0.display())]
    NotThere(PathBuf),
}

/// Which cargo profile to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// `dev`: fast to build.
    Quick,
    /// `release`: as deployed.
    Release,
}

/// Builds these binaries of the workspace in `directory` and returns their paths.
///
/// The selection is by binary, not by package, so that features unify over the whole workspace as in `cargo test`
/// and `cargo lab`: the AWS SDK is then compiled once for all three.
///
/// # Errors
/// When cargo is missing, fails, or does not know a binary.
pub fn build(
    directory: &Path,
    names: &BTreeSet<String>,
    profile: Profile,
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(directory).args(["build", "--message-format", "json-render-diagnostics"]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    for name in names {
        command.args(["--bin", name]);
    }
    // cargo sets these for the process it runs; for a cargo below it they would count as changed inputs.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
    // A lab that is killed while it builds leaves no cargo behind.
    let reaper = Reaper::start().map_err(BuildError::NoCargo)?;
    command.process_group(reaper.group());
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(BuildError::NoCargo)?;
    let mut built = BTreeMap::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            built.extend(executable(&line));
        }
    }
    let status = child.wait().map_err(BuildError::NoCargo)?;
    if !status.success() {
        return Err(BuildError::Failed);
    }
    built.retain(|name, _| names.contains(name));
    match names.iter().find(|name| !built.contains_key(*name)) {
        Some(missing) => Err(BuildError::Missing(missing.clone())),
        None => Ok(built),
    }
}

/// The binaries of a directory, built earlier or elsewhere: what is measured against what has just been built.
///
/// # Errors
/// When one is not there.
pub fn find(directory: &Path, names: &BTreeSet<String>) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    // Functions run in another directory than the lab.
    let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let found: BTreeMap<String, PathBuf> = names.iter().map(|name| (name.clone(), directory.join(name))).collect();
    match found.values().find(|path| !path.is_file()) {
        Some(missing) => Err(BuildError::NotThere(missing.clone())),
        None => Ok(found),
    }
}

/// The binary that one of cargo's messages reports.
fn executable(line: &str) -> Option<(String, PathBuf)> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let path = message.get("executable")?.as_str()?;
    let name = message.get("target")?.get("name")?.as_str()?;
    Some((name.to_owned(), PathBuf::from(path)))
}
