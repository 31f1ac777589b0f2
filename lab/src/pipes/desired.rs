//! Whether a pipe is to run: what StartPipe and StopPipe of AWS change, and what AWS itself does with a pipe that fails all the time.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use crate::template::{Pipe, Stack};

/// The desired states of a stack's pipes. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct DesiredStates(Arc<BTreeMap<String, Desired>>);

#[derive(Debug)]
struct Desired {
    in_template: bool,
    running: watch::Sender<bool>,
}

impl DesiredStates {
    /// As the template has them.
    pub(super) fn of(stack: &Stack) -> Self {
        let desired = |pipe: &Pipe| Desired { in_template: pipe.running, running: watch::Sender::new(pipe.running) };
        Self(Arc::new(stack.pipes.values().map(|pipe| (pipe.name.clone(), desired(pipe))).collect()))
    }

    /// Stops a pipe, by name, after the batch that it is at. It keeps its place in the stream.
    pub(crate) fn stop(&self, pipe: &str) {
        self.set(pipe, |_| false);
    }

    /// What the template says, again.
    pub(crate) fn as_in_template(&self, pipe: &str) {
        self.set(pipe, |desired| desired.in_template);
    }

    fn set(&self, pipe: &str, running: impl Fn(&Desired) -> bool) {
        if let Some(desired) = self.0.get(pipe) {
            desired.running.send_replace(running(desired));
        }
    }

    /// What a pipe waits for; one that nobody knows is not to run.
    pub(super) fn of_pipe(&self, pipe: &str) -> watch::Receiver<bool> {
        self.0.get(pipe).map_or_else(|| watch::channel(false).1, |desired| desired.running.subscribe())
    }
}
