//! Changes of the configuration, judged before they are written.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::{Map, Value, json};
use shared::faults::{Flags, Mode};

use super::store::LARGEST;

/// A flag that is to be switched on.
#[derive(Debug, Args)]
pub(super) struct Change {
    /// The flag: latency, timeout, diskspace, denylist, statuscode, exception, corruption or dependency
    #[arg(value_parser = flag)]
    flag: Mode,
    /// Percent of the invocations (of the calls, with dependency) that it hits [default: what it was, else 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    percentage: Option<u8>,
    /// Only events for which this holds: PATH=VALUE, PATH^=PREFIX, PATH~=REGEX, or PATH alone; all of them, if given several times
    #[arg(long = "match", value_name = "CONDITION", value_parser = condition)]
    conditions: Vec<Value>,
    /// An attribute of the flag; of deny_list, one more pattern
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = crate::cli::key_value)]
    attributes: Vec<(String, String)>,
    /// Decides what happens to which request: the same seed, the same decisions for the same request ids [default: what it was, else a new one]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Attributes that are texts, also where they look like something else.
const TEXTS: [&str; 5] = ["exception_msg", "body", "service", "operation", "fault"];

impl Change {
    pub(super) fn flag(&self) -> Mode {
        self.flag
    }

    /// Makes the change.
    ///
    /// # Errors
    /// What would come of it is not right; every key that is wrong is named.
    pub(super) fn apply(&self, flags: &mut Map<String, Value>) -> anyhow::Result<()> {
        // Without a seed every process would choose one, and no run could be repeated.
        let seed = self.seed.or_else(|| flags.get("seed")?.as_u64()).unwrap_or_else(|| fastrand::u64(..1 << 53));
        flags.insert("seed".to_owned(), seed.into());
        let old = flags.get(self.flag.name()).and_then(Value::as_object).cloned();
        let mut flag = old.unwrap_or_default();
        flag.insert("enabled".to_owned(), true.into());
        if let Some(percentage) = self.percentage {
            flag.insert("percentage".to_owned(), percentage.into());
        }
        if !self.conditions.is_empty() {
            flag.insert("match".to_owned(), self.conditions.clone().into());
        }
        let denied: Vec<Value> =
            self.attributes.iter().filter(|(key, _)| key == "deny_list").map(|(_, one)| json!(one)).collect();
        if !denied.is_empty() {
            flag.insert("deny_list".to_owned(), denied.into());
        }
        for (key, text) in self.attributes.iter().filter(|(key, _)| key != "deny_list") {
            let plain = || Value::from(text.as_str());
            let value = if TEXTS.contains(&key.as_str()) {
                plain()
            } else {
                serde_json::from_str(text).unwrap_or_else(|_| plain())
            };
            flag.insert(key.clone(), value);
        }
        let name = self.flag.name();
        anyhow::ensure!(
            flag.get("enabled") == Some(&Value::Bool(true)),
            "nothing was changed: {name}.enabled is true when a flag is switched on; `cargo lab faults disable {name}` switches it off"
        );
        flags.insert(name.to_owned(), flag.into());
        let (_, complaints) = Flags::read(&Value::Object(flags.clone()))?;
        let wrong: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        anyhow::ensure!(wrong.is_empty(), "nothing was changed: {}", wrong.join("; "));
        Ok(())
    }
}

/// The configuration as it is.
///
/// # Errors
/// It is no JSON object: whoever wrote that should look at it first.
pub(super) fn parse(text: &str) -> anyhow::Result<Map<String, Value>> {
    serde_json::from_str(text).map_err(|error| {
        anyhow::anyhow!(
            "the parameter holds no JSON object ({error}); `cargo lab faults disable` makes it an empty one"
        )
    })
}

/// A configuration with what others have changed: each key that is different in `theirs` from what both began with.
pub(super) fn merged(before: &str, ours: &str, theirs: &str) -> String {
    let read = |text| serde_json::from_str::<Map<String, Value>>(text);
    let (before, Ok(mut ours), Ok(theirs)) = (read(before).unwrap_or_default(), read(ours), read(theirs)) else {
        // What is no configuration changes none; and theirs stands where ours was none.
        return if read(ours).is_ok() { ours.to_owned() } else { theirs.to_owned() };
    };
    let keys: BTreeSet<&String> = before.keys().chain(theirs.keys()).collect();
    for key in keys.into_iter().filter(|key| before.get(*key) != theirs.get(*key)) {
        match theirs.get(key) {
            Some(value) => drop(ours.insert(key.clone(), value.clone())),
            None => drop(ours.shift_remove(key)),
        }
    }
    json!(ours).to_string()
}

/// The configuration with this flag off, or all of them. It always works: nothing may stand in the way of ending faults.
/// What it switched off loses its attributes where the text would be longer than it was, and too long for the parameter.
pub(super) fn disabled(text: &str, flag: Option<Mode>) -> Map<String, Value> {
    let mut flags = parse(text).unwrap_or_default();
    let chosen = || Mode::ALL.into_iter().filter(|mode| flag.is_none_or(|flag| flag == *mode));
    for mode in chosen() {
        match flags.get_mut(mode.name()) {
            Some(Value::Object(members)) => drop(members.insert("enabled".to_owned(), false.into())),
            // Something that is no flag is off already.
            _ => drop(flags.shift_remove(mode.name())),
        }
    }
    if json!(flags).to_string().len() > text.len().max(LARGEST) {
        chosen().for_each(|mode| drop(flags.shift_remove(mode.name())));
    }
    flags
}

/// A flag by its name.
pub(super) fn flag(name: &str) -> Result<Mode, String> {
    let known = || Mode::ALL.map(Mode::name).join(", ");
    Mode::named(name).ok_or_else(|| format!("there is no such flag; flags are {}", known()))
}

/// `PATH=VALUE`, `PATH^=PREFIX`, `PATH~=REGEX` or `PATH`.
fn condition(text: &str) -> Result<Value, String> {
    let Some((path, value)) = text.split_once('=') else {
        return Ok(json!({"path": text, "operator": "exists"}));
    };
    let (path, operator) = match (path.strip_suffix('^'), path.strip_suffix('~')) {
        (Some(path), _) => (path, "startsWith"),
        (_, Some(path)) => (path, "regex"),
        _ => (path, "eq"),
    };
    if path.is_empty() {
        return Err("a condition begins with a path into the event, such as requestContext.httpMethod=POST".to_owned());
    }
    Ok(json!({"path": path, "value": value, "operator": operator}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(flag: Mode, attributes: &[(&str, &str)]) -> Change {
        let attributes = attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Change { flag, percentage: None, conditions: Vec::new(), attributes, seed: None }
    }

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn a_flag_keeps_what_is_not_changed_and_the_seed_too() {
        let mut flags = object(json!({"seed": 5, "latency": {"enabled": false, "percentage": 7, "max_latency": 9}}));
        change(Mode::Latency, &[("min_latency", "3")]).apply(&mut flags).expect("right");
        let expected =
            json!({"seed": 5, "latency": {"enabled": true, "percentage": 7, "max_latency": 9, "min_latency": 3}});
        assert_eq!(Value::Object(flags), expected);
    }

    #[test]
    fn a_seed_is_made_where_there_is_none() {
        let mut flags = Map::new();
        change(Mode::Exception, &[("exception_msg", "404")]).apply(&mut flags).expect("right");
        assert!(flags["seed"].is_u64() && flags["exception"]["exception_msg"] == "404", "{flags:?}");
        Change { seed: Some(9), ..change(Mode::Timeout, &[]) }.apply(&mut flags).expect("right");
        assert_eq!(flags["seed"], 9);
    }

    #[test]
    fn what_is_wrong_is_named_and_refused() {
        for (flag, attributes, key) in [
            (Mode::Latency, &[("min_latency", "9"), ("max_latency", "8")][..], "latency.max_latency"),
            (Mode::Latency, &[("min_latency", "soon")], "latency.min_latency"),
            (Mode::Latency, &[("status_code", "500")], "latency.status_code"),
            (Mode::Denylist, &[("deny_list", "s3"), ("deny_list", "(")], "denylist.deny_list[1]"),
            (Mode::Dependency, &[("service", "dynamodb")], "dependency.fault"),
            (Mode::Latency, &[("enabled", "false")], "latency.enabled"),
            (Mode::Latency, &[("enabled", "no")], "latency.enabled"),
        ] {
            let error = change(flag, attributes).apply(&mut Map::new()).expect_err(key).to_string();
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn off_is_always_possible() {
        assert!(disabled("[", None).is_empty());
        let flags = disabled(r#"{"latency":{"enabled":true,"min_latency":"x"},"timeout":7,"seed":1}"#, None);
        assert_eq!(Value::Object(flags), json!({"latency": {"enabled": false, "min_latency": "x"}, "seed": 1}));
        let one = disabled(r#"{"latency":{"enabled":true},"timeout":{"enabled":true}}"#, Some(Mode::Timeout));
        assert_eq!(Value::Object(one), json!({"latency": {"enabled": true}, "timeout": {"enabled": false}}));
    }

    #[test]
    fn off_never_makes_the_text_too_long() {
        let full =
            |filler: usize| json!({"exception": {"enabled": true, "exception_msg": "x".repeat(filler)}}).to_string();
        let text = full(LARGEST - full(0).len());
        assert_eq!(text.len(), LARGEST);
        assert!(disabled(&text, None).is_empty() && disabled(&text, Some(Mode::Exception)).is_empty());
    }

    #[test]
    fn conditions_are_written_short() {
        let of = |text| condition(text).expect("a condition");
        assert_eq!(of("a.b=c=d"), json!({"path": "a.b", "value": "c=d", "operator": "eq"}));
        assert_eq!(of("a^=/r"), json!({"path": "a", "value": "/r", "operator": "startsWith"}));
        assert_eq!(of("a~=^x$"), json!({"path": "a", "value": "^x$", "operator": "regex"}));
        assert_eq!(of("headers.x"), json!({"path": "headers.x", "operator": "exists"}));
        assert!(condition("=x").is_err() && condition("~=x").is_err());
    }

    #[test]
    fn what_others_have_changed_is_kept() {
        let before = r#"{"seed":1,"latency":{"enabled":true},"timeout":{"enabled":true}}"#;
        let theirs = r#"{"seed":1,"latency":{"enabled":false},"exception":{"enabled":true}}"#;
        let merge = |ours: &str| serde_json::from_str::<Value>(&merged(before, ours, theirs)).expect("JSON");
        assert_eq!(merge(before), serde_json::from_str::<Value>(theirs).expect("JSON"));
        let ours = r#"{"seed":2,"latency":{"enabled":true},"timeout":{"enabled":true},"denylist":{}}"#;
        let all = json!({"seed": 2, "latency": {"enabled": false}, "exception": {"enabled": true}, "denylist": {}});
        assert_eq!(merge(ours), all);
        assert_eq!(merged("[", before, "{"), before, "what cannot be read has changed nothing");
        assert_eq!(merged("[", "[", theirs), theirs);
    }
}
