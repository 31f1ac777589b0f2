//! Cognito user pools and their app clients. Who signs up and how is not played here: `cargo lab token` makes the tokens.

use super::error::TemplateError;
use super::intrinsics::Scope;
use super::model::{Stack, UserPool};
use super::properties::Known;
use super::references::{client_id, user_pool_arn, user_pool_id};
use super::stack::Resolved;
use super::tree::Node;

const NO_SIGN_UP: &str = "nobody signs up here";
const NO_SIGN_IN: &str = "nobody signs in here: `cargo lab token` makes tokens";
const NO_MAIL: &str = "the lab sends no messages";

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpool.html>
const POOL: Known = Known {
    what: "AWS::Cognito::UserPool",
    used: &["DeletionProtection", "MfaConfiguration"],
    without_effect: &[
        ("AccountRecoverySetting", NO_SIGN_IN),
        ("AdminCreateUserConfig", NO_SIGN_UP),
        ("AliasAttributes", NO_SIGN_IN),
        ("AutoVerifiedAttributes", NO_MAIL),
        ("DeviceConfiguration", NO_SIGN_IN),
        ("EmailConfiguration", NO_MAIL),
        ("EnabledMfas", NO_SIGN_IN),
        ("Policies", NO_SIGN_UP),
        ("Schema", NO_SIGN_UP),
        ("UserAttributeUpdateSettings", NO_MAIL),
        ("UserPoolAddOns", NO_SIGN_IN),
        ("UserPoolName", "is shown in the console"),
        ("UserPoolTags", "nobody bills or searches by tags on one machine"),
        ("UserPoolTier", "is a price"),
        ("UsernameAttributes", NO_SIGN_UP),
        ("UsernameConfiguration", NO_SIGN_UP),
        ("VerificationMessageTemplate", NO_MAIL),
    ],
};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolclient.html>
const CLIENT: Known = Known {
    what: "AWS::Cognito::UserPoolClient",
    used: &["AccessTokenValidity", "IdTokenValidity", "RefreshTokenValidity", "TokenValidityUnits", "UserPoolId"],
    without_effect: &[
        ("AuthSessionValidity", NO_SIGN_IN),
        ("ClientName", "is shown in the console"),
        ("EnableTokenRevocation", NO_SIGN_IN),
        ("ExplicitAuthFlows", NO_SIGN_IN),
        ("GenerateSecret", NO_SIGN_IN),
        ("PreventUserExistenceErrors", NO_SIGN_IN),
        ("ReadAttributes", NO_SIGN_IN),
        ("SupportedIdentityProviders", NO_SIGN_IN),
        ("WriteAttributes", NO_SIGN_IN),
    ],
};
const UNITS: Known =
    Known { what: "TokenValidityUnits", used: &["AccessToken", "IdToken", "RefreshToken"], without_effect: &[] };

const MINUTE: u64 = 60;
const DAY: u64 = 86_400;

pub(crate) fn user_pool(item: &Resolved<'_>, scope: &Scope<'_>) -> Result<UserPool, TemplateError> {
    let node = &item.properties;
    POOL.check(node)?;
    node.get("DeletionProtection").map(|on| on.one_of(&["ACTIVE", "INACTIVE"])).transpose()?;
    node.get("MfaConfiguration").map(|mfa| mfa.one_of(&["OFF", "ON", "OPTIONAL"])).transpose()?;
    Ok(UserPool {
        id: user_pool_id(scope.inputs, item.id),
        arn: user_pool_arn(scope.inputs, item.id),
        clients: Vec::new(),
    })
}

/// Gives its pool a client more.
pub(crate) fn add_client(item: &Resolved<'_>, scope: &Scope<'_>, stack: &mut Stack) -> Result<(), TemplateError> {
    let node = &item.properties;
    CLIENT.check(node)?;
    // What Cognito takes, in seconds, and the unit that a number without one has.
    lifetime(node, "AccessToken", "hours", 5 * MINUTE, DAY)?;
    lifetime(node, "IdToken", "hours", 5 * MINUTE, DAY)?;
    lifetime(node, "RefreshToken", "days", 60 * MINUTE, 3650 * DAY)?;
    let pool_node = node.require("UserPoolId")?;
    let wanted = pool_node.text()?;
    let Some(pool) = stack.user_pools.values_mut().find(|pool| pool.id == wanted) else {
        return Err(pool_node.error(format!("\"{wanted}\" is no user pool of this template")));
    };
    pool.clients.push(client_id(scope.inputs, item.id));
    Ok(())
}

fn lifetime(node: &Node, token: &str, default: &str, shortest: u64, longest: u64) -> Result<(), TemplateError> {
    let mut unit = default.to_owned();
    if let Some(units) = node.get("TokenValidityUnits") {
        UNITS.check(units)?;
        if let Some(stated) = units.get(token) {
            unit = stated.one_of(&["seconds", "minutes", "hours", "days"])?;
        }
    }
    let Some(value) = node.get(&format!("{token}Validity")) else { return Ok(()) };
    let factor = match unit.as_str() {
        "seconds" => 1,
        "minutes" => MINUTE,
        "hours" => 60 * MINUTE,
        _ => DAY,
    };
    let seconds = value.integer(1..=315_360_000_u64)?.saturating_mul(factor);
    if !(shortest..=longest).contains(&seconds) {
        return Err(value.error(format!("{seconds} s, and Cognito takes {shortest} to {longest} s")));
    }
    Ok(())
}
