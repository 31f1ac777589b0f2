//! Why a scenario is not played.

use crate::assembly::LabError;
use crate::binaries::BuildError;
use crate::load;

/// Why a scenario could not be played.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No such act.
    #[error("scenario {0} has no act \"{1}\"")]
    NoAct(String, &'static str),
    /// Too fast.
    #[error("scenario {name} can be compressed at most {most} times: {because}")]
    Compress {
        /// Name.
        name: String,
        /// At most.
        most: u16,
        /// Why.
        because: String,
    },
    /// The lab does not start.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The functions cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A binary that no function has is to be replaced.
    #[error("no function of the template has the binary \"{0}\"")]
    NoBinary(String),
    /// Variables of a function that there is not.
    #[error("the template has no function \"{0}\"")]
    NoFunction(String),
    /// Rights for a function whose role is not of the template.
    #[error("the function \"{0}\" has no role in the template, so nothing can be added to its rights")]
    NoRole(String),
    /// A queue that there is not.
    #[error("the template has no queue \"{0}\"")]
    NoQueue(String),
    /// An event source that there is not.
    #[error("the template has no event source mapping \"{0}\"")]
    NoEventSource(String),
    /// A variable that is no time.
    #[error("{function} has no variable \"{variable}\" that is a number and could be shortened")]
    NoTime {
        /// Logical id of the function.
        function: String,
        /// The variable.
        variable: String,
    },
    /// Rows of a table that there is not.
    #[error("the template has no table \"{0}\"")]
    NoTable(String),
    /// A row of the scenario cannot be put into its table.
    #[error("a row of the scenario could not be put into {table}")]
    Place {
        /// Logical id of the table.
        table: String,
        /// Cause.
        #[source]
        source: crate::dynamodb::DynamoDbError,
    },
    /// After the last rider functions went on, so that rows could still be coming.
    #[error("{0} s after the last rider functions were still at work, so the ledgers cannot be compared")]
    NoRest(u64),
    /// The template lacks what scenarios are about.
    #[error("the template has no {0}")]
    Missing(&'static str),
    /// An alarm that the scenario names does not exist.
    #[error("the stack has no alarm \"{0}\"")]
    NoAlarm(String),
    /// A switch does not exist.
    #[error("the fault \"{what}\" cannot be turned on: {why}")]
    Switch {
        /// The fault.
        what: String,
        /// Why.
        why: String,
    },
    /// Before anything was wrong, alarms were on or nobody had looked at them.
    #[error("before the load, after {waited} s, these alarms are not OK: {alarms}")]
    NotQuiet {
        /// Alarms with their states.
        alarms: String,
        /// Seconds.
        waited: u64,
    },
    /// No load can be made.
    #[error(transparent)]
    Load(#[from] load::LoadError),
    /// A table cannot be read.
    #[error("the tables of rides, payments and finance could not be read")]
    Rows(#[source] crate::dynamodb::DynamoDbError),
    /// A task died.
    #[error("a task of the lab died")]
    Died,
}
