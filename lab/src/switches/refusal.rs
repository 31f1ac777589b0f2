//! Why an order is not carried out.

use std::fmt;

use super::Order;
use super::words::Words;

/// Why an order is not carried out. Nothing has changed then. As text it names the members of the order; whoever was given options
/// of `cargo lab break` reads it in those words ([`Refusal::in_options`]).
#[derive(Debug, PartialEq)]
pub enum Refusal {
    /// No such table, parameter, queue, function or pipe.
    NoSuchResource {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// The trouble is one of tables, and this is none, or one of parameters or functions.
    WrongKind {
        /// Logical id.
        resource: String,
        /// What it is.
        is: &'static str,
        /// The troubles that it can have.
        has: Vec<&'static str>,
        /// What it would have to be.
        needed: String,
        /// Name of the trouble.
        trouble: &'static str,
    },
    /// The trouble is of one resource, and none was named.
    NeedsResource(&'static str),
    /// The operation is none of the lab's, or none of this resource.
    NoSuchOperation {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// A variable is to be taken away that the function does not have.
    NoSuchVariable {
        /// Logical id of the function.
        function: String,
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// A number is out of its range.
    OutOfRange {
        /// Member of the order.
        name: &'static str,
        /// The trouble that it is a number of: several have an `ms`. Of the order's own numbers the same as `name`.
        of: &'static str,
        /// Its value.
        is: String,
        /// What it may be.
        range: &'static str,
    },
    /// This system has no means for it.
    NotHere(&'static str),
    /// Members that do not go together.
    Pointless {
        /// Member of the order.
        member: &'static str,
        /// What it lacks.
        without: Lack,
    },
}

/// What a member of an order says nothing without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Something that chance decides.
    Chance,
    /// Something that is wrong.
    Trouble,
    /// A trouble that single calls can have.
    TroubleOfCalls,
    /// A resource that is called over an API.
    Callable,
}

impl Refusal {
    pub(super) fn out_of_range(of: &'static str, name: &'static str, is: &dyn ToString, range: &'static str) -> Self {
        Self::OutOfRange { name, of, is: is.to_string(), range }
    }

    pub(super) fn no_such_resource(order: &Order, known: Vec<&str>) -> Self {
        Self::NoSuchResource { asked: order.resource.clone().unwrap_or_default(), known: known.join(", ") }
    }

    /// The same in the words of `cargo lab break`: `--slow-init` where an order has `"slow_init"`.
    pub fn in_options(&self) -> String {
        self.say(Words::Options)
    }

    fn say(&self, words: Words) -> String {
        match self {
            Self::NoSuchResource { asked, known } => {
                format!("the stack has no table, parameter, queue, function or pipe \"{asked}\"; it has {known}")
            }
            Self::WrongKind { resource, is, has, needed, trouble } => {
                let (trouble, has) = (words.has(trouble), words.troubles(has));
                format!("{resource} is a {is}, and only a {needed} {trouble}; a {is} has {has}")
            }
            Self::NeedsResource(trouble) => {
                format!("{} needs a {}", words.member(trouble), words.member("resource"))
            }
            Self::NoSuchOperation { asked, known } => {
                format!("no operation \"{asked}\" acts on it; these do: {known}")
            }
            Self::NoSuchVariable { function, asked, known } => {
                format!("{function} has no variable \"{asked}\" that could be taken away; it has {known}")
            }
            Self::OutOfRange { name, of, is, range } => {
                format!("{} is {is}; it is {range}", words.number(name, of))
            }
            Self::NotHere(trouble) => format!("the lab can do {} on Linux only", words.member(trouble)),
            Self::Pointless { member, without } => {
                format!("{} says nothing without {}", words.member(member), words.lack(*without))
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Words::Members))
    }
}

impl std::error::Error for Refusal {}
