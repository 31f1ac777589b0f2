//! Reads what watches a stack: topics and their keys, metric filters, saved queries, traces, schedules, alarms, dashboards.
//!
//! All of it is about the rest of the stack, so it is read last, and what it names must be there.

mod actions;
mod alarm;
mod composite;
mod dashboard;
mod emitted;
mod expression;
mod function;
mod graphed;
mod key;
mod limits;
mod logs;
mod metric;
mod mute;
pub(super) mod policy;
mod queries;
mod rule;
mod schedule;
mod shorthand;
mod statistic;
mod topic;
mod traces;

pub(crate) use function::Function as MathFunction;
pub use graphed::{Graphed, graphed};
pub(crate) use shorthand::{expand, metric as metric_of_row};

use std::collections::BTreeSet;

use super::asynchronous;
use super::error::TemplateError;
use super::intrinsics::Scope;
use super::model::Stack;
use super::resources::Kind;
use super::stack::{Edges, Resolved, Taken};
use emitted::Platform;

/// The resources, resolved.
pub(crate) struct Items<'r> {
    pub(crate) resolved: &'r [Resolved<'r>],
    pub(crate) scope: &'r Scope<'r>,
    pub(crate) edges: &'r Edges,
}

impl<'r> Items<'r> {
    fn of(&self, kind: Kind) -> impl Iterator<Item = &'r Resolved<'r>> {
        self.resolved.iter().filter(move |item| item.resource.kind == kind)
    }

    fn find(&self, logical_id: &str) -> Option<&'r Resolved<'r>> {
        self.resolved.iter().find(|item| item.id == logical_id)
    }
}

/// Adds them to the stack, whose functions, tables, APIs, log groups and roles are read already.
pub(crate) fn read(stack: &mut Stack, items: &Items<'_>, taken: &mut Taken) -> Result<(), TemplateError> {
    let scope = items.scope;
    let keys = key::read(items, taken)?;
    for item in items.of(Kind::Topic) {
        let topic = topic::read(item, scope)?;
        taken.claim("topic", &topic.name, item)?;
        stack.topics.insert(item.id.to_owned(), topic);
    }
    for item in items.of(Kind::Subscription) {
        topic::subscribe(item, stack)?;
    }
    for item in items.of(Kind::MetricFilter) {
        let filter = logs::metric_filter(item, stack)?;
        taken.claim("metric filter", &format!("{}/{}", filter.log_group, item.physical_name(scope)?), item)?;
        stack.metric_filters.insert(item.id.to_owned(), filter);
    }
    for item in items.of(Kind::QueryDefinition) {
        let definition = logs::query_definition(item, stack)?;
        stack.query_definitions.insert(item.id.to_owned(), definition);
    }
    for item in items.of(Kind::SamplingRule) {
        let rule = traces::sampling_rule(item)?;
        taken.claim("sampling rule", &rule.name, item)?;
        stack.sampling_rules.insert(item.id.to_owned(), rule);
    }
    for item in items.of(Kind::TraceGroup) {
        let group = traces::group(item)?;
        taken.claim("X-Ray group", &group.name, item)?;
        stack.trace_groups.insert(item.id.to_owned(), group);
    }
    let mut configured = BTreeSet::new();
    for item in items.of(Kind::EventInvokeConfig) {
        let function = asynchronous::read(&item.properties, stack)?;
        let own = items.find(&function).and_then(|item| item.properties.get("EventInvokeConfig"));
        if own.is_some() || !configured.insert(function.clone()) {
            return Err(item.properties.error(format!("{function} has another EventInvokeConfig; one would be lost")));
        }
    }
    for item in items.of(Kind::Schedule) {
        let schedule = schedule::read(item, stack, items)?;
        taken.claim("schedule", &schedule.name, item)?;
        stack.schedules.insert(item.id.to_owned(), schedule);
    }
    alarms(stack, items, taken)?;
    for item in items.of(Kind::Dashboard) {
        let dashboard = dashboard::read(item, stack, scope)?;
        taken.claim("dashboard", &dashboard.name, item)?;
        stack.dashboards.insert(item.id.to_owned(), dashboard);
    }
    mute::judge(stack, &keys, &topic::policies(items, stack)?, items)
}

/// Composite alarms after all others, since they name them.
fn alarms(stack: &mut Stack, items: &Items<'_>, taken: &mut Taken) -> Result<(), TemplateError> {
    for item in items.of(Kind::Alarm) {
        let alarm = alarm::read(item, &Platform::of(stack), items.scope)?;
        taken.claim("alarm", &alarm.name, item)?;
        stack.urgencies.insert(item.id.to_owned(), alarm::urgency(&item.properties)?);
        stack.alarms.insert(item.id.to_owned(), alarm);
    }
    for item in items.of(Kind::CompositeAlarm) {
        let alarm = composite::read(item, stack, items.scope)?;
        taken.claim("alarm", &alarm.name, item)?;
        stack.urgencies.insert(item.id.to_owned(), alarm::urgency(&item.properties)?);
        stack.composite_alarms.insert(item.id.to_owned(), alarm);
    }
    items.of(Kind::CompositeAlarm).try_for_each(|item| composite::check_names(item, stack, items))
}
