//! `AWS::KMS::Key` and `AWS::KMS::Alias`: of a key the lab keeps who may use it, since topics fall silent by that.

use serde_json::Value as Json;

use super::Items;
use super::limits;
use super::policy::{Caller, actions_of, principals_of};
use crate::template::error::TemplateError;
use crate::template::iam;
use crate::template::properties::{DESCRIPTION, Known, TAGS};
use crate::template::pseudo::{arn, global_arn};
use crate::template::references::{key_arn, key_id};
use crate::template::resources::Kind;
use crate::template::stack::{Resolved, Taken};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html>
const KEY: Known = Known {
    what: "AWS::KMS::Key",
    used: &[
        "Enabled",
        "EnableKeyRotation",
        "KeyPolicy",
        "KeySpec",
        "KeyUsage",
        "PendingWindowInDays",
        "RotationPeriodInDays",
    ],
    without_effect: &[
        DESCRIPTION,
        TAGS,
        ("BypassPolicyLockoutSafetyCheck", "the lab makes no check that this would switch off"),
        ("MultiRegion", "there is one region"),
    ],
};
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-alias.html>
const ALIAS: Known = Known { what: "AWS::KMS::Alias", used: &["AliasName", "TargetKeyId"], without_effect: &[] };

/// A key of the stack.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) logical_id: String,
    pub(crate) arn: String,
    /// Id, ARN, and the names and ARNs of its aliases: whatever `KmsMasterKeyId` may say.
    pub(crate) names: Vec<String>,
    pub(crate) enabled: bool,
    /// Of the key policy. Without one KMS writes a policy for the account's own identities, which lets no service in:
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
    pub(crate) statements: Vec<Json>,
}

pub(crate) fn read(items: &Items<'_>, taken: &mut Taken) -> Result<Vec<Key>, TemplateError> {
    let mut keys = items.of(Kind::Key).map(|item| key(item, items)).collect::<Result<Vec<_>, _>>()?;
    for item in items.of(Kind::KeyAlias) {
        ALIAS.check(&item.properties)?;
        let name_node = item.properties.require("AliasName")?;
        let name = limits::text(name_node, 1..=256)?;
        let well_named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-');
        let own = name
            .strip_prefix("alias/")
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with("aws/") && rest.bytes().all(well_named));
        if !own {
            return Err(name_node.error(format!(
                "\"{name}\" is no alias: \"alias/\" and letters, digits, / _ -; AWS keeps \"alias/aws/\" to itself"
            )));
        }
        taken.claim("alias", &name, item)?;
        let target_node = item.properties.require("TargetKeyId")?;
        let target = target_node.text()?;
        let key = keys.iter_mut().find(|key| key.names.contains(&target) && !target.contains("alias/"));
        let key = key.ok_or_else(|| target_node.error(format!("\"{target}\" is no key of this template")))?;
        key.names.push(arn(items.scope.inputs, "kms", &name));
        key.names.push(name);
    }
    Ok(keys)
}

fn key(item: &Resolved<'_>, items: &Items<'_>) -> Result<Key, TemplateError> {
    let node = &item.properties;
    KEY.check(node)?;
    node.get("KeySpec").map(|spec| spec.one_of(&["SYMMETRIC_DEFAULT"])).transpose()?;
    node.get("KeyUsage").map(|usage| usage.one_of(&["ENCRYPT_DECRYPT"])).transpose()?;
    node.get("EnableKeyRotation").map(|rotates| rotates.boolean()).transpose()?;
    node.get("RotationPeriodInDays").map(|days| days.integer(90..=2560)).transpose()?;
    node.get("PendingWindowInDays").map(|days| days.integer(7..=30)).transpose()?;
    let inputs = items.scope.inputs;
    let mut statements = Vec::new();
    if let Some(policy) = node.get("KeyPolicy") {
        statements = iam::document(policy)?;
        let root = global_arn(inputs, "iam", "root");
        let administers = |statement: &Json| {
            let principals = principals_of(statement, "AWS");
            let named = principals.iter().any(|one| *one == root || *one == inputs.account_id || *one == "*");
            let caller = Caller { action: "kms:PutKeyPolicy", ..Caller::default() };
            named && statement["Effect"] == "Allow" && actions_of(statement, &caller)
        };
        if !statements.iter().any(administers) {
            // https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html#key-policy-lockout
            return Err(policy.error(format!(
                "KMS refuses a policy that nobody may change: let {root} do kms:* or at least kms:PutKeyPolicy"
            )));
        }
    }
    let arn = key_arn(inputs, item.id);
    Ok(Key {
        logical_id: item.id.to_owned(),
        names: vec![key_id(inputs, item.id), arn.clone()],
        arn,
        enabled: node.get("Enabled").map_or(Ok(true), |enabled| enabled.boolean())?,
        statements,
    })
}
