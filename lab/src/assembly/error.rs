use std::path::PathBuf;

use crate::cloudwatch::CloudWatchError;
use crate::cognito::KeyError;
use crate::custom_resource::CustomResourceError;
use crate::dynamodb::DynamoDbError;
use crate::event_source::EventSourceError;
use crate::gateway::GatewaySetUpError;
use crate::lambda::LambdaError;
use crate::pipes::PipeError;
use crate::template::TemplateError;

/// Why a lab does not start.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The template cannot be read.
    #[error("could not read the template {path}")]
    Unreadable {
        /// Path.
        path: PathBuf,
        #[source]
        /// Cause.
        source: std::io::Error,
    },
    /// The template is wrong, or asks for what the lab does not know.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The port is taken.
    #[error(
        "could not listen on 127.0.0.1:{port}: {source}; choose another port with {option}, or any free one with {option} 0"
    )]
    Port {
        /// Port.
        port: u16,
        /// The option that chooses it.
        option: &'static str,
        #[source]
        /// Cause.
        source: std::io::Error,
    },
    /// The data directory cannot be made or written.
    #[error("could not use the data directory {path}")]
    Data {
        /// Path.
        path: PathBuf,
        #[source]
        /// Cause.
        source: std::io::Error,
    },
    /// Not exactly one API.
    #[error("the lab serves one AWS::Serverless::Api and the template has {0}")]
    OneApi(usize),
    /// The API asks for what the lab does not know.
    #[error(transparent)]
    Gateway(#[from] GatewaySetUpError),
    /// A user pool has no keys.
    #[error(transparent)]
    UserPool(#[from] KeyError),
    /// Functions.
    #[error(transparent)]
    Lambda(#[from] LambdaError),
    /// Alarms, metric filters and dashboards.
    #[error(transparent)]
    CloudWatch(#[from] CloudWatchError),
    /// Tables.
    #[error(transparent)]
    DynamoDb(#[from] DynamoDbError),
    /// Event sources.
    #[error(transparent)]
    EventSource(#[from] EventSourceError),
    /// Pipes.
    #[error(transparent)]
    Pipe(#[from] PipeError),
    /// Custom resources.
    #[error(transparent)]
    CustomResource(#[from] CustomResourceError),
    /// No loopback listener.
    #[error("could not listen on loopback")]
    Listen(#[source] std::io::Error),
}
