//! Tells the crate which commit it is built from: `GET /health` and every log line say so.

use std::path::Path;
use std::process::Command;

fn main() {
    // A build without git (a source archive, a container) can name its version itself.
    println!("cargo::rerun-if-env-changed=WILD_RYDES_VERSION");
    let version = std::env::var("WILD_RYDES_VERSION").ok().filter(|version| !version.is_empty());
    let version = version.or_else(|| git(&["rev-parse", "--short=12", "HEAD"])).unwrap_or_else(|| "unknown".into());
    println!("cargo::rustc-env=WILD_RYDES_COMMIT={version}");

    // HEAD names a branch and its log grows with every commit: both, in whichever folder this work tree keeps them.
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]).filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
}

/// What git prints, or nothing where there is no git or no repository.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
