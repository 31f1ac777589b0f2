//! What a template says once every parameter, condition and intrinsic function is resolved: the stack as the lab's rooms need it.
//!
//! Nothing here knows how a resource is run. Physical names and identifiers are already fixed,
//! and every URL of the stack's API already points at the lab.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::pipe::Pipe;
use super::queued::{EventSourceMapping, Queue};
use super::watched::{
    Alarm, CompositeAlarm, Dashboard, MetricFilter, QueryDefinition, SamplingRule, Schedule, Topic, TraceGroup, Urgency,
};

/// What a template is resolved against: the caller's choices and the lab's addresses.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Stack name, `AWS::StackName`.
    pub stack_name: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`, twelve digits.
    pub account_id: String,
    /// Parameter overrides by name. One that the template does not declare is an error.
    pub parameters: BTreeMap<String, String>,
    /// Origin that stands for `https://{api}.execute-api.{region}.amazonaws.com`, e.g. `http://127.0.0.1:3000`, without a trailing slash.
    pub api_origin: String,
}

/// A resolved stack. Maps are keyed by logical id.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    /// Stack name.
    pub name: String,
    /// Region.
    pub region: String,
    /// Account id.
    pub account_id: String,
    /// Every parameter's value, defaults included.
    pub parameters: BTreeMap<String, String>,
    /// `AWS::Serverless::Function`.
    pub functions: BTreeMap<String, Function>,
    /// `AWS::Serverless::Api`.
    pub apis: BTreeMap<String, RestApi>,
    /// `AWS::DynamoDB::Table`.
    pub tables: BTreeMap<String, Table>,
    /// `AWS::SSM::Parameter`.
    pub ssm_parameters: BTreeMap<String, SsmParameter>,
    /// `Custom::*` and `AWS::CloudFormation::CustomResource`.
    pub custom_resources: BTreeMap<String, CustomResource>,
    /// `AWS::Logs::LogGroup`: physical name to retention in days.
    pub log_groups: BTreeMap<String, LogGroup>,
    /// `AWS::IAM::Role`.
    pub roles: BTreeMap<String, Role>,
    /// `AWS::Lambda::Permission`.
    pub permissions: BTreeMap<String, Permission>,
    /// `AWS::Cognito::UserPool`.
    pub user_pools: BTreeMap<String, UserPool>,
    /// `AWS::CloudWatch::Alarm`.
    pub alarms: BTreeMap<String, Alarm>,
    /// `AWS::CloudWatch::CompositeAlarm`.
    pub composite_alarms: BTreeMap<String, CompositeAlarm>,
    /// The tag `urgency` of every alarm, composite ones too, by logical id.
    pub urgencies: BTreeMap<String, Urgency>,
    /// `AWS::CloudWatch::Dashboard`.
    pub dashboards: BTreeMap<String, Dashboard>,
    /// `AWS::SNS::Topic`.
    pub topics: BTreeMap<String, Topic>,
    /// `AWS::Logs::MetricFilter`.
    pub metric_filters: BTreeMap<String, MetricFilter>,
    /// `AWS::Logs::QueryDefinition`.
    pub query_definitions: BTreeMap<String, QueryDefinition>,
    /// `AWS::XRay::SamplingRule`.
    pub sampling_rules: BTreeMap<String, SamplingRule>,
    /// `AWS::XRay::Group`.
    pub trace_groups: BTreeMap<String, TraceGroup>,
    /// `AWS::Scheduler::Schedule`.
    pub schedules: BTreeMap<String, Schedule>,
    /// `AWS::Pipes::Pipe`.
    pub pipes: BTreeMap<String, Pipe>,
    /// `AWS::SQS::Queue`.
    pub queues: BTreeMap<String, Queue>,
    /// `AWS::Lambda::EventSourceMapping`, and what SAM makes of functions' events.
    pub event_source_mappings: BTreeMap<String, EventSourceMapping>,
    /// Outputs in the template's order.
    pub outputs: Vec<Output>,
    /// Resources that exist in the template but have no effect on one machine: logical id, type and the reason.
    pub without_effect: Vec<(String, String, &'static str)>,
}

/// A function.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Logical id.
    pub logical_id: String,
    /// Physical name.
    pub name: String,
    /// ARN, unqualified.
    pub arn: String,
    /// Cargo binary that is the function's `bootstrap` (`Metadata.BuildProperties.Binary`, or the last part of `CodeUri`).
    pub binary: String,
    /// `CodeUri`, relative to the template.
    pub code_uri: String,
    /// `_HANDLER`.
    pub handler: String,
    /// `provided.al2023`.
    pub runtime: String,
    /// Time limit of one invocation.
    pub timeout: Duration,
    /// Memory size in MB.
    pub memory_mb: u32,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// Reserved concurrency; `None` is unreserved.
    pub reserved_concurrency: Option<u32>,
    /// Log group's physical name.
    pub log_group: String,
    /// ARN of the role, where the template names one.
    pub role_arn: Option<String>,
    /// Whether X-Ray tracing is `Active`.
    pub tracing: bool,
}

/// A REST API and its one stage.
#[derive(Debug, Clone, PartialEq)]
pub struct RestApi {
    /// Logical id.
    pub logical_id: String,
    /// API id, ten characters of `[a-z0-9]`, the same for the same stack and logical id.
    pub id: String,
    /// `Name`.
    pub name: String,
    /// Stage name.
    pub stage: String,
    /// Routes, in the template's order.
    pub routes: Vec<Route>,
    /// Gateway responses by type (`DEFAULT_4XX`, `DEFAULT_5XX`, `UNSUPPORTED_MEDIA_TYPE`, ...).
    pub gateway_responses: BTreeMap<String, GatewayResponse>,
    /// Throttling of `MethodSettings` for `/*` and `*`, where stated: steady rate in requests a second, burst in requests.
    pub throttle: Option<Throttle>,
    /// Whether CloudWatch gets metrics of every method too (`MetricsEnabled` of `MethodSettings`).
    pub detailed_metrics: bool,
    /// Access log format, where stated.
    pub access_log_format: Option<String>,
    /// Whether X-Ray tracing is on.
    pub tracing: bool,
}

/// Stage throttling: a token bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throttle {
    /// Tokens a second.
    pub rate: f64,
    /// Size of the bucket.
    pub burst: u32,
}

/// One method of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Resource path as in the template: `/ride`, `/{proxy+}`.
    pub path: String,
    /// `GET`, ..., or `ANY`.
    pub method: String,
    /// Who may call.
    pub authorization: Authorization,
    /// What answers.
    pub integration: Integration,
}

/// Who may call a method.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Authorization {
    /// Anyone: `NONE`.
    #[default]
    None,
    /// Whoever signs with Signature Version 4 and whose role allows `execute-api:Invoke`: `AWS_IAM`.
    Iam,
    /// Whoever shows a token: `COGNITO_USER_POOLS`.
    Cognito {
        /// ARNs of the user pools that may have issued it (`providerARNs`).
        pools: Vec<String>,
        /// App clients that it may be for; empty is any client of the pool. API Gateway takes a pattern
        /// (`identityValidationExpression`), which is to be spelled out.
        clients: Vec<String>,
        /// With scopes, an access token that has one of them; without, an ID token.
        scopes: Vec<String>,
    },
}

/// What stands behind a route.
#[derive(Debug, Clone, PartialEq)]
pub enum Integration {
    /// `aws_proxy` to a function.
    Lambda {
        /// Logical id of the function.
        function: String,
        /// `timeoutInMillis`; API Gateway's default and most is 29 s.
        timeout: Duration,
    },
    /// `mock`.
    Mock(Mock),
}

/// A mock integration: the request template chooses a status, the response of that status is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Mock {
    /// Request templates by content type.
    pub request_templates: BTreeMap<String, String>,
    /// `WHEN_NO_MATCH`, `WHEN_NO_TEMPLATES` or `NEVER`.
    pub passthrough_behavior: String,
    /// Integration responses by status code pattern; `default` is the fallback.
    pub responses: BTreeMap<String, MockResponse>,
}

/// One integration response.
#[derive(Debug, Clone, PartialEq)]
pub struct MockResponse {
    /// Status sent to the client.
    pub status: u16,
    /// Header name to mapping expression: `'literal'` or `context.requestId`.
    pub headers: BTreeMap<String, String>,
    /// Response templates by content type.
    pub templates: BTreeMap<String, String>,
}

/// A customised gateway response.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayResponse {
    /// Overriding status, where stated.
    pub status: Option<u16>,
    /// Header name to mapping expression: `'literal'`, `context.requestId`, `method.request.header.X`.
    pub headers: BTreeMap<String, String>,
    /// Templates by content type.
    pub templates: BTreeMap<String, String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Logical id.
    pub logical_id: String,
    /// Physical name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// The `CreateTable` request that makes it, in DynamoDB's own JSON (with `TableName`).
    pub create_request: Value,
    /// ARN of its stream, where it has one.
    pub stream_arn: Option<String>,
    /// TTL attribute, where time to live is enabled.
    pub ttl_attribute: Option<String>,
}

/// An SSM parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct SsmParameter {
    /// Full name.
    pub name: String,
    /// `String` or `StringList`.
    pub kind: String,
    /// Value.
    pub value: String,
}

/// A custom resource.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomResource {
    /// Logical id.
    pub logical_id: String,
    /// `Custom::Fleet`.
    pub resource_type: String,
    /// Logical id of the function behind `ServiceToken`.
    pub function: String,
    /// `ServiceTimeout`; CloudFormation's default is one hour.
    pub service_timeout: Duration,
    /// All properties, `ServiceToken` and `ServiceTimeout` included, as CloudFormation sends them: scalars are strings.
    pub properties: Value,
}

/// A log group.
#[derive(Debug, Clone, PartialEq)]
pub struct LogGroup {
    /// Physical name.
    pub name: String,
    /// Retention in days; `None` keeps for ever.
    pub retention_days: Option<u32>,
}

/// A role.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// ARN.
    pub arn: String,
    /// Statements of its inline policies, and of the `AWS::IAM::Policy` resources that name it.
    pub statements: Vec<Value>,
}

/// A Cognito user pool.
#[derive(Debug, Clone, PartialEq)]
pub struct UserPool {
    /// Pool id, `eu-west-1_Ab129faBb`.
    pub id: String,
    /// ARN.
    pub arn: String,
    /// Ids of its app clients (`AWS::Cognito::UserPoolClient`), in the template's order.
    pub clients: Vec<String>,
}

/// Who may invoke a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Permission {
    /// Logical id of the function.
    pub function: String,
    /// Service principal, e.g. `apigateway.amazonaws.com`.
    pub principal: String,
    /// `SourceArn`, where stated.
    pub source_arn: Option<String>,
}

/// An output.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Name.
    pub name: String,
    /// Description, where stated.
    pub description: Option<String>,
    /// Value.
    pub value: String,
}
