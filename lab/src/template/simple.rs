//! Resources of a few properties: SSM parameters, log groups, roles, and the account's API Gateway settings.

use serde_json::Value as Json;

use super::error::TemplateError;
use super::intrinsics::Scope;
use super::model::{LogGroup, Role, SsmParameter};
use super::properties::{DESCRIPTION, KMS_KEY, Known, TAGS};
use super::references::role_arn;
use super::stack::Resolved;
use super::tree::Node;

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

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html>
const ROLE: Known = Known {
    what: "AWS::IAM::Role",
    used: &["Path", "Policies", "RoleName", "AssumeRolePolicyDocument"],
    without_effect: &[
        DESCRIPTION,
        TAGS,
        ("ManagedPolicyArns", "AWS's own policies are not on this machine, and the lab has no IAM for calls to AWS"),
        ("MaxSessionDuration", "credentials here are dummies"),
        ("PermissionsBoundary", "the lab has no IAM for calls to AWS"),
    ],
};
const POLICY: Known = Known { what: "a policy", used: &["PolicyName", "PolicyDocument"], without_effect: &[] };
const DOCUMENT: Known =
    Known { what: "a policy document", used: &["Version", "Statement"], without_effect: &[("Id", "is for people")] };
const STATEMENT: Known = Known {
    what: "a policy statement",
    used: &[
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "Principal",
        "NotPrincipal",
    ],
    without_effect: &[],
};

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
    let name = physical_name(item, scope)?;
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
        name: physical_name(item, scope)?,
        retention_days: retention.map(|days| days.integer(1..=3653)).transpose()?,
    })
}

pub(crate) fn role(item: &Resolved<'_>, scope: &Scope<'_>) -> Result<Role, TemplateError> {
    let node = &item.properties;
    ROLE.check(node)?;
    document(node.require("AssumeRolePolicyDocument")?)?;
    let mut statements = Vec::new();
    for policy in node.get("Policies").map_or(Ok(Default::default()), Node::list)? {
        POLICY.check(policy)?;
        policy.require("PolicyName")?.text()?;
        statements.extend(document(policy.require("PolicyDocument")?)?);
    }
    let path = node.get("Path").map(Node::text).transpose()?;
    if let Some(wrong) = path.as_ref().filter(|path| !path.starts_with('/') || !path.ends_with('/')) {
        return Err(node.error(format!("Path \"{wrong}\" must begin and end with a slash")));
    }
    Ok(Role { arn: role_arn(scope.inputs, path.as_deref(), &physical_name(item, scope)?), statements })
}

/// Why the account's setting has no effect here.
pub(crate) fn api_account(item: &Resolved<'_>) -> Result<&'static str, TemplateError> {
    API_ACCOUNT.check(&item.properties)?;
    Ok("one setting for a whole AWS account, which lets API Gateway write logs; the lab prints access logs itself")
}

fn document(node: &Node) -> Result<Vec<Json>, TemplateError> {
    DOCUMENT.check(node)?;
    node.get("Version").map(|version| version.one_of(&["2012-10-17", "2008-10-17"])).transpose()?;
    let statement = node.require("Statement")?;
    // One statement may stand without its list.
    let statements = statement.list().unwrap_or(std::slice::from_ref(statement));
    for statement in statements {
        STATEMENT.check(statement)?;
        statement.require("Effect")?.one_of(&["Allow", "Deny"])?;
        if statement.get("Action").is_none() && statement.get("NotAction").is_none() {
            return Err(statement.error("a statement needs an Action"));
        }
    }
    Ok(statements.iter().map(Node::to_json_of_strings).collect())
}

fn physical_name(item: &Resolved<'_>, scope: &Scope<'_>) -> Result<String, TemplateError> {
    let references =
        scope.references.ok_or_else(|| item.properties.error("the lab resolves resources with their stack only"))?;
    references.physical_name(item.id, scope, item.resource.body)
}
