//! Seeds the fleet when a stack is created or updated, and answers CloudFormation whatever happens: a custom resource
//! that does not answer keeps the whole stack waiting for an hour.

mod answer;
mod request;
mod seeder;
mod settings;
mod table;

pub use answer::{Answer, Status};
pub use request::{Action, BadRequest, Request};
pub use seeder::{AnswerError, Seeder};
pub use settings::Settings;
pub use table::{FleetTable, UnicornsTable, WriteError};

/// The name of this service.
pub const SERVICE: &str = "seed-fleet";
