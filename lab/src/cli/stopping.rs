//! Stopping in order.

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
