//! The `Rules` section: what must hold between parameters, asserted before anything is made.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html>

use super::conditions::judge;
use super::error::TemplateError;
use super::intrinsics::Scope;
use super::properties::Known;
use super::tree::Node;

const RULE: Known = Known { what: "a rule", used: &["RuleCondition", "Assertions"], without_effect: &[] };
const ASSERTION: Known = Known { what: "an assertion", used: &["Assert", "AssertDescription"], without_effect: &[] };

pub(crate) fn check(section: Option<&Node>, scope: &Scope<'_>) -> Result<(), TemplateError> {
    let Some(section) = section else { return Ok(()) };
    for rule in section.map()? {
        RULE.check(&rule.value)?;
        let applies = rule.value.get("RuleCondition").map_or(Ok(true), |condition| judge(condition, scope))?;
        for assertion in rule.value.require("Assertions")?.list()? {
            ASSERTION.check(assertion)?;
            let holds = judge(assertion.require("Assert")?, scope)?;
            if applies && !holds {
                let description = assertion.get("AssertDescription").map(Node::text).transpose()?;
                let description = description.unwrap_or_else(|| "an assertion does not hold".to_owned());
                return Err(assertion.error(format!("rule {}: {description}", rule.key)));
            }
        }
    }
    Ok(())
}
