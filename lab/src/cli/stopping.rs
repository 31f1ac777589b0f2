//! Stopping in order.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

/// Waits for Ctrl-C, SIGTERM or SIGHUP.
pub(super) async fn requested() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

/// Says goodbye. A lab that was serving has done its work; one that was still starting has not, and ends as a shell
/// expects of an interrupted command.
pub(super) fn code(serving: bool) -> ExitCode {
    super::terminal::print("\nStopped.");
    if serving { ExitCode::SUCCESS } else { ExitCode::from(130) }
}
