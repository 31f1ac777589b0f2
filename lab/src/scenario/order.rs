//! What is asked of a run, and what is told of it while it lasts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::file::Variant;
use crate::binaries::Profile;

/// What to play, and with what.
#[derive(Debug, Clone)]
pub struct Order {
    /// The template.
    pub template: PathBuf,
    /// The workspace in which functions are built.
    pub workspace: PathBuf,
    /// How functions are built.
    pub profile: Profile,
    /// Binaries that are there already, and are not built.
    pub built: BTreeMap<String, PathBuf>,
    /// Which act.
    pub variant: Variant,
    /// How many times as fast as the machine the scenario goes.
    pub compress: u16,
    /// The seed of what is random.
    pub seed: u64,
    /// Ports of the API and of the console on 127.0.0.1; 0 takes a free one.
    pub ports: (u16, u16),
}

/// What is told of a run while it lasts. Times are in seconds of the scenario since the load began.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// The functions are being built.
    Building,
    /// The stack is coming up, and its alarms are to be quiet before anything happens.
    Starting,
    /// The load has begun.
    Began,
    /// A fault was turned on or off.
    Fault {
        /// When.
        at: f64,
        /// What.
        what: String,
        /// On or off.
        on: bool,
    },
    /// An alarm went on or off.
    Alarm {
        /// When.
        at: f64,
        /// Which.
        name: String,
        /// On or off.
        on: bool,
    },
    /// How it stands.
    Tick {
        /// When.
        at: f64,
        /// How many riders were told what; 0 is no answer.
        statuses: BTreeMap<u16, u64>,
    },
    /// The load is over, and alarms are waited for.
    Settling {
        /// When.
        at: f64,
    },
}
