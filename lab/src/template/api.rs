//! `AWS::Serverless::Api`: a REST API and its one stage.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-api.html>

use super::error::TemplateError;
use super::model::{Inputs, Integration, RestApi, Route, Stack, Throttle};
use super::permission::Caller;
use super::properties::{DESCRIPTION, Known, TAGS};
use super::references::api_id;
use super::stack::Resolved;
use super::tree::Node;
use super::{responses, routes};

const PROPERTIES: Known = Known {
    what: "AWS::Serverless::Api",
    used: &[
        "AccessLogSetting",
        "DefinitionBody",
        "GatewayResponses",
        "MethodSettings",
        "Name",
        "StageName",
        "TracingEnabled",
    ],
    without_effect: &[
        DESCRIPTION,
        TAGS,
        ("PropagateTags", "nobody bills or searches by tags on one machine"),
        ("AlwaysDeploy", "the lab has no deployments: it serves what it reads"),
        ("EndpointConfiguration", "there is one endpoint, on loopback"),
        ("FailOnWarnings", "whatever the lab does not know fails"),
        ("OpenApiVersion", "says how SAM writes the definition; the definition states its own version"),
    ],
};
const ACCESS_LOG: Known = Known {
    what: "AccessLogSetting",
    used: &["Format"],
    without_effect: &[("DestinationArn", "the lab prints access logs itself")],
};
const METHOD_SETTING: Known = Known {
    what: "MethodSettings",
    used: &[
        "HttpMethod",
        "ResourcePath",
        "ThrottlingBurstLimit",
        "ThrottlingRateLimit",
        "CachingEnabled",
        "MetricsEnabled",
    ],
    without_effect: &[
        ("DataTraceEnabled", "there are no execution logs"),
        ("LoggingLevel", "there are no execution logs"),
    ],
};

pub(crate) fn read(item: &Resolved<'_>, stack: &Stack, inputs: &Inputs) -> Result<RestApi, TemplateError> {
    let node = &item.properties;
    PROPERTIES.check(node)?;
    let stage = node.require("StageName")?;
    let stage_name = stage.text()?;
    let well_named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !(1..=128).contains(&stage_name.len()) || !stage_name.bytes().all(well_named) {
        return Err(stage.error(format!("\"{stage_name}\" is no stage name: letters, digits, hyphens and underscores")));
    }
    let Some(body) = node.get("DefinitionBody") else {
        return Err(
            node.error("DefinitionBody is missing: the lab reads the routes from it, not from the functions' Events")
        );
    };
    let definition = routes::read(body, stack)?;
    let mut gateway_responses = definition.gateway_responses;
    if let Some(own) = node.get("GatewayResponses") {
        for (kind, response) in responses::of_sam(own)? {
            if gateway_responses.insert(kind.clone(), response).is_some() {
                return Err(own.error(format!("{kind} stands in DefinitionBody too; one of them would be lost")));
            }
        }
    }
    let name = node.get("Name").map(Node::text).transpose()?.or(definition.title);
    let api = RestApi {
        logical_id: item.id.to_owned(),
        id: api_id(inputs, item.id),
        name: name.unwrap_or_else(|| item.id.to_owned()),
        stage: stage_name,
        routes: definition.routes,
        gateway_responses,
        throttle: node.get("MethodSettings").map_or(Ok(None), throttle)?,
        access_log_format: node.get("AccessLogSetting").map_or(Ok(None), access_log_format)?,
        detailed_metrics: node.get("MethodSettings").map_or(Ok(false), detailed_metrics)?,
        tracing: node.get("TracingEnabled").map_or(Ok(false), Node::boolean)?,
    };
    refuse_uninvited(&api, body, stack, inputs)?;
    Ok(api)
}

fn access_log_format(node: &Node) -> Result<Option<String>, TemplateError> {
    ACCESS_LOG.check(node)?;
    let format = node.require("Format")?;
    let text = format.text()?;
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    if !text.contains("$context.requestId") && !text.contains("$context.extendedRequestId") {
        return Err(format.error("API Gateway asks for $context.requestId in an access log format"));
    }
    Ok(Some(text))
}

fn throttle(node: &Node) -> Result<Option<Throttle>, TemplateError> {
    let mut throttle = None;
    for setting in node.list()? {
        METHOD_SETTING.check(setting)?;
        if setting.get("CachingEnabled").is_some_and(|on| on.boolean().unwrap_or(true)) {
            return Err(setting.error("CachingEnabled: the lab has no API cache"));
        }
        let (rate, burst) = (setting.get("ThrottlingRateLimit"), setting.get("ThrottlingBurstLimit"));
        if rate.is_none() && burst.is_none() {
            continue;
        }
        if !is_of_the_whole_stage(setting)? {
            return Err(setting.error("the lab throttles a whole stage: ResourcePath \"/*\" and HttpMethod \"*\""));
        }
        let (Some(rate), Some(burst)) = (rate, burst) else {
            return Err(setting.error("state both ThrottlingRateLimit and ThrottlingBurstLimit"));
        };
        let steady = rate.text()?.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate >= 0.0);
        throttle = Some(Throttle {
            rate: steady.ok_or_else(|| rate.error("must be a number of requests a second, 0 or more"))?,
            burst: burst.integer(0..=u32::MAX)?,
        });
    }
    Ok(throttle)
}

/// Whether API Gateway counts by method too, and not by stage alone.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html>
fn detailed_metrics(node: &Node) -> Result<bool, TemplateError> {
    let mut detailed = false;
    for setting in node.list()? {
        let Some(enabled) = setting.get("MetricsEnabled") else { continue };
        if enabled.boolean()? {
            if !is_of_the_whole_stage(setting)? {
                return Err(enabled.error(
                    "the lab counts by method everywhere or nowhere: ResourcePath \"/*\" and HttpMethod \"*\"",
                ));
            }
            detailed = true;
        }
    }
    Ok(detailed)
}

fn is_of_the_whole_stage(setting: &Node) -> Result<bool, TemplateError> {
    Ok(setting.require("ResourcePath")?.text()? == "/*" && setting.require("HttpMethod")?.text()? == "*")
}

/// A route that may not invoke its function answers 500 in AWS, and nothing says why.
fn refuse_uninvited(api: &RestApi, body: &Node, stack: &Stack, inputs: &Inputs) -> Result<(), TemplateError> {
    for route in &api.routes {
        let Integration::Lambda { function, .. } = &route.integration else { continue };
        let same_path = |other: &&Route| other.path == route.path && other.method != "ANY";
        let siblings: Vec<String> = api.routes.iter().filter(same_path).map(|other| other.method.clone()).collect();
        let Route { path, method, .. } = route;
        let caller = Caller { api_id: &api.id, stage: &api.stage, path, method, siblings: &siblings };
        if let Some(refused) = caller.refused(function, stack, inputs) {
            let at = body.get("paths").and_then(|paths| paths.get(path)).unwrap_or(body);
            return Err(at.error(format!(
                "API Gateway may not invoke {function} for {refused} {path} and would answer 500: add an \
                 AWS::Lambda::Permission for apigateway.amazonaws.com whose SourceArn covers {}/{}/{refused}{path}",
                api.logical_id, api.stage
            )));
        }
    }
    Ok(())
}
