//! Which properties the lab knows: a table per type and per nested object.
//!
//! Whatever is in no table is an error. A property that the lab skipped in silence would be a difference to AWS
//! that nobody sees until it is deployed.

use super::error::{TemplateError, did_you_mean};
use super::tree::Node;

/// The properties of one kind of object, in their classes.
#[derive(Debug)]
pub(crate) struct Known {
    /// What the object is, as an error names it: `AWS::DynamoDB::Table`, `StreamSpecification`.
    pub(crate) what: &'static str,
    /// Read and acted on.
    pub(crate) used: &'static [&'static str],
    /// Accepted though they change nothing on one machine, each with the reason.
    pub(crate) without_effect: &'static [(&'static str, &'static str)],
}

impl Known {
    /// Refuses a node that is no map, and the first key that is in no table.
    pub(crate) fn check(&self, node: &Node) -> Result<(), TemplateError> {
        for entry in node.map()? {
            let key = entry.key.as_str();
            if self.used.contains(&key) || self.without_effect.iter().any(|(name, _)| *name == key) {
                continue;
            }
            let known = self.used.iter().copied().chain(self.without_effect.iter().map(|(name, _)| *name));
            let hint = did_you_mean(key, known);
            return Err(entry.at.error(format!("the lab does not know \"{key}\" of {}{hint}", self.what)));
        }
        Ok(())
    }
}

pub(crate) const TAGS: (&str, &str) = ("Tags", "nobody bills or searches by tags on one machine");
pub(crate) const DESCRIPTION: (&str, &str) = ("Description", "is for people");
pub(crate) const KMS_KEY: (&str, &str) = ("KmsKeyId", "the lab keeps nothing encrypted at rest");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::yaml;

    #[test]
    fn an_unknown_property_is_named_with_its_line_and_its_neighbour() {
        const KNOWN: Known = Known { what: "a thing", used: &["Name"], without_effect: &[TAGS] };
        let node = yaml::read("Name: a\nTags: []\nNamme: b\n").expect("YAML");
        let error = KNOWN.check(&node).expect_err("unknown").to_string();
        assert_eq!(error, "Namme: the lab does not know \"Namme\" of a thing (did you mean \"Name\"?)");
        assert_eq!(KNOWN.check(&node).expect_err("unknown").line(), 3);
    }
}
