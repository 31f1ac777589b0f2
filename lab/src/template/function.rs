//! `AWS::Serverless::Function`.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>

use std::collections::BTreeMap;
use std::time::Duration;

use super::asynchronous;
use super::error::TemplateError;
use super::intrinsics::Scope;
use super::model::Function;
use super::properties::{DESCRIPTION, Known, TAGS};
use super::references::function_arn;
use super::stack::Resolved;
use super::tree::Node;

const NO_IAM: &str = "the lab has no IAM: what the function may do is judged in AWS";

const PROPERTIES: Known = Known {
    what: "AWS::Serverless::Function",
    used: &[
        "CodeUri",
        "Environment",
        "EventInvokeConfig",
        "Events",
        "FunctionName",
        "Handler",
        "LoggingConfig",
        "MemorySize",
        "PackageType",
        "ReservedConcurrentExecutions",
        "Role",
        "Runtime",
        "Timeout",
        "Tracing",
    ],
    without_effect: &[
        DESCRIPTION,
        TAGS,
        ("PropagateTags", "nobody bills or searches by tags on one machine"),
        ("Architectures", "arm64 or x86-64: the lab builds for this machine"),
        ("EphemeralStorage", "/tmp is this machine's"),
        ("KmsKeyArn", "environment variables are not encrypted at rest here"),
        ("Policies", NO_IAM),
        ("AssumeRolePolicyDocument", NO_IAM),
        ("PermissionsBoundary", NO_IAM),
        ("RolePath", NO_IAM),
        ("RuntimeManagementConfig", "the runtime is this machine"),
        ("RecursiveLoop", "nothing here looks for loops"),
    ],
};
const ENVIRONMENT: Known = Known { what: "Environment", used: &["Variables"], without_effect: &[] };
const LOGGING: Known = Known {
    what: "LoggingConfig",
    used: &["LogGroup", "LogFormat", "ApplicationLogLevel"],
    without_effect: &[("SystemLogLevel", "the lab's own lines are for the person at the terminal")],
};
const METADATA: Known = Known {
    what: "the metadata of a function",
    used: &["BuildMethod", "BuildProperties"],
    without_effect: &[
        ("cfn-lint", "is for that tool"),
        ("checkov", "is for that tool"),
        ("cfn_nag", "is for that tool"),
        ("SamResourceId", "is written by sam build"),
    ],
};
const BUILD: Known = Known {
    what: "BuildProperties",
    used: &["Binary"],
    without_effect: &[
        ("ArtifactExecutableName", "the lab starts the binary that cargo built"),
        ("Flags", "the lab builds with its own profile"),
        ("CargoLambdaFlags", "the lab builds without cargo-lambda"),
    ],
};

/// Lambda sets these itself and refuses them in a function's configuration:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

pub(crate) fn read(item: &Resolved<'_>, scope: &Scope<'_>) -> Result<Function, TemplateError> {
    let node = &item.properties;
    PROPERTIES.check(node)?;
    let references = scope.references.ok_or_else(|| node.error("the lab resolves functions with their stack only"))?;
    let name = references.physical_name(item.id, scope, item.resource.body)?;
    let well_named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !(1..=64).contains(&name.len()) || !name.bytes().all(well_named) {
        let at = node.get("FunctionName").unwrap_or(node);
        return Err(
            at.error(format!("\"{name}\" is no function name: 1 to 64 letters, digits, hyphens and underscores"))
        );
    }
    node.get("PackageType").map(|kind| kind.one_of(&["Zip"])).transpose()?;
    let runtime = node.require("Runtime")?;
    let tracing = node.get("Tracing").map(|mode| mode.one_of(&["Active", "PassThrough", "Disabled"])).transpose()?;
    asynchronous::of_function(node)?;
    let code_uri = code_uri(node.require("CodeUri")?)?;
    let mut environment = environment(node.get("Environment"))?;
    let logging = node.get("LoggingConfig");
    if let Some(logging) = logging {
        LOGGING.check(logging)?;
        // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html: the runtime learns both so.
        let format = logging.get("LogFormat").map(|format| format.one_of(&["JSON", "Text"])).transpose()?;
        let level = logging
            .get("ApplicationLogLevel")
            .map(|level| level.one_of(&["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]))
            .transpose()?;
        environment.extend(format.map(|format| ("AWS_LAMBDA_LOG_FORMAT".to_owned(), format)));
        environment.extend(level.map(|level| ("AWS_LAMBDA_LOG_LEVEL".to_owned(), level)));
    }
    let log_group = logging.and_then(|logging| logging.get("LogGroup")).map(Node::text).transpose()?;
    Ok(Function {
        logical_id: item.id.to_owned(),
        arn: function_arn(scope.inputs, &name),
        binary: binary(item.resource.body.get("Metadata"), &code_uri, node)?,
        code_uri,
        handler: node.require("Handler")?.text()?,
        runtime: runtime.one_of(&["provided.al2023", "provided.al2"])?,
        timeout: Duration::from_secs(node.get("Timeout").map_or(Ok(3), |seconds| seconds.integer(1..=900))?),
        memory_mb: node.get("MemorySize").map_or(Ok(128), |size| size.integer(128..=10_240))?,
        environment,
        reserved_concurrency: node
            .get("ReservedConcurrentExecutions")
            .map(|count| count.integer(0..=1_000_000))
            .transpose()?,
        log_group: log_group.unwrap_or_else(|| format!("/aws/lambda/{name}")),
        role_arn: node.get("Role").map(Node::text).transpose()?,
        tracing: tracing.as_deref() == Some("Active"),
        name,
    })
}

fn code_uri(node: &Node) -> Result<String, TemplateError> {
    let text = node.text()?;
    if text.starts_with("s3://") {
        return Err(node.error("the lab builds from the folder of a crate; it reads no S3"));
    }
    Ok(text)
}

fn binary(metadata: Option<&Node>, code_uri: &str, node: &Node) -> Result<String, TemplateError> {
    if let Some(metadata) = metadata {
        METADATA.check(metadata)?;
        metadata.get("BuildMethod").map(|method| method.one_of(&["rust-cargolambda"])).transpose()?;
        if let Some(build) = metadata.get("BuildProperties") {
            BUILD.check(build)?;
            if let Some(binary) = build.get("Binary") {
                return binary.text();
            }
        }
    }
    match code_uri.trim_end_matches('/').rsplit('/').next() {
        Some(last) if !matches!(last, "" | "." | "..") => Ok(last.to_owned()),
        _ => Err(node.error("which binary is it? Say so in Metadata.BuildProperties.Binary")),
    }
}

fn environment(node: Option<&Node>) -> Result<BTreeMap<String, String>, TemplateError> {
    let mut variables = BTreeMap::new();
    let Some(node) = node else { return Ok(variables) };
    ENVIRONMENT.check(node)?;
    let Some(declared) = node.get("Variables") else { return Ok(variables) };
    for entry in declared.map()? {
        let key = entry.key.as_str();
        let well_named = key.len() > 1
            && key.starts_with(|first: char| first.is_ascii_alphabetic())
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if RESERVED.contains(&key) {
            return Err(entry.at.error(format!("{key} is set by Lambda and cannot be chosen")));
        }
        if !well_named {
            return Err(entry
                .at
                .error(format!("\"{key}\" is no name for Lambda: a letter, then letters, digits or _")));
        }
        variables.insert(entry.key.clone(), entry.value.text()?);
    }
    let size: usize = variables.iter().map(|(key, value)| key.len() + value.len()).sum();
    if size > 4096 {
        return Err(node.error(format!("{size} bytes of environment variables, and Lambda allows 4096")));
    }
    Ok(variables)
}
