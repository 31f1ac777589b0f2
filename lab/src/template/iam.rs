//! IAM: roles and the policies that stand beside them.

use serde_json::Value as Json;

use super::error::{TemplateError, did_you_mean};
use super::intrinsics::Scope;
use super::model::{Role, Stack};
use super::properties::{DESCRIPTION, Known, TAGS};
use super::references::role_arn;
use super::stack::Resolved;
use super::tree::Node;

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
const INLINE: Known = Known { what: "a policy", used: &["PolicyName", "PolicyDocument"], without_effect: &[] };

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-policy.html>
const POLICY: Known =
    Known { what: "AWS::IAM::Policy", used: &["PolicyDocument", "PolicyName", "Roles"], without_effect: &[] };
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

pub(crate) fn role(item: &Resolved<'_>, scope: &Scope<'_>) -> Result<Role, TemplateError> {
    let node = &item.properties;
    ROLE.check(node)?;
    document(node.require("AssumeRolePolicyDocument")?)?;
    let mut statements = Vec::new();
    for policy in node.get("Policies").map_or(Ok(Default::default()), Node::list)? {
        INLINE.check(policy)?;
        policy.require("PolicyName")?.text()?;
        statements.extend(document(policy.require("PolicyDocument")?)?);
    }
    let path = node.get("Path").map(Node::text).transpose()?;
    if let Some(wrong) = path.as_ref().filter(|path| !path.starts_with('/') || !path.ends_with('/')) {
        return Err(node.error(format!("Path \"{wrong}\" must begin and end with a slash")));
    }
    Ok(Role { arn: role_arn(scope.inputs, path.as_deref(), &item.physical_name(scope)?), statements })
}

/// Adds a policy's statements to the roles that it names, which must be the template's.
pub(crate) fn attach(item: &Resolved<'_>, stack: &mut Stack) -> Result<(), TemplateError> {
    let node = &item.properties;
    POLICY.check(node)?;
    node.require("PolicyName")?.text()?;
    let statements = document(node.require("PolicyDocument")?)?;
    let roles = node.require("Roles")?;
    if roles.list()?.is_empty() {
        return Err(roles.error("a policy needs a role to belong to"));
    }
    for role in roles.list()? {
        let name = role.text()?;
        let named = |arn: &str| arn.rsplit('/').next() == Some(name.as_str());
        match stack.roles.values_mut().find(|role| named(&role.arn)) {
            Some(found) => found.statements.extend(statements.iter().cloned()),
            None => {
                let known = stack.roles.values().filter_map(|role| role.arn.rsplit('/').next());
                let hint = did_you_mean(&name, known);
                return Err(role.error(format!("\"{name}\" is no role of this template{hint}")));
            }
        }
    }
    Ok(())
}

/// The statements of a policy document, checked for their form.
pub(crate) fn document(node: &Node) -> Result<Vec<Json>, TemplateError> {
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
