//! The lab: runs `template.yaml` on this machine, without AWS and without Docker.
pub mod template;
