//! Breaking the stack on purpose: a table or a parameter that fails or is slow.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aws::Trouble;
use crate::dynamodb::DynamoDb;
use crate::ssm::Ssm;
use crate::template::Stack;

/// What `cargo lab break` and `cargo lab mend` ask for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// Logical id of a table or a parameter; every one of them without it.
    pub(crate) resource: Option<String>,
    /// What shall be wrong; nothing any more without it.
    pub(crate) trouble: Option<Wrong>,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wrong {
    /// Every call is answered with a 500.
    Fail,
    /// Every call waits so many milliseconds first.
    Slow {
        /// Milliseconds.
        ms: u32,
    },
}

impl From<Wrong> for Trouble {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Fail => Self::Fail,
            Wrong::Slow { ms } => Self::Slow(Duration::from_millis(ms.into())),
        }
    }
}

/// Why an order is not carried out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stack has no table or parameter \"{asked}\"; it has {known}")]
pub(crate) struct NoSuchResource {
    asked: String,
    known: String,
}

/// The rooms that can be broken, and what is in them.
#[derive(Debug, Clone)]
pub(crate) struct Switches {
    dynamodb: DynamoDb,
    ssm: Ssm,
    tables: Vec<(String, String)>,
    parameters: Vec<(String, String)>,
}

impl Switches {
    /// The switches of a stack.
    pub(crate) fn new(stack: &Stack, dynamodb: DynamoDb, ssm: Ssm) -> Self {
        let table = |(id, table): (&String, &crate::template::Table)| (id.clone(), table.arn.clone());
        let parameter =
            |(id, parameter): (&String, &crate::template::SsmParameter)| (id.clone(), ssm.arn(&parameter.name));
        let (tables, parameters) =
            (stack.tables.iter().map(table).collect(), stack.ssm_parameters.iter().map(parameter).collect());
        Self { dynamodb, ssm, tables, parameters }
    }

    /// Carries out an order.
    pub(crate) fn carry_out(&self, order: &Order) -> Result<(), NoSuchResource> {
        let asked = |(id, _): &&(String, String)| order.resource.as_ref().is_none_or(|resource| resource == id);
        let (tables, parameters) = (self.tables.iter().filter(asked), self.parameters.iter().filter(asked));
        let trouble = || order.trouble.map(Trouble::from);
        let mut found = false;
        for (_, arn) in tables {
            self.dynamodb.switch.set_for(arn, trouble());
            found = true;
        }
        for (_, arn) in parameters {
            self.ssm.switch.set_for(arn, trouble());
            found = true;
        }
        if found {
            return Ok(());
        }
        let known = self.tables.iter().chain(&self.parameters).map(|(id, _)| id.as_str()).collect::<Vec<_>>();
        Err(NoSuchResource { asked: order.resource.clone().unwrap_or_default(), known: known.join(", ") })
    }
}
