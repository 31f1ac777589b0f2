//! The lab: runs `template.yaml` on this machine, without AWS and without Docker.
//!
//! One room an AWS service, each behind a small interface. The template reader knows no room, no room knows a function's code,
//! and no function knows that the lab exists.
//! [`assembly`] puts them together.

pub mod assembly;
pub mod aws;
pub mod binaries;
pub mod books;
pub mod cli;
pub mod clock;
pub mod cloudwatch;
pub mod cognito;
mod console;
pub mod custom_resource;
pub mod document;
pub mod dynamodb;
pub mod event_source;
pub mod gateway;
pub mod iam;
pub mod instruments;
pub mod keyring;
pub mod lambda;
mod listen;
pub mod load;
pub mod logs;
pub mod observation;
mod percentile;
pub mod pipes;
mod quantity;
mod reaper;
pub mod scenario;
mod scheduler;
pub mod sqs;
pub mod ssm;
pub mod switches;
mod task;
pub mod template;
pub mod xray;
