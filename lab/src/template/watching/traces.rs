//! `AWS::XRay::SamplingRule` and `AWS::XRay::Group`.

use super::limits;
use crate::template::error::TemplateError;
use crate::template::properties::{Known, TAGS};
use crate::template::stack::Resolved;
use crate::template::tree::Node;
use crate::template::watched::{SamplingRule, TraceGroup};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-xray-samplingrule.html>
const RULE: Known = Known { what: "AWS::XRay::SamplingRule", used: &["SamplingRule"], without_effect: &[TAGS] };
/// <https://docs.aws.amazon.com/xray/latest/api/API_SamplingRule.html>
const INNER: Known = Known {
    what: "SamplingRule",
    used: &[
        "FixedRate",
        "HTTPMethod",
        "Host",
        "Priority",
        "ReservoirSize",
        "ResourceARN",
        "RuleName",
        "ServiceName",
        "ServiceType",
        "URLPath",
        "Version",
    ],
    without_effect: &[],
};
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-xray-group.html>
const GROUP: Known = Known {
    what: "AWS::XRay::Group",
    used: &["FilterExpression", "GroupName"],
    without_effect: &[TAGS, ("InsightsConfiguration", "the lab looks for no anomalies")],
};

pub(crate) fn sampling_rule(item: &Resolved<'_>) -> Result<SamplingRule, TemplateError> {
    RULE.check(&item.properties)?;
    let node = item.properties.require("SamplingRule")?;
    INNER.check(node)?;
    node.require("Version")?.integer(1..=1)?;
    let rate = node.require("FixedRate")?;
    let fixed_rate = limits::number(rate)?;
    if !(0.0..=1.0).contains(&fixed_rate) {
        return Err(rate.error("must be a share from 0 to 1"));
    }
    let pattern = |key: &str, most: usize| limits::text(node.require(key)?, 0..=most);
    Ok(SamplingRule {
        name: limits::text(node.require("RuleName")?, 1..=32)?,
        priority: node.require("Priority")?.integer(1..=9999)?,
        reservoir: node.require("ReservoirSize")?.integer(0..=u32::MAX)?,
        fixed_rate,
        service_name: pattern("ServiceName", 64)?,
        service_type: pattern("ServiceType", 64)?,
        host: pattern("Host", 64)?,
        http_method: pattern("HTTPMethod", 10)?,
        url_path: pattern("URLPath", 128)?,
        resource_arn: pattern("ResourceARN", 500)?,
    })
}

pub(crate) fn group(item: &Resolved<'_>) -> Result<TraceGroup, TemplateError> {
    let node = &item.properties;
    GROUP.check(node)?;
    let name_node = node.require("GroupName")?;
    let name = limits::text(name_node, 1..=32)?;
    if name == "Default" {
        return Err(name_node.error("X-Ray has a group of that name, which holds all traces"));
    }
    let filter = node.get("FilterExpression").map_or(Ok(String::new()), Node::text)?;
    Ok(TraceGroup { name, filter })
}
