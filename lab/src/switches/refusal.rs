//! Why an order is not carried out.

use super::Order;

/// Why an order is not carried out. Nothing has changed then.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No such table, parameter or function.
    #[error("the stack has no table, parameter or function \"{asked}\"; it has {known}")]
    NoSuchResource {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// The trouble is one of tables, and this is none, or one of parameters or functions.
    #[error("{resource} is a {is}, and only a {needed} has \"{trouble}\"; a {is} has {has}")]
    WrongKind {
        /// Logical id.
        resource: String,
        /// What it is.
        is: &'static str,
        /// The troubles that it can have.
        has: String,
        /// What it would have to be.
        needed: String,
        /// Name of the trouble.
        trouble: &'static str,
    },
    /// The trouble is of one resource, and none was named.
    #[error("\"{0}\" needs a \"resource\"")]
    NeedsResource(&'static str),
    /// The operation is none of the lab's, or none of this resource.
    #[error("no operation \"{asked}\" acts on it; these do: {known}")]
    NoSuchOperation {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// A number is out of its range.
    #[error("\"{name}\" is {is}; it is {range}")]
    OutOfRange {
        /// Member of the order.
        name: &'static str,
        /// Its value.
        is: String,
        /// What it may be.
        range: &'static str,
    },
    /// This system has no means for it.
    #[error("the lab can do \"{0}\" on Linux only")]
    NotHere(&'static str),
    /// Members that do not go together.
    #[error("\"{member}\" says nothing without {without}")]
    Pointless {
        /// Member of the order.
        member: &'static str,
        /// What it lacks.
        without: &'static str,
    },
}

impl Refusal {
    pub(super) fn out_of_range(name: &'static str, is: &impl ToString, range: &'static str) -> Self {
        Self::OutOfRange { name, is: is.to_string(), range }
    }

    pub(super) fn no_such_resource(order: &Order, known: Vec<&str>) -> Self {
        Self::NoSuchResource { asked: order.resource.clone().unwrap_or_default(), known: known.join(", ") }
    }
}
