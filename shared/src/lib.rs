//! What two functions really share, by cargo feature, so that a function links only what it uses.
//!
//! | feature | modules | what it links |
//! |---|---|---|
//! | none | everything that is plain logic, and the log | serde, jiff, uuid, tracing |
//! | `service` | `service` | lambda_http |
//! | `events` | `events::run` | lambda_runtime |
//! | `http` | `http`, `service_url` | reqwest, rustls |
//! | `signing` | `http::Signer` | the SDK's signer |
//! | `idempotency` | `idempotency` | sha2 |
//! | `aws` | `aws` | the AWS SDK's runtime; comes with the next two and with `signing` |
//! | `params` | `params`, `service_url` | the SSM client |
//! | `dynamodb` | `dynamodb` | the DynamoDB client |
//! | `sqs` | `sqs` | the SQS client |
//! | `payments` | `payments`; comes with `dynamodb` | the clock changes of London |
//! | `fault-flags` | `faults`, the configuration only | regex-lite |
//! | `faults` | `faults`; comes with `params` and `service` | nothing more |

pub mod budget;
pub mod config;
pub mod context;
pub mod events;
pub mod json;
pub mod kept;
pub mod media_type;
pub mod panic;
pub mod problem;
pub mod request_id;
pub mod retry;
pub mod ride;
pub mod settings;
pub mod telemetry;

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "dynamodb")]
pub mod dynamodb;
#[cfg(feature = "fault-flags")]
pub mod faults;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "idempotency")]
pub mod idempotency;
#[cfg(feature = "params")]
pub mod params;
#[cfg(feature = "payments")]
pub mod payments;
#[cfg(feature = "service")]
pub mod service;
#[cfg(any(feature = "params", feature = "http"))]
pub mod service_url;
#[cfg(feature = "sqs")]
pub mod sqs;

/// The git commit this was built from, or `unknown`.
pub const VERSION: &str = env!("WILD_RYDES_COMMIT");
