//! What becomes of an event that nobody waits for: `EventInvokeConfig` of a function, or `AWS::Lambda::EventInvokeConfig`.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventinvokeconfiguration.html>

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

/// Lambda's default: two more attempts after the first.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
pub(crate) const DEFAULT_RETRIES: u32 = 2;

/// How often Lambda tries again after the function failed, by the function's own property: 0 to 2.
pub(crate) fn retries(function: &Node) -> Result<u32, TemplateError> {
    let Some(config) = function.get("EventInvokeConfig") else { return Ok(DEFAULT_RETRIES) };
    CONFIG.check(config)?;
    retries_of(config)
}

/// Reads the resource: the function's logical id.
pub(crate) fn read(node: &Node, stack: &Stack) -> Result<String, TemplateError> {
    RESOURCE.check(node)?;
    // Without versions and aliases there is one function to configure.
    node.require("Qualifier")?.one_of(&["$LATEST"])?;
    retries_of(node)?;
    function_of(node.require("FunctionName")?, stack)
}

/// `MaximumRetryAttempts`, of either form.
pub(crate) fn retries_of(config: &Node) -> Result<u32, TemplateError> {
    config.get("MaximumEventAgeInSeconds").map(|age| age.integer(60..=21_600)).transpose()?;
    config.get("MaximumRetryAttempts").map_or(Ok(DEFAULT_RETRIES), |attempts| attempts.integer(0..=2))
}
