//! The `Outputs` section.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html>

use super::error::TemplateError;
use super::intrinsics::Scope;
use super::model::Output;
use super::properties::Known;
use super::stack::Origins;
use super::tree::Node;

const OUTPUT: Known = Known {
    what: "an output",
    used: &["Condition", "Description", "Value"],
    without_effect: &[("Export", "there is no other stack to import it")],
};

pub(crate) fn read(section: &Node, scope: &Scope<'_>, origins: &Origins) -> Result<Vec<Output>, TemplateError> {
    let mut outputs = Vec::new();
    for entry in section.map()? {
        let node = &entry.value;
        OUTPUT.check(node)?;
        if let Some(condition) = node.get("Condition")
            && !scope.holds(&condition.text()?, condition)?
        {
            continue;
        }
        let value = node.require("Value")?;
        let mut resolved =
            scope.resolve(value)?.ok_or_else(|| value.error("an output needs a value, not AWS::NoValue"))?;
        origins.replace_in(&mut resolved);
        outputs.push(Output {
            name: entry.key.clone(),
            description: node.get("Description").map(Node::text).transpose()?,
            value: resolved.text()?,
        });
    }
    Ok(outputs)
}
