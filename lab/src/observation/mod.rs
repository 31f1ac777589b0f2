//! What the console shows.
mod requests;
pub use requests::{Journey, Request, Requests, Ticket};
/// x
#[derive(Debug)]
pub struct Observation;
impl Observation { /// x
 pub fn new(_: &crate::template::Stack, _: &crate::instruments::Instruments, _: &crate::logs::Logs) -> Self { Self } }
