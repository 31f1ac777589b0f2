//! Whom an alarm tells.

use super::topic::topic_of;
use crate::template::error::TemplateError;
use crate::template::model::Stack;
use crate::template::tree::Node;
use crate::template::watched::Actions;

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>: up to five actions a state.
const MAX_ACTIONS: usize = 5;

pub(crate) fn read(alarm: &Node, stack: &Stack) -> Result<Actions, TemplateError> {
    let list = |key: &str| -> Result<Vec<String>, TemplateError> {
        let Some(node) = alarm.get(key) else { return Ok(Vec::new()) };
        let items = node.list()?;
        if items.len() > MAX_ACTIONS {
            return Err(node.error(format!("{} actions, and CloudWatch allows {MAX_ACTIONS}", items.len())));
        }
        items.iter().map(|item| topic_of(item, stack).map(|topic| topic.arn.clone())).collect()
    };
    Ok(Actions {
        enabled: alarm.get("ActionsEnabled").map_or(Ok(true), Node::boolean)?,
        alarm: list("AlarmActions")?,
        ok: list("OKActions")?,
        insufficient_data: list("InsufficientDataActions")?,
    })
}
