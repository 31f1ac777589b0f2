//! Breaking the stack on purpose: tables, parameters and queues that fail, are slow, throttle, or are not what they were.

mod order;
mod refusal;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use order::{Order, Wrong};
pub use refusal::Refusal;

use crate::aws::{Fault, Trouble};
use crate::dynamodb::{self, DynamoDb, Throughput};
use crate::sqs::{self, Disorder, Sqs};
use crate::ssm::{self, Ssm};
use crate::template::Stack;

/// The rooms that can be broken, and what is in them. Clones share them.
#[derive(Debug, Clone)]
pub struct Switches {
    dynamodb: DynamoDb,
    ssm: Ssm,
    sqs: Sqs,
    targets: Vec<Target>,
}

#[derive(Debug, Clone)]
struct Target {
    id: String,
    kind: Kind,
    /// Physical name.
    name: String,
    arn: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Table,
    Parameter,
    Queue,
}

impl Kind {
    fn called(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Parameter => "parameter",
            Self::Queue => "queue",
        }
    }

    fn operations(self) -> &'static [&'static str] {
        match self {
            Self::Table => &dynamodb::OPERATIONS,
            Self::Parameter => &ssm::OPERATIONS,
            Self::Queue => &sqs::OPERATIONS,
        }
    }
}

impl Switches {
    /// The switches of a stack.
    pub(crate) fn new(stack: &Stack, dynamodb: DynamoDb, ssm: Ssm, sqs: Sqs) -> Self {
        let tables = stack.tables.iter().map(|(id, table)| Target {
            id: id.clone(),
            kind: Kind::Table,
            name: table.name.clone(),
            arn: table.arn.clone(),
        });
        let parameters = stack.ssm_parameters.iter().map(|(id, parameter)| Target {
            id: id.clone(),
            kind: Kind::Parameter,
            name: parameter.name.clone(),
            arn: ssm.arn(&parameter.name),
        });
        let queues = stack.queues.iter().map(|(id, queue)| Target {
            id: id.clone(),
            kind: Kind::Queue,
            name: queue.name.clone(),
            arn: queue.arn.clone(),
        });
        let targets = tables.chain(parameters).chain(queues).collect();
        Self { dynamodb, ssm, sqs, targets }
    }

    /// Carries out an order, wholly or not at all.
    ///
    /// # Errors
    /// The order names what there is not, or asks of a resource what it cannot have.
    pub fn carry_out(&self, order: &Order) -> Result<(), Refusal> {
        let targets = self.targets(order)?;
        if order.trouble.is_none() {
            return self.mend(order, &targets);
        }
        bounds(order)?;
        match &order.trouble {
            Some(Wrong::Capacity(throughput)) => {
                for target in single(order, &targets, Kind::Table, "capacity")? {
                    self.dynamodb.provision(&target.name, *throughput);
                }
            }
            Some(Wrong::Value(value)) => {
                for target in single(order, &targets, Kind::Parameter, "value")? {
                    self.ssm.overwrite(&target.name, value);
                }
            }
            Some(Wrong::Disorder(disorder)) => {
                for target in single(order, &targets, Kind::Queue, "disorder")? {
                    // A target is a queue of the stack, so that there is one to disturb.
                    let _ = self.sqs.disturb(&target.name, disorder.clone());
                }
            }
            Some(Wrong::Fail) => self.trouble(order, &targets, &Trouble::Fail),
            Some(Wrong::Unavailable) => self.trouble(order, &targets, &Trouble::Unavailable),
            Some(Wrong::Throttle) => self.trouble(order, &targets, &Trouble::Throttle),
            Some(Wrong::Slow { ms }) => {
                self.trouble(order, &targets, &Trouble::Slow(Duration::from_millis((*ms).into())));
            }
            None => {}
        }
        Ok(())
    }

    /// What an order is about: what it names, or everything that has its operation.
    fn targets(&self, order: &Order) -> Result<Vec<&Target>, Refusal> {
        let named = |target: &&Target| order.resource.as_ref().is_none_or(|resource| *resource == target.id);
        let targets: Vec<&Target> = self.targets.iter().filter(named).collect();
        if targets.is_empty() {
            let known = self.targets.iter().map(|target| target.id.as_str()).collect();
            return Err(Refusal::no_such_resource(order, known));
        }
        let Some(operation) = &order.operation else { return Ok(targets) };
        let has_it = |target: &&&Target| target.kind.operations().contains(&operation.as_str());
        let with_it: Vec<&Target> = targets.iter().filter(has_it).copied().collect();
        if with_it.is_empty() {
            let mut kinds: Vec<Kind> = targets.iter().map(|target| target.kind).collect();
            kinds.dedup();
            let known: Vec<&str> = kinds.iter().flat_map(|kind| kind.operations()).copied().collect();
            return Err(Refusal::NoSuchOperation { asked: operation.clone(), known: known.join(", ") });
        }
        Ok(with_it)
    }

    fn trouble(&self, order: &Order, targets: &[&Target], trouble: &Trouble) {
        for target in targets {
            let mut fault = Fault::every(trouble.clone()).only(order.operation.clone());
            if let Some(share) = order.share {
                fault = fault.share(share, order.seed.unwrap_or_default());
            }
            match target.kind {
                Kind::Table => self.dynamodb.switch.set_for(&target.arn, fault),
                Kind::Parameter => self.ssm.switch.set_for(&target.arn, fault),
                Kind::Queue => self.sqs.switch.set_for(&target.arn, fault),
            }
        }
    }

    fn mend(&self, order: &Order, targets: &[&Target]) -> Result<(), Refusal> {
        if order.share.is_some() || order.seed.is_some() {
            let member = if order.share.is_some() { "share" } else { "seed" };
            return Err(Refusal::Pointless { member, without: "a \"trouble\"" });
        }
        let operation = order.operation.as_deref();
        for target in targets {
            match target.kind {
                Kind::Table => self.dynamodb.switch.mend(&target.arn, operation),
                Kind::Parameter => self.ssm.switch.mend(&target.arn, operation),
                Kind::Queue => self.sqs.switch.mend(&target.arn, operation),
            }
            match target.kind {
                // What is not of one operation is not mended with one.
                _ if operation.is_some() => {}
                Kind::Table => self.dynamodb.as_in_template(&target.name),
                Kind::Parameter => self.ssm.put_back(&target.name),
                Kind::Queue => {
                    let _ = self.sqs.disturb(&target.name, Disorder::default());
                }
            }
        }
        Ok(())
    }
}

/// The one target of a trouble that only a named resource of this kind can have, and only as a whole.
fn single<'a>(
    order: &Order,
    targets: &[&'a Target],
    needed: Kind,
    trouble: &'static str,
) -> Result<Vec<&'a Target>, Refusal> {
    if order.resource.is_none() {
        return Err(Refusal::NeedsResource(trouble));
    }
    if let Some(other) = targets.iter().find(|target| target.kind != needed) {
        let (resource, is) = (other.id.clone(), other.kind.called());
        return Err(Refusal::WrongKind { resource, is, needed: needed.called(), trouble });
    }
    let whole = "fail, unavailable, throttle or slow: the others concern all calls";
    for (member, given) in [("operation", order.operation.is_some()), ("share", order.share.is_some())] {
        if given {
            return Err(Refusal::Pointless { member, without: whole });
        }
    }
    Ok(targets.to_vec())
}

/// Whether the numbers of an order are in their ranges.
fn bounds(order: &Order) -> Result<(), Refusal> {
    match order.share {
        // What is no number is in no range.
        Some(share) if !(share > 0.0 && share <= 1.0) => {
            return Err(Refusal::out_of_range("share", &share, "more than 0 and at most 1"));
        }
        None if order.seed.is_some() => return Err(Refusal::Pointless { member: "seed", without: "a \"share\"" }),
        _ => {}
    }
    match &order.trouble {
        Some(Wrong::Slow { ms }) if !(1..=600_000).contains(ms) => {
            Err(Refusal::out_of_range("ms", ms, "1 to 600000 milliseconds"))
        }
        Some(Wrong::Disorder(Disorder { duplicates, reordering, .. })) => {
            for (name, share) in [("duplicates", duplicates), ("reordering", reordering)] {
                if !(0.0..=1.0).contains(share) {
                    return Err(Refusal::out_of_range(name, share, "0 to 1"));
                }
            }
            Ok(())
        }
        Some(Wrong::Capacity(Throughput { read, write, burst })) => {
            for (name, units) in [("read", read), ("write", write)] {
                if !dynamodb::UNITS.contains(units) {
                    return Err(Refusal::out_of_range(name, units, "1 to 40000 units a second"));
                }
            }
            match burst {
                Some(seconds) if *seconds > dynamodb::BURST_SECONDS => {
                    Err(Refusal::out_of_range("burst", seconds, "0 to 300 seconds"))
                }
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}
