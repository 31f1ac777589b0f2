//! What the lab does to the process behind an execution environment, and what it reads of it.

use std::process::ExitStatus;

use rustix::process::{Pid, Signal, kill_process};

/// The process of one environment. The environment's supervisor reaps it, so that its id is its own while the environment lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process(Option<Pid>);

impl Process {
    pub(super) fn new(id: Option<u32>) -> Self {
        Self(id.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)))
    }

    /// As the system numbers it; 0 where it has ended before it could be asked.
    pub(super) fn id(self) -> u32 {
        self.0.and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok()).unwrap_or_default()
    }

    /// "Lambda freezes the execution environment when the runtime and each extension have completed and there are no pending
    /// events": no task in the background goes on, no connection is kept alive, and timers that ran out meanwhile
    /// go off together afterwards.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
    pub(super) fn freeze(self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub(super) fn thaw(self) {
        self.signal(Signal::CONT);
    }

    fn signal(self, signal: Signal) {
        if let Some(pid) = self.0 {
            // Fails only when it has ended, which its supervisor sees.
            let _ = kill_process(pid, signal);
        }
    }

    /// Forbids it to write a single byte to any file, or allows it again: a full disk, without one. Who tries is ended by
    /// `SIGXFSZ`, which is harder than the `ENOSPC` of a full `/tmp`, and cannot be overlooked. Pipes and sockets are not concerned.
    /// False where the system cannot do that to another process.
    pub(super) fn forbid_files(self, forbidden: bool) -> bool {
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{Resource, Rlimit, prlimit};
            let new = Rlimit { current: forbidden.then_some(0), maximum: None };
            self.0.is_some_and(|pid| prlimit(Some(pid), Resource::Fsize, new).is_ok())
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = forbidden;
            false
        }
    }

    /// The most resident memory it ever had, in MB, rounded up; `None` where there is no `/proc`.
    pub(super) fn peak_memory_mb(self) -> Option<u64> {
        self.status("VmHWM:").map(|bytes| bytes.div_ceil(1024 * 1024))
    }

    fn status(self, field: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(field))?;
        let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes * 1024)
    }
}

/// How a process ended, in the words that Lambda uses.
pub(super) fn ended(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, signal) => format!("Runtime exited with error: signal: {}", name(signal.unwrap_or_default())),
    }
}

/// Lambda's supervisor is written in Go, and these are Go's names of signals.
/// <https://go.dev/src/syscall/zerrors_linux_amd64.go>
fn name(signal: i32) -> String {
    match signal {
        4 => "illegal instruction".to_owned(),
        6 => "aborted".to_owned(),
        9 => "killed".to_owned(),
        11 => "segmentation fault".to_owned(),
        15 => "terminated".to_owned(),
        25 => "file size limit exceeded".to_owned(),
        other => format!("signal {other}"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command, Stdio};

    use super::*;

    fn sleeper() -> Child {
        Command::new("/bin/sleep").arg("600").stdin(Stdio::null()).spawn().expect("sleep starts")
    }

    /// The letter of `/proc/PID/stat`: R, S, T (stopped), Z.
    #[cfg(target_os = "linux")]
    fn state(process: Process) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.id())).expect("it lives");
        stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()).expect("a state")
    }

    #[cfg(target_os = "linux")]
    fn becomes(process: Process, wanted: char) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while state(process) != wanted {
            assert!(std::time::Instant::now() < deadline, "{wanted} within ten seconds");
            std::thread::yield_now();
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_frozen_process_stands_still_until_it_is_thawed() {
        let mut child = sleeper();
        let process = Process::new(Some(child.id()));
        process.freeze();
        becomes(process, 'T');
        process.thaw();
        becomes(process, 'S');
        child.kill().expect("killed");
        child.wait().expect("ended");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_writes_a_file_when_none_may_be_written_is_ended() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("file");
        let script = format!("read go; echo text >{}", file.display());
        let mut child = Command::new("/bin/sh").args(["-c", &script]).stdin(Stdio::piped()).spawn().expect("sh starts");
        assert!(Process::new(Some(child.id())).forbid_files(true));
        drop(child.stdin.take());
        let status = child.wait().expect("it ends");
        assert!(!status.success());
        assert_eq!(std::fs::metadata(&file).map_or(0, |file| file.len()), 0, "not a byte");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_is_read_of_the_process() {
        let mut child = sleeper();
        let process = Process::new(Some(child.id()));
        assert!(process.peak_memory_mb().is_some_and(|megabytes| megabytes >= 1));
        child.kill().expect("killed");
        child.wait().expect("ended");
        assert_eq!(process.peak_memory_mb(), None);
    }

    #[test]
    fn an_end_is_told_in_lambda_s_words() {
        assert_eq!(ended(ExitStatus::from_raw(0)), "Runtime exited without providing a reason");
        assert_eq!(ended(ExitStatus::from_raw(1 << 8)), "Runtime exited with error: exit status 1");
        assert_eq!(ended(ExitStatus::from_raw(9)), "Runtime exited with error: signal: killed");
        assert_eq!(ended(ExitStatus::from_raw(25)), "Runtime exited with error: signal: file size limit exceeded");
    }
}
