//! Queues as event sources of functions: `AWS::Lambda::EventSourceMapping`, and `Events` of a function, of which SAM makes one.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html>
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-sqs.html>

use std::time::Duration;

use super::error::TemplateError;
use super::model::Stack;
use super::permission::function_of;
use super::properties::{Known, TAGS};
use super::queue::queue_of;
use super::queued::EventSourceMapping;
use super::stack::{Resolved, Taken};
use super::tree::Node;

const RESOURCE: Known = Known {
    what: "AWS::Lambda::EventSourceMapping",
    used: &[
        "BatchSize",
        "Enabled",
        "EventSourceArn",
        "FunctionName",
        "FunctionResponseTypes",
        "MaximumBatchingWindowInSeconds",
        "ScalingConfig",
    ],
    without_effect: &[TAGS],
};
const EVENT: Known = Known { what: "an event of a function", used: &["Properties", "Type"], without_effect: &[] };
const SQS: Known = Known {
    what: "an event of type SQS",
    used: &[
        "BatchSize",
        "Enabled",
        "FunctionResponseTypes",
        "MaximumBatchingWindowInSeconds",
        "Queue",
        "ScalingConfig",
    ],
    without_effect: &[],
};
const SCALING: Known = Known { what: "ScalingConfig", used: &["MaximumConcurrency"], without_effect: &[] };

/// What AWS would do and the lab does not, each with what would be amiss.
const NOT_DONE: &[(&str, &str)] = &[
    ("FilterCriteria", "the lab filters no messages: AWS would delete those that do not match"),
    ("KmsKeyArn", "encrypts filter criteria, and the lab filters no messages"),
    ("MetricsConfig", "the lab has no metrics of event source mappings"),
    ("ProvisionedPollerConfig", "the lab's pollers come and go by themselves"),
];

/// The resource.
pub(crate) fn read(item: &Resolved<'_>, stack: &Stack) -> Result<EventSourceMapping, TemplateError> {
    let node = &item.properties;
    not_done(node)?;
    RESOURCE.check(node)?;
    let function = function_of(node.require("FunctionName")?, stack)?;
    mapping(item.id.to_owned(), function, node.require("EventSourceArn")?, node, stack)
}

/// The events of a function.
pub(crate) fn of_function(item: &Resolved<'_>, stack: &Stack) -> Result<Vec<EventSourceMapping>, TemplateError> {
    let Some(events) = item.properties.get("Events") else { return Ok(Vec::new()) };
    let event = |id: &str, node: &Node| {
        EVENT.check(node)?;
        let kind = node.require("Type")?;
        if kind.text()? != "SQS" {
            let message = "the lab knows events of type SQS only: routes stand in the Api's definition, schedules are AWS::Scheduler::Schedule";
            return Err(kind.error(message));
        }
        let properties = node.require("Properties")?;
        not_done(properties)?;
        SQS.check(properties)?;
        let queue = properties.require("Queue")?;
        mapping(format!("{}{id}", item.id), item.id.to_owned(), queue, properties, stack)
    };
    events.map()?.iter().map(|entry| event(&entry.key, &entry.value)).collect()
}

/// Adds a mapping: one of a queue and a function is enough, and AWS refuses another.
pub(crate) fn add(
    mapping: EventSourceMapping,
    item: &Resolved<'_>,
    stack: &mut Stack,
    taken: &mut Taken,
) -> Result<(), TemplateError> {
    taken.claim("event source mapping", &format!("{}/{}", mapping.function, mapping.queue), item)?;
    stack.event_source_mappings.insert(mapping.logical_id.clone(), mapping);
    Ok(())
}

fn not_done(node: &Node) -> Result<(), TemplateError> {
    match NOT_DONE.iter().find_map(|(key, why)| node.get(key).map(|node| (node, why))) {
        Some((node, why)) => Err(node.error(*why)),
        None => Ok(()),
    }
}

fn mapping(
    logical_id: String,
    function: String,
    source: &Node,
    node: &Node,
    stack: &Stack,
) -> Result<EventSourceMapping, TemplateError> {
    let arn = source.text()?;
    let queue = queue_of(&arn, stack).ok_or_else(|| source.error(format!("\"{arn}\" is no queue of this template")))?;
    // AWS refuses it when the mapping is made, in these words.
    if let Some(function) = stack.functions.get(&function)
        && queue.visibility_timeout < function.timeout
    {
        let (visibility, limit) = (queue.visibility_timeout.as_secs(), function.timeout.as_secs());
        let message = format!(
            "Queue visibility timeout: {visibility} seconds is less than Function timeout: {limit} seconds; AWS recommends six times as long"
        );
        return Err(source.error(message));
    }
    let batch_size = node.get("BatchSize").map_or(Ok(10), |size| size.integer(1..=10_000))?;
    let window = node.get("MaximumBatchingWindowInSeconds");
    let window = window.map_or(Ok(0), |seconds| seconds.integer(0..=300)).map(Duration::from_secs)?;
    if batch_size > 10 && window.is_zero() {
        let size = node.get("BatchSize").unwrap_or(node);
        return Err(size.error("more than 10 need a MaximumBatchingWindowInSeconds of at least 1"));
    }
    Ok(EventSourceMapping {
        logical_id,
        function,
        queue: queue.logical_id.clone(),
        batch_size,
        window,
        maximum_concurrency: node.get("ScalingConfig").map_or(Ok(None), maximum_concurrency)?,
        partial: node.get("FunctionResponseTypes").map_or(Ok(false), partial)?,
        enabled: node.get("Enabled").map_or(Ok(true), Node::boolean)?,
    })
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
fn maximum_concurrency(node: &Node) -> Result<Option<u32>, TemplateError> {
    SCALING.check(node)?;
    node.get("MaximumConcurrency").map(|most| most.integer(2..=1_000)).transpose()
}

fn partial(node: &Node) -> Result<bool, TemplateError> {
    let types = node.list()?;
    types.iter().try_for_each(|one| one.one_of(&["ReportBatchItemFailures"]).map(|_| ()))?;
    Ok(!types.is_empty())
}
