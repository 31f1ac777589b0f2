//! What becomes of an event that nobody waits for: `EventInvokeConfig` of a function, or `AWS::Lambda::EventInvokeConfig`.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventinvokeconfiguration.html>

use std::time::Duration;

use super::error::TemplateError;
use super::model::Stack;
use super::permission::function_of;
use super::properties::Known;
use super::tree::Node;

const CONFIG: Known = Known {
    what: "EventInvokeConfig",
    used: &["MaximumEventAgeInSeconds", "MaximumRetryAttempts"],
    without_effect: &[],
};
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html>
const RESOURCE: Known = Known {
    what: "AWS::Lambda::EventInvokeConfig",
    used: &["FunctionName", "MaximumEventAgeInSeconds", "MaximumRetryAttempts", "Qualifier"],
    without_effect: &[],
};

/// What Lambda does with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asynchronous {
    /// How often it tries again after the function failed: 0 to 2.
    pub(crate) retries: u32,
    /// How long it keeps the event: one minute to six hours.
    pub(crate) event_age: Duration,
}

/// Lambda's defaults: two more attempts after the first, for six hours.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
impl Default for Asynchronous {
    fn default() -> Self {
        Self { retries: 2, event_age: Duration::from_secs(21_600) }
    }
}

/// By the function's own property.
pub(crate) fn of_function(function: &Node) -> Result<Asynchronous, TemplateError> {
    let Some(config) = function.get("EventInvokeConfig") else { return Ok(Asynchronous::default()) };
    CONFIG.check(config)?;
    of_config(config)
}

/// Reads the resource: the function's logical id.
pub(crate) fn read(node: &Node, stack: &Stack) -> Result<String, TemplateError> {
    RESOURCE.check(node)?;
    // Without versions and aliases there is one function to configure.
    node.require("Qualifier")?.one_of(&["$LATEST"])?;
    of_config(node)?;
    function_of(node.require("FunctionName")?, stack)
}

/// Of either form.
pub(crate) fn of_config(config: &Node) -> Result<Asynchronous, TemplateError> {
    let Asynchronous { retries, event_age } = Asynchronous::default();
    let age = config.get("MaximumEventAgeInSeconds").map(|age| age.integer(60..=21_600).map(Duration::from_secs));
    let attempts = config.get("MaximumRetryAttempts").map(|attempts| attempts.integer(0..=2));
    Ok(Asynchronous {
        retries: attempts.transpose()?.unwrap_or(retries),
        event_age: age.transpose()?.unwrap_or(event_age),
    })
}
