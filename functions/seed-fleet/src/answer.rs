use crate::Request;
use serde::Serialize;

/// CloudFormation takes answers of up to 4,096 bytes; this leaves room for everything else in it.
const LONGEST_REASON: usize = 1_000;

/// The answer to CloudFormation.
/// See "Custom resource response objects" in the AWS CloudFormation template reference.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Answer<'a> {
    /// Whether it worked.
    pub status: Status,
    /// Why not.
    pub reason: String,
    /// The same for every fleet of one table: another id would make CloudFormation delete the old one.
    pub physical_resource_id: String,
    /// As in the request.
    pub stack_id: &'a str,
    /// As in the request.
    pub request_id: &'a str,
    /// As in the request.
    pub logical_resource_id: &'a str,
}

/// Whether it worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// It did.
    Success,
    /// It did not.
    Failed,
}

impl<'a> Answer<'a> {
    /// The answer to a request whose outcome is this, failure as text.
    pub fn new(request: &'a Request, table: &str, outcome: Result<(), String>) -> Self {
        let status = if outcome.is_ok() { Status::Success } else { Status::Failed };
        let reason = outcome.err().unwrap_or_default().chars().take(LONGEST_REASON).collect();
        let own = || format!("fleet-{table}");
        Self {
            status,
            reason,
            physical_resource_id: request.physical_resource_id.clone().unwrap_or_else(own),
            stack_id: &request.stack_id,
            request_id: &request.request_id,
            logical_resource_id: &request.logical_resource_id,
        }
    }
}
