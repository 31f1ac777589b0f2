//! The memory limit of a function.

use std::convert::Infallible;
use std::time::Duration;

use super::environment::Environment;

/// How often an environment at work is looked at: Lambda's limit is the kernel's, which takes root to set. What it took and gave
/// back in between is seen all the same, in the peak that the kernel keeps. Not more often: each look is a file that the kernel
/// writes, and at 25 ms a busy lab spent one fifteenth of its processor time on them.
const EVERY: Duration = Duration::from_millis(100);

/// Ends the environment once it holds more than so many MB. Lambda's kernel does, and the caller then reads
/// "Runtime exited with error: signal: killed".
/// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html>
pub(super) async fn keep_to(megabytes: u32, environment: &Environment) -> Infallible {
    loop {
        // Who is done sooner is looked at once, in the end.
        tokio::time::sleep(EVERY).await;
        if is_over(megabytes, environment.peak_memory_mb()) {
            environment.kill();
            // The invocation ends with its process.
            std::future::pending::<()>().await;
        }
    }
}

/// Whether a peak, of an environment's whole life and its init, is more than that.
pub(super) fn is_over(megabytes: u32, peak_mb: Option<u64>) -> bool {
    peak_mb.is_some_and(|peak| peak > u64::from(megabytes))
}
