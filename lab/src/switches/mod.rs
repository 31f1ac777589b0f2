//! Breaking the stack on purpose: tables, parameters and queues that fail, are slow, throttle, or are not what they were;
//! functions without seats, memory or a disk; pipes that stand still.

mod bounds;
mod order;
mod refusal;
mod target;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use bounds::MILLISECONDS;
pub use order::{Order, Wrong};
pub use refusal::{Lack, Refusal};

use crate::aws::{Fault, Trouble};
use crate::dynamodb::DynamoDb;
use crate::lambda::{self, Lambda};
use crate::pipes::DesiredStates;
use crate::sqs::{Disorder, Sqs};
use crate::ssm::Ssm;
use crate::template::Stack;
use target::{Kind, Target};

/// The rooms that can be broken, and what is in them. Clones share them.
#[derive(Debug, Clone)]
pub struct Switches {
    means: Means,
    targets: Vec<Target>,
}

/// What breaks them.
#[derive(Debug, Clone)]
pub(crate) struct Means {
    pub(crate) dynamodb: DynamoDb,
    pub(crate) ssm: Ssm,
    pub(crate) sqs: Sqs,
    pub(crate) lambda: Arc<Lambda>,
    pub(crate) pipes: DesiredStates,
}

impl Switches {
    /// The switches of a stack.
    pub(crate) fn new(stack: &Stack, means: Means) -> Self {
        let targets = target::all(stack, &means.ssm);
        Self { means, targets }
    }

    /// Carries out an order, wholly or not at all. Needs a runtime: environments are killed in the background.
    ///
    /// # Errors
    /// The order names what there is not, or asks of a resource what it cannot have.
    pub fn carry_out(&self, order: &Order) -> Result<(), Refusal> {
        let targets = self.targets(order)?;
        let Some(wrong) = &order.trouble else { return self.mend(order, &targets) };
        order.check()?;
        let targets = concerned(order, wrong, targets)?;
        if let Wrong::Environment(variables) = wrong {
            targets.iter().try_for_each(|target| self.has_what_goes(target, variables))?;
        }
        for target in targets {
            match wrong {
                Wrong::Fail => self.trouble(order, target, Trouble::Fail),
                Wrong::Unavailable => self.trouble(order, target, Trouble::Unavailable),
                Wrong::Throttle => self.trouble(order, target, Trouble::Throttle),
                Wrong::Slow { ms } => self.trouble(order, target, Trouble::Slow(milliseconds(*ms))),
                Wrong::Late { ms } => self.trouble(order, target, Trouble::Late(milliseconds(*ms))),
                Wrong::Capacity(throughput) => self.means.dynamodb.provision(&target.name, *throughput),
                Wrong::Value(value) => self.means.ssm.overwrite(&target.name, value),
                Wrong::Disorder(disorder) => self.disturb(target, disorder.clone()),
                Wrong::Stopped => self.means.pipes.stop(&target.name),
                Wrong::Seats(seats) => self.function(target, lambda::Trouble::Seats(*seats)),
                Wrong::SlowInit { ms } => self.function(target, lambda::Trouble::SlowInit(milliseconds(*ms))),
                Wrong::DiskFull => self.function(target, lambda::Trouble::DiskFull),
                Wrong::Memory { mb } => self.function(target, lambda::Trouble::Memory(*mb)),
                Wrong::Timeout { seconds } => {
                    self.function(target, lambda::Trouble::Timeout(Duration::from_secs((*seconds).into())));
                }
                Wrong::Environment(variables) => {
                    self.function(target, lambda::Trouble::Environment(variables.clone()));
                }
                Wrong::KillEvery { ms } => {
                    let seed = order.seed.unwrap_or_default();
                    self.function(target, lambda::Trouble::KillEvery { every: milliseconds(*ms), seed });
                }
            }
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
            if known.is_empty() {
                return Err(Refusal::Pointless { member: "operation", without: Lack::Callable });
            }
            return Err(Refusal::NoSuchOperation { asked: operation.clone(), known: known.join(", ") });
        }
        Ok(with_it)
    }

    fn trouble(&self, order: &Order, target: &Target, trouble: Trouble) {
        let mut fault = Fault::every(trouble).only(order.operation.clone());
        if let Some(share) = order.share {
            fault = fault.share(share, order.seed.unwrap_or_default());
        }
        match target.kind {
            Kind::Table => self.means.dynamodb.switch.set_for(&target.arn, fault),
            Kind::Parameter => self.means.ssm.switch.set_for(&target.arn, fault),
            Kind::Queue => self.means.sqs.switch.set_for(&target.arn, fault),
            // Have no such trouble.
            Kind::Function | Kind::Pipe => {}
        }
    }

    fn disturb(&self, target: &Target, disorder: Disorder) {
        // A target is a queue of the stack, so that there is one to disturb.
        let _ = self.means.sqs.disturb(&target.name, disorder);
    }

    /// Whether a function has what is to be taken from it, by the template or by what was ordered before: a name that is spelt wrong
    /// would break nothing, and say that it did.
    fn has_what_goes(&self, target: &Target, variables: &BTreeMap<String, Option<String>>) -> Result<(), Refusal> {
        let Some(function) = self.means.lambda.function(&target.id) else { return Ok(()) };
        let goes = variables.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name);
        match goes.into_iter().find(|name| !function.environment.contains_key(*name)) {
            Some(name) => Err(Refusal::NoSuchVariable {
                function: target.id.clone(),
                asked: name.clone(),
                known: function.environment.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
            }),
            None => Ok(()),
        }
    }

    fn function(&self, target: &Target, trouble: lambda::Trouble) {
        self.means.lambda.set(&target.id, Some(trouble));
    }

    fn mend(&self, order: &Order, targets: &[&Target]) -> Result<(), Refusal> {
        if order.share.is_some() || order.seed.is_some() {
            let member = if order.share.is_some() { "share" } else { "seed" };
            return Err(Refusal::Pointless { member, without: Lack::Trouble });
        }
        let operation = order.operation.as_deref();
        for target in targets {
            match target.kind {
                Kind::Table => self.means.dynamodb.switch.mend(&target.arn, operation),
                Kind::Parameter => self.means.ssm.switch.mend(&target.arn, operation),
                Kind::Queue => self.means.sqs.switch.mend(&target.arn, operation),
                Kind::Function | Kind::Pipe => {}
            }
            match target.kind {
                // What is not of one operation is not mended with one.
                _ if operation.is_some() => {}
                Kind::Table => self.means.dynamodb.as_in_template(&target.name),
                Kind::Parameter => self.means.ssm.put_back(&target.name),
                Kind::Queue => self.disturb(target, Disorder::default()),
                Kind::Function => {
                    self.means.lambda.set(&target.id, None);
                }
                Kind::Pipe => self.means.pipes.as_in_template(&target.name),
            }
        }
        Ok(())
    }
}

/// Those of the targets that can have a trouble: the one that was named, or all where none was.
fn concerned<'a>(order: &Order, wrong: &Wrong, targets: Vec<&'a Target>) -> Result<Vec<&'a Target>, Refusal> {
    let trouble = wrong.name();
    if order.resource.is_none() && wrong.is_whole() {
        return Err(Refusal::NeedsResource(trouble));
    }
    let (concerned, others): (Vec<_>, Vec<_>) = targets.into_iter().partition(|target| target.kind.has(wrong));
    if let (true, Some(other)) = (concerned.is_empty(), others.first()) {
        return Err(Refusal::WrongKind {
            resource: other.id.clone(),
            is: other.kind.called(),
            has: other.kind.troubles(),
            needed: Kind::that_have(wrong),
            trouble,
        });
    }
    if wrong.needs_linux() && !cfg!(target_os = "linux") {
        return Err(Refusal::NotHere(trouble));
    }
    Ok(concerned)
}

fn milliseconds(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}
