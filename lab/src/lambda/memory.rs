//! The memory limit of a function.

use std::convert::Infallible;
use std::time::Duration;

use super::environment::Environment;

/// How often an environment at work is looked at. What it takes and gives back in between is not seen: Lambda's limit is the kernel's,
/// which takes root to set.
const EVERY: Duration = Duration::from_millis(25);

/// Ends the environment once it holds more than so many MB. Lambda's kernel does, and the caller then reads
/// "Runtime exited with error: signal: killed".
/// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html>
pub(super) async fn keep_to(megabytes: u32, environment: &Environment) -> Infallible {
    let limit = u64::from(megabytes) * 1024 * 1024;
    loop {
        tokio::time::sleep(EVERY).await;
        if environment.process.memory().is_some_and(|bytes| bytes > limit) {
            environment.peak_memory_mb();
            environment.kill();
            // The invocation ends with its process.
            std::future::pending::<()>().await;
        }
    }
}
