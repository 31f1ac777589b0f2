//! How a service is made to misbehave, by tests, by scenarios and by `cargo lab break`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Fault, Moment, Trouble};

/// The switch of a service. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Switch(Arc<Mutex<Troubles>>);

/// What is wrong with a service.
#[derive(Debug, Default)]
struct Troubles {
    /// With all of it.
    everywhere: Option<Trouble>,
    /// With one resource, by its ARN; at most one fault an operation.
    of: BTreeMap<String, Vec<Fault>>,
}

impl Troubles {
    /// What strikes this very call on this side of its effect. A fault of its operation goes before one of them all, a resource before everything.
    fn strike(&mut self, operation: &str, resource: &str, moment: Moment) -> Option<Trouble> {
        let faults = self.of.get_mut(resource).map(Vec::as_mut_slice).unwrap_or_default();
        let of_all = faults.iter().position(|fault| fault.operation.is_none());
        let of_one = faults.iter().position(|fault| fault.operation.is_some() && fault.concerns(operation));
        match of_one.or(of_all).and_then(|found| faults.get_mut(found)) {
            // On its other side, and not to be drawn for twice.
            Some(fault) if fault.trouble.moment() != moment => None,
            Some(fault) => fault.strikes().then(|| fault.trouble.clone()),
            None => self.everywhere.clone().filter(|trouble| trouble.moment() == moment),
        }
    }
}

/// What a call is refused with, in the words of its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outage {
    /// `InternalServerError`.
    Failed,
    /// `ServiceUnavailable`.
    Unavailable,
    /// One call too many.
    Throttled,
}

impl Switch {
    /// Turns the trouble on for every call, or off with `None`. What is wrong with one resource goes before it.
    pub fn set(&self, trouble: Option<Trouble>) {
        self.lock().everywhere = trouble;
    }

    /// Lets one resource have a fault, by its ARN, in place of what the same operation had before.
    pub fn set_for(&self, resource: &str, fault: Fault) {
        let mut troubles = self.lock();
        let faults = troubles.of.entry(resource.to_owned()).or_default();
        faults.retain(|other| other.operation != fault.operation);
        faults.push(fault);
    }

    /// Ends the faults of a resource, or of one of its operations only.
    pub fn mend(&self, resource: &str, operation: Option<&str>) {
        let mut troubles = self.lock();
        if let Some(faults) = troubles.of.get_mut(resource) {
            faults.retain(|fault| operation.is_some() && fault.operation.as_deref() != operation);
        }
    }

    /// Waits, or says what to refuse the call with. It acts on these resources; the first that is in trouble counts.
    pub(crate) async fn before(&self, action: &str, resources: &[String]) -> Option<Outage> {
        match self.strike(action, resources, Moment::Before) {
            None | Some(Trouble::Late(_)) => None,
            Some(Trouble::Slow(wait)) => {
                tokio::time::sleep(wait).await;
                None
            }
            Some(Trouble::Fail) => Some(Outage::Failed),
            Some(Trouble::Unavailable) => Some(Outage::Unavailable),
            Some(Trouble::Throttle) => Some(Outage::Throttled),
            Some(Trouble::Hold(_)) => {
                self.hold(action, resources, Moment::Before).await;
                None
            }
        }
    }

    /// Lets the caller of a call that has been carried out wait, or holds the call if it is the one to be held.
    pub(crate) async fn after(&self, action: &str, resources: &[String]) {
        if let Some(Trouble::Late(wait)) = self.strike(action, resources, Moment::After) {
            tokio::time::sleep(wait).await;
        }
        self.hold(action, resources, Moment::After).await;
    }

    fn strike(&self, action: &str, resources: &[String], moment: Moment) -> Option<Trouble> {
        let operation = action.rsplit(':').next().unwrap_or_default();
        resources.iter().find_map(|resource| self.lock().strike(operation, resource, moment))
    }

    async fn hold(&self, action: &str, resources: &[String], moment: Moment) {
        let reached = match self.lock().everywhere.as_mut() {
            Some(Trouble::Hold(hold))
                if hold.moment == moment
                    && hold.action == action
                    && resources.iter().any(|resource| resource.ends_with(hold.resource)) =>
            {
                match hold.skip.checked_sub(1) {
                    Some(left) => {
                        hold.skip = left;
                        return;
                    }
                    None => hold.reached.clone(),
                }
            }
            _ => return,
        };
        // Only this call: whoever comes next finds the service in order.
        self.set(None);
        reached.notify_one();
        std::future::pending().await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Troubles> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    async fn put(switch: &Switch, resource: &str) -> Option<Outage> {
        switch.before("dynamodb:PutItem", &[resource.to_owned()]).await
    }

    #[tokio::test]
    async fn a_fault_of_one_operation_goes_before_one_of_them_all() {
        let switch = Switch::default();
        switch.set(Some(Trouble::Throttle));
        assert_eq!(put(&switch, "a").await, Some(Outage::Throttled));
        switch.set_for("a", Fault::every(Trouble::Fail));
        switch.set_for("a", Fault::every(Trouble::Unavailable).only(Some("PutItem".to_owned())));
        assert_eq!(put(&switch, "a").await, Some(Outage::Unavailable));
        assert_eq!(switch.before("dynamodb:GetItem", &["a".to_owned()]).await, Some(Outage::Failed));
        assert_eq!(put(&switch, "b").await, Some(Outage::Throttled), "another resource has what all have");
    }

    #[tokio::test]
    async fn a_late_answer_is_late_when_the_call_is_done() {
        let switch = Switch::default();
        switch.set_for("a", Fault::every(Trouble::Late(Duration::from_secs(3600))).share(1.0, 7));
        assert_eq!(put(&switch, "a").await, None, "it is carried out at once");
        let resources = ["a".to_owned()];
        let after = switch.after("dynamodb:PutItem", &resources);
        assert!(tokio::time::timeout(Duration::from_millis(20), after).await.is_err(), "and answered later");
        switch.mend("a", None);
        switch.after("dynamodb:PutItem", &resources).await;
    }

    #[tokio::test]
    async fn a_resource_is_mended_as_a_whole_or_by_operation() {
        let switch = Switch::default();
        switch.set_for("a", Fault::every(Trouble::Fail));
        switch.set_for("a", Fault::every(Trouble::Throttle).only(Some("PutItem".to_owned())));
        switch.mend("a", Some("PutItem"));
        assert_eq!(put(&switch, "a").await, Some(Outage::Failed));
        switch.mend("a", None);
        assert_eq!(put(&switch, "a").await, None);
    }

    #[tokio::test]
    async fn a_call_of_several_resources_has_the_trouble_of_the_first_that_has_one() {
        let switch = Switch::default();
        switch.set_for("b", Fault::every(Trouble::Fail));
        let both = ["a".to_owned(), "b".to_owned()];
        assert_eq!(switch.before("dynamodb:BatchWriteItem", &both).await, Some(Outage::Failed));
    }
}
