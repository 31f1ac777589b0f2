//! Nothing outlives the lab, even when the lab is killed.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

/// A process that leads the process group of everything the lab starts (environments, cargo) and kills the whole group once its standard input closes.
///
/// The kernel closes that pipe however the lab ends, SIGKILL included. `PR_SET_PDEATHSIG` would do the same on Linux only,
/// needs unsafe code, and fires when the spawning *thread* ends. The group is not the terminal's foreground group,
/// so Ctrl-C reaches the lab alone, which then stops the functions in order.
#[derive(Debug)]
pub(crate) struct Reaper {
    child: Child,
    _lifeline: Option<ChildStdin>,
}

impl Reaper {
    pub(crate) fn start() -> io::Result<Self> {
        // Members that stand still, as waiting environments do, make the kernel send SIGHUP to a group that is orphaned.
        let mut child = Command::new("/bin/sh")
            .args(["-c", "trap '' HUP; cat >/dev/null; kill -KILL 0"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let lifeline = child.stdin.take();
        Ok(Self { child, _lifeline: lifeline })
    }

    /// The process group that environments join.
    pub(crate) fn group(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap_or(0)
    }
}

impl Reaper {
    /// Kills every environment, and the reaper with them.
    pub(crate) fn kill_group(&self) {
        if let Some(group) = Pid::from_raw(self.group()) {
            // Already gone is as good as killed.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.kill_group();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_the_lifeline_closes_the_group_dies() {
        let mut reaper = Reaper::start().expect("sh starts");
        let mut member =
            Command::new("/bin/sleep").arg("600").process_group(reaper.group()).spawn().expect("sleep starts");
        drop(reaper._lifeline.take());
        let status = member.wait().expect("the member ends");
        assert!(!status.success(), "killed, not finished: {status}");
    }

    #[test]
    fn when_the_reaper_is_dropped_the_group_dies() {
        let reaper = Reaper::start().expect("sh starts");
        let mut member =
            Command::new("/bin/sleep").arg("600").process_group(reaper.group()).spawn().expect("sleep starts");
        drop(reaper);
        assert!(!member.wait().expect("the member ends").success());
    }
}
