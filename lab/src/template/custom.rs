//! `Custom::*` and `AWS::CloudFormation::CustomResource`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html>

use std::time::Duration;

use super::error::TemplateError;
use super::model::{CustomResource, Stack};
use super::permission::function_of;
use super::stack::Resolved;

/// Any property is the function's own: there is no table.
pub(crate) fn read(item: &Resolved<'_>, stack: &Stack) -> Result<CustomResource, TemplateError> {
    let node = &item.properties;
    Ok(CustomResource {
        logical_id: item.id.to_owned(),
        resource_type: item.resource.type_name.clone(),
        function: function_of(node.require("ServiceToken")?, stack)?,
        service_timeout: Duration::from_secs(
            node.get("ServiceTimeout").map_or(Ok(3600), |seconds| seconds.integer(1..=3600))?,
        ),
        properties: node.to_json_of_strings(),
    })
}
