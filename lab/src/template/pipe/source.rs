//! `SourceParameters`: how a pipe reads a stream, and what it leaves out.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-pipes-pipe-pipesourcedynamodbstreamparameters.html>

use std::time::Duration;

use super::model::{PipeSource, StartingPosition};
use super::{EventPattern, queue};
use crate::template::error::TemplateError;
use crate::template::model::Stack;
use crate::template::properties::Known;
use crate::template::tree::Node;

const PARAMETERS: Known =
    Known { what: "SourceParameters", used: &["DynamoDBStreamParameters", "FilterCriteria"], without_effect: &[] };
const CRITERIA: Known = Known { what: "FilterCriteria", used: &["Filters"], without_effect: &[] };
const FILTER: Known = Known { what: "a filter", used: &["Pattern"], without_effect: &[] };
const STREAM: Known = Known {
    what: "DynamoDBStreamParameters",
    used: &[
        "BatchSize",
        "DeadLetterConfig",
        "MaximumBatchingWindowInSeconds",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "OnPartialBatchItemFailure",
        "ParallelizationFactor",
        "StartingPosition",
    ],
    without_effect: &[],
};
const DEAD_LETTERS: Known = Known { what: "DeadLetterConfig", used: &["Arn"], without_effect: &[] };

/// <https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_FilterCriteria.html>
const MAX_FILTERS: usize = 5;
/// <https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_Filter.html>
const MAX_PATTERN: usize = 4096;
/// A queue takes ten messages at once, and "you can't configure a pipe with a larger batch size than the target supports".
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html>
const MAX_BATCH: usize = 10;

pub(super) fn read(pipe: &Node, stack: &Stack) -> Result<PipeSource, TemplateError> {
    let source = pipe.require("Source")?;
    let arn = source.text()?;
    if !stack.tables.values().any(|table| table.stream_arn.as_ref() == Some(&arn)) {
        return Err(
            source.error(format!("\"{arn}\" is no stream of a table of this template; the lab reads no other source"))
        );
    }
    let parameters = pipe.require("SourceParameters")?;
    PARAMETERS.check(parameters)?;
    let stream = parameters.require("DynamoDBStreamParameters")?;
    STREAM.check(stream)?;
    stream.get("ParallelizationFactor").map(|factor| factor.integer(1..=1)).transpose()?;
    let bisect = stream.get("OnPartialBatchItemFailure").map(|how| how.one_of(&["AUTOMATIC_BISECT"])).transpose()?;
    let seconds =
        |name: &str, most: u64| stream.get(name).map_or(Ok(0), |node| node.integer(0..=most)).map(Duration::from_secs);
    Ok(PipeSource {
        stream_arn: arn,
        filters: parameters.get("FilterCriteria").map_or(Ok(Vec::new()), filters)?,
        start: match stream.require("StartingPosition")?.one_of(&["TRIM_HORIZON", "LATEST"])?.as_str() {
            "LATEST" => StartingPosition::Latest,
            _ => StartingPosition::TrimHorizon,
        },
        // What it is without being stated is not documented for a queue as the target.
        batch_size: stream.require("BatchSize")?.integer(1..=MAX_BATCH)?,
        window: seconds("MaximumBatchingWindowInSeconds", 300)?,
        retries: limit(stream, "MaximumRetryAttempts", 10_000)?,
        record_age: limit(stream, "MaximumRecordAgeInSeconds", 604_800)?.map(u64::from).map(Duration::from_secs),
        bisect: bisect.is_some(),
        dead_letters: stream.get("DeadLetterConfig").map(|node| dead_letters(node, stack)).transpose()?,
    })
}

/// -1, the default, is no limit.
fn limit(stream: &Node, name: &str, most: i64) -> Result<Option<u32>, TemplateError> {
    let value = stream.get(name).map_or(Ok(-1), |node| node.integer(-1..=most))?;
    Ok(u32::try_from(value).ok())
}

fn filters(node: &Node) -> Result<Vec<EventPattern>, TemplateError> {
    CRITERIA.check(node)?;
    let filters = node.require("Filters")?;
    if filters.list()?.len() > MAX_FILTERS {
        return Err(filters.error(format!("{} filters, and AWS allows {MAX_FILTERS}", filters.list()?.len())));
    }
    let pattern = |filter: &Node| {
        FILTER.check(filter)?;
        let node = filter.require("Pattern")?;
        let text = node.text()?;
        if text.len() > MAX_PATTERN {
            return Err(node.error(format!("{} characters, and AWS allows {MAX_PATTERN}", text.len())));
        }
        EventPattern::parse(&text).map_err(|message| node.error(message))
    };
    filters.list()?.iter().map(pattern).collect()
}

/// "EventBridge Pipes does not support first-in first-out (FIFO) DLQs for stream sources."
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html>
fn dead_letters(node: &Node, stack: &Stack) -> Result<String, TemplateError> {
    DEAD_LETTERS.check(node)?;
    queue(node.require("Arn")?, stack)
}
