//! What can be broken, and what can be wrong with it.

use super::order::Wrong;
use crate::dynamodb;
use crate::sqs;
use crate::ssm::{self, Ssm};
use crate::template::Stack;

/// A resource of the stack that can be broken.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Logical id.
    pub(super) id: String,
    pub(super) kind: Kind,
    /// Physical name.
    pub(super) name: String,
    pub(super) arn: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    Parameter,
    Queue,
    Function,
    Pipe,
}

/// The troubles of whatever is called over an API of AWS.
const OF_CALLS: [&str; 5] = ["fail", "unavailable", "throttle", "slow", "late"];

/// The troubles of functions.
const OF_FUNCTIONS: [&str; 7] = ["seats", "slow_init", "disk_full", "memory", "timeout", "environment", "kill_every"];

impl Kind {
    const ALL: [Self; 5] = [Self::Table, Self::Parameter, Self::Queue, Self::Function, Self::Pipe];

    pub(super) fn called(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Parameter => "parameter",
            Self::Queue => "queue",
            Self::Function => "function",
            Self::Pipe => "pipe",
        }
    }

    /// Operations that can be broken alone.
    pub(super) fn operations(self) -> &'static [&'static str] {
        match self {
            Self::Table => &dynamodb::OPERATIONS,
            Self::Parameter => &ssm::OPERATIONS,
            Self::Queue => &sqs::OPERATIONS,
            Self::Function | Self::Pipe => &[],
        }
    }

    /// Names of the troubles that it can have.
    pub(super) fn troubles(self) -> Vec<&'static str> {
        match self {
            Self::Table => [&OF_CALLS[..], &["capacity"]].concat(),
            Self::Parameter => [&OF_CALLS[..], &["value"]].concat(),
            Self::Queue => [&OF_CALLS[..], &["disorder"]].concat(),
            Self::Function => OF_FUNCTIONS.to_vec(),
            Self::Pipe => vec!["stopped"],
        }
    }

    pub(super) fn has(self, wrong: &Wrong) -> bool {
        self.troubles().contains(&wrong.name())
    }

    /// The kinds that can have a trouble, as one says it.
    pub(super) fn that_have(wrong: &Wrong) -> String {
        let kinds: Vec<&str> = Self::ALL.into_iter().filter(|kind| kind.has(wrong)).map(Self::called).collect();
        kinds.join(" or a ")
    }
}

/// Everything in a stack that can be broken.
pub(super) fn all(stack: &Stack, ssm: &Ssm) -> Vec<Target> {
    let tables = stack.tables.iter().map(|(id, table)| (id, Kind::Table, &table.name, table.arn.clone()));
    let parameters = stack.ssm_parameters.iter();
    let parameters = parameters.map(|(id, parameter)| (id, Kind::Parameter, &parameter.name, ssm.arn(&parameter.name)));
    let queues = stack.queues.iter().map(|(id, queue)| (id, Kind::Queue, &queue.name, queue.arn.clone()));
    let functions = stack.functions.iter();
    let functions = functions.map(|(id, function)| (id, Kind::Function, &function.name, function.arn.clone()));
    let pipes = stack.pipes.iter().map(|(id, pipe)| (id, Kind::Pipe, &pipe.name, pipe.arn.clone()));
    let target = |(id, kind, name, arn): (&String, Kind, &String, String)| Target {
        id: id.clone(),
        kind,
        name: name.clone(),
        arn,
    };
    tables.chain(parameters).chain(queues).chain(functions).chain(pipes).map(target).collect()
}
