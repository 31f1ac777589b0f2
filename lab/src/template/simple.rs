//! Resources of a few properties: SSM parameters, log groups, and the account's API Gateway settings.

use super::error::TemplateError;
use super::intrinsics::Scope;
use super::model::{LogGroup, SsmParameter};
use super::properties::{DESCRIPTION, KMS_KEY, Known, TAGS};
use super::stack::Resolved;

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html>
const SSM_PARAMETER: Known = Known {
    what: "AWS::SSM::Parameter",
    used: &["AllowedPattern", "DataType", "Name", "Type", "Value"],
    without_effect: &[DESCRIPTION, TAGS, ("Tier", "has a price and larger limits, which the lab has not")],
};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html>
const LOG_GROUP: Known = Known {
    what: "AWS::Logs::LogGroup",
    used: &["LogGroupName", "RetentionInDays"],
    without_effect: &[
        KMS_KEY,
        TAGS,
        ("LogGroupClass", "is a price"),
        ("DeletionProtectionEnabled", "nothing deletes it"),
    ],
};
const RETENTIONS: &[&str] = &[
    "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096", "1827",
    "2192", "2557", "2922", "3288", "3653",
];

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-account.html>
const API_ACCOUNT: Known = Known {
    what: "AWS::ApiGateway::Account",
    used: &[],
    without_effect: &[("CloudWatchRoleArn", "the lab prints access logs itself")],
};

pub(crate) fn ssm_parameter(item: &Resolved<'_>, scope: &Scope<'_>) -> Result<SsmParameter, TemplateError> {
    let node = &item.properties;
    SSM_PARAMETER.check(node)?;
    node.get("DataType").map(|kind| kind.one_of(&["text"])).transpose()?;
    let value_node = node.require("Value")?;
    let value = value_node.text()?;
    if !(1..=4096).contains(&value.len()) {
        return Err(value_node.error(format!("{} bytes, and a parameter has 1 to 4096", value.len())));
    }
    if let Some(pattern) = node.get("AllowedPattern") {
        // SSM searches: unlike a template's own parameters, the whole need not match.
        let compiled = regex_lite::Regex::new(&pattern.text()?)
            .map_err(|error| pattern.error(format!("the lab cannot read this pattern: {error}")))?;
        if !compiled.is_match(&value) {
            return Err(value_node.error(format!("\"{value}\" does not match AllowedPattern")));
        }
    }
    let name = item.physical_name(scope)?;
    let well_named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.');
    if name.is_empty()
        || name.len() > 1011
        || !name.bytes().all(well_named)
        || (name[1..].contains('/') && !name.starts_with('/'))
    {
        let at = node.get("Name").unwrap_or(node);
        return Err(at.error(format!("\"{name}\" is no parameter name: letters, digits, . - _ and / with a / first")));
    }
    Ok(SsmParameter { name, kind: node.require("Type")?.one_of(&["String", "StringList"])?, value })
}

pub(crate) fn log_group(item: &Resolved<'_>, scope: &Scope<'_>) -> Result<LogGroup, TemplateError> {
    let node = &item.properties;
    LOG_GROUP.check(node)?;
    let retention = node.get("RetentionInDays");
    retention.map(|days| days.one_of(RETENTIONS)).transpose()?;
    Ok(LogGroup {
        name: item.physical_name(scope)?,
        retention_days: retention.map(|days| days.integer(1..=3653)).transpose()?,
    })
}

/// Why the account's setting has no effect here.
pub(crate) fn api_account(item: &Resolved<'_>) -> Result<&'static str, TemplateError> {
    API_ACCOUNT.check(&item.properties)?;
    Ok("one setting for a whole AWS account, which lets API Gateway write logs; the lab prints access logs itself")
}
