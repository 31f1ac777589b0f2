//! The environment variables of an execution environment.

use std::net::SocketAddr;

use crate::keyring::Keyring;
use crate::template::Function;

/// Where a function finds each AWS service, and as whom it calls: the lab's own rooms, and nothing else.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// Region.
    pub region: String,
    /// DynamoDB, `http://127.0.0.1:...`.
    pub dynamodb: String,
    /// SSM.
    pub ssm: String,
    /// SQS.
    pub sqs: String,
    /// CloudWatch.
    pub cloudwatch: String,
    /// The X-Ray daemon, `127.0.0.1:2000`.
    pub xray_daemon: String,
    /// Every other service: answers with an error that names the service.
    pub other: String,
    /// Every function's access key.
    pub keyring: Keyring,
}

/// All variables of one environment. The host's own are not passed on: a function sees what Lambda would show it.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
pub(super) fn of(
    function: &Function,
    endpoints: &Endpoints,
    runtime_api: SocketAddr,
    environment: &str,
) -> Vec<(String, String)> {
    let task_root = format!("/tmp/lab/{}", function.name);
    let mut variables: Vec<(String, String)> = [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", function.log_group.clone()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream(environment)),
        ("AWS_REGION", endpoints.region.clone()),
        ("AWS_DEFAULT_REGION", endpoints.region.clone()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoints.dynamodb.clone()),
        ("AWS_ENDPOINT_URL_SSM", endpoints.ssm.clone()),
        ("AWS_ENDPOINT_URL_SQS", endpoints.sqs.clone()),
        ("AWS_ENDPOINT_URL_CLOUDWATCH", endpoints.cloudwatch.clone()),
        ("AWS_ENDPOINT_URL", endpoints.other.clone()),
        // The trace itself comes with each invocation: `_X_AMZN_TRACE_ID` is set by a runtime, not by the platform.
        ("AWS_XRAY_DAEMON_ADDRESS", endpoints.xray_daemon.clone()),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ("_HANDLER", function.handler.clone()),
        ("LAMBDA_TASK_ROOT", task_root.clone()),
        ("LAMBDA_RUNTIME_DIR", task_root),
        ("LANG", "en_US.UTF-8".to_owned()),
        ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin".to_owned()),
        ("TZ", ":UTC".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    if let Some((access_key, credentials)) = endpoints.keyring.of_function(&function.name) {
        let session_token = credentials.session_token.map(|token| ("AWS_SESSION_TOKEN", token));
        let keys = [("AWS_ACCESS_KEY_ID", access_key), ("AWS_SECRET_ACCESS_KEY", credentials.secret)];
        variables.extend(keys.into_iter().chain(session_token).map(|(name, value)| (name.to_owned(), value)));
    }
    variables.extend(function.environment.iter().map(|(name, value)| (name.clone(), value.clone())));
    variables
}

/// `2026/11/20/[$LATEST]0f3c...`.
fn log_stream(environment: &str) -> String {
    format!("{}/[$LATEST]{environment}", jiff::Timestamp::now().strftime("%Y/%m/%d"))
}
