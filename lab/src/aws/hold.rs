//! A call that is never answered: whoever makes it can be killed right there.

use std::sync::Arc;

use tokio::sync::Notify;

/// Which call is held, and when.
#[derive(Debug, Clone)]
pub struct Hold {
    /// IAM action.
    pub action: &'static str,
    /// End of the ARN that it acts on.
    pub resource: &'static str,
    /// Before the call takes effect, or after it has.
    pub moment: Moment,
    /// How many such calls pass first.
    pub skip: usize,
    /// Told when the call is held.
    pub reached: Arc<Notify>,
}

/// On which side of its effect a call is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Nothing has happened yet.
    Before,
    /// It has happened, and the caller does not know.
    After,
}
