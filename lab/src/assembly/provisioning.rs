use std::path::Path;

use super::{Lab, LabError};
use crate::custom_resource::{self, Change, Provisioned};

impl Lab {
    /// Creates custom resources, or updates those whose properties differ from what the data directory remembers.
    pub(super) async fn provision(&self, data: Option<&Path>) -> Result<(), LabError> {
        for resource in self.stack.custom_resources.values() {
            let memory = data.map(|path| path.join(format!("{}.json", resource.logical_id)));
            let old: Option<Provisioned> = memory.as_ref().and_then(|path| {
                let text = std::fs::read_to_string(path).ok()?;
                serde_json::from_str(&text).ok()
            });
            let change = match &old {
                // CloudFormation sends nothing for a resource that has not changed.
                Some(old) if old.properties == resource.properties => continue,
                Some(old) => Change::Update(old),
                None => Change::Create,
            };
            let provisioned = custom_resource::provision(&self.lambda, &self.stack, resource, change).await?;
            if let Some(path) = memory {
                let text = serde_json::to_string(&provisioned).unwrap_or_default();
                std::fs::write(&path, text).map_err(|source| LabError::Data { path, source })?;
            }
        }
        Ok(())
    }
}
