use super::Problem;

/// A problem together with its cause: the caller is told the first, the log the second.
#[derive(Debug)]
pub struct Failure {
    /// What the caller is told.
    pub problem: Problem,
    /// What the log is told, with its whole source chain.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Failure {
    /// A failure with the error that caused it.
    pub fn caused_by(problem: Problem, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { problem, cause: Some(cause.into()) }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem, cause: None }
    }
}
