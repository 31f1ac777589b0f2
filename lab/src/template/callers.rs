//! What limits the callers of an API from outside it, and has no effect on one machine: usage plans and web ACLs.

use super::error::TemplateError;
use super::model::Stack;
use super::properties::{DESCRIPTION, Known, TAGS};
use super::stack::Resolved;
use super::tree::Node;

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-usageplan.html>
const USAGE_PLAN: Known = Known {
    what: "AWS::ApiGateway::UsagePlan",
    used: &["ApiStages", "Quota", "Throttle"],
    without_effect: &[DESCRIPTION, TAGS, ("UsagePlanName", "is shown in the console")],
};
const API_STAGE: Known = Known { what: "an API stage", used: &["ApiId", "Stage"], without_effect: &[] };
const QUOTA: Known = Known { what: "Quota", used: &["Limit", "Offset", "Period"], without_effect: &[] };
const THROTTLE: Known = Known { what: "Throttle", used: &["BurstLimit", "RateLimit"], without_effect: &[] };

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-wafv2-webaclassociation.html>
const WEB_ACL_ASSOCIATION: Known =
    Known { what: "AWS::WAFv2::WebACLAssociation", used: &["ResourceArn", "WebACLArn"], without_effect: &[] };

/// Reads a usage plan, whose stages must be the template's; the reason why it has no effect.
pub(crate) fn usage_plan(item: &Resolved<'_>, stack: &Stack) -> Result<&'static str, TemplateError> {
    let node = &item.properties;
    USAGE_PLAN.check(node)?;
    for stage in node.get("ApiStages").map_or(Ok(Default::default()), Node::list)? {
        API_STAGE.check(stage)?;
        let (id, name) = (stage.require("ApiId")?.text()?, stage.require("Stage")?.text()?);
        if !stack.apis.values().any(|api| api.id == id && api.stage == name) {
            return Err(stage.error(format!("\"{id}/{name}\" is no stage of this template")));
        }
    }
    if let Some(throttle) = node.get("Throttle") {
        THROTTLE.check(throttle)?;
        let rate = throttle.require("RateLimit")?;
        if !rate.text()?.parse::<f64>().is_ok_and(|rate| rate.is_finite() && rate >= 0.0) {
            return Err(rate.error("must be a number of requests a second, 0 or more"));
        }
        throttle.require("BurstLimit")?.integer(0..=i32::MAX)?;
    }
    if let Some(quota) = node.get("Quota") {
        QUOTA.check(quota)?;
        quota.require("Limit")?.integer(0..=i32::MAX)?;
        quota.require("Period")?.one_of(&["DAY", "WEEK", "MONTH"])?;
        quota.get("Offset").map(|offset| offset.integer(0..=27)).transpose()?;
    }
    Ok(
        "limits clients by their API keys, and no route that the lab reads asks for one; callers without a key share the stage's throttle",
    )
}

/// Reads the association of a web ACL with a stage of the template; the reason why it has no effect.
pub(crate) fn web_acl_association(item: &Resolved<'_>, stack: &Stack) -> Result<&'static str, TemplateError> {
    let node = &item.properties;
    WEB_ACL_ASSOCIATION.check(node)?;
    node.require("WebACLArn")?.text()?;
    let guarded = node.require("ResourceArn")?;
    let arn = guarded.text()?;
    let is_stage = |id: &str, name: &str| arn.ends_with(&format!("::/restapis/{id}/stages/{name}"));
    if !arn.contains(":apigateway:") || !stack.apis.values().any(|api| is_stage(&api.id, &api.stage)) {
        return Err(guarded.error(format!("\"{arn}\" is no stage of this template")));
    }
    Ok("the lab has no WAF; the web ACL stands in the account and is not in the template")
}
