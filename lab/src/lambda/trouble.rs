//! What is wrong with a function, on purpose: by tests and by scenarios.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::template::Function;

/// One thing that is wrong with a function until it is mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Only so many invocations may be under way at once: `PutFunctionConcurrency`.
    Seats(u32),
    /// Every new environment takes so much longer to initialise.
    SlowInit(Duration),
    /// No environment may write to a file. Linux only.
    DiskFull,
    /// It has so much memory, in MB: `UpdateFunctionConfiguration`.
    Memory(u32),
    /// Its time limit: `UpdateFunctionConfiguration`.
    Timeout(Duration),
    /// These environment variables are set over the template's, or removed: `UpdateFunctionConfiguration`.
    Environment(BTreeMap<String, Option<String>>),
    /// Again and again one of its environments is killed, whatever it works on.
    KillEvery {
        /// From one to the next.
        every: Duration,
        /// Chooses which of them.
        seed: u64,
    },
}

/// All that is wrong with a function now.
#[derive(Debug, Clone, Default)]
pub(super) struct Troubles {
    pub(super) seats: Option<u32>,
    pub(super) init_delay: Duration,
    pub(super) disk_full: bool,
    pub(super) memory_mb: Option<u32>,
    pub(super) timeout: Option<Duration>,
    pub(super) environment: BTreeMap<String, Option<String>>,
    pub(super) kill_every: Option<(Duration, u64)>,
}

impl Troubles {
    /// Adds one to what is wrong already.
    pub(super) fn add(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Seats(seats) => self.seats = Some(seats),
            Trouble::SlowInit(delay) => self.init_delay = delay,
            Trouble::DiskFull => self.disk_full = true,
            Trouble::Memory(megabytes) => self.memory_mb = Some(megabytes),
            Trouble::Timeout(limit) => self.timeout = Some(limit),
            Trouble::Environment(variables) => self.environment.extend(variables),
            Trouble::KillEvery { every, seed } => self.kill_every = Some((every, seed)),
        }
    }

    /// The function as it is configured with all that.
    pub(super) fn apply(&self, function: &Function) -> Function {
        let mut function = function.clone();
        function.reserved_concurrency = self.seats.or(function.reserved_concurrency);
        function.memory_mb = self.memory_mb.unwrap_or(function.memory_mb);
        function.timeout = self.timeout.unwrap_or(function.timeout);
        for (name, value) in &self.environment {
            match value {
                Some(value) => function.environment.insert(name.clone(), value.clone()),
                None => function.environment.remove(name),
            };
        }
        function
    }

    /// Whether environments that run with these settings differ from those that run with `other`: Lambda gives
    /// every invocation after an update of the configuration an environment that was started with it.
    pub(super) fn same_configuration(&self, other: &Self) -> bool {
        (self.memory_mb, self.timeout, &self.environment) == (other.memory_mb, other.timeout, &other.environment)
    }
}
