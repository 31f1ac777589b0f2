//! How a refusal calls what was asked for: an order's members to programs and scenarios, options to whoever typed them.

use super::refusal::Lack;

/// Whose words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// An order's, in JSON or in a scenario: `"slow_init"`.
    Members,
    /// Those of `cargo lab break`: `--slow-init`.
    Options,
}

impl Words {
    /// A member of an order.
    pub(super) fn member(self, name: &str) -> String {
        match (self, name) {
            (Self::Members, _) => format!("\"{name}\""),
            (Self::Options, "resource") => "RESOURCE".to_owned(),
            (Self::Options, "environment") => "--env".to_owned(),
            // What is wrong unless an option says otherwise.
            (Self::Options, "fail") => "a break without options".to_owned(),
            (Self::Options, _) => format!("--{}", name.replace('_', "-")),
        }
    }

    /// A number of an order, which is a trouble's or the order's own. A trouble is one option, whatever numbers it has.
    pub(super) fn number(self, name: &str, of: &str) -> String {
        match (self, of) {
            (Self::Members, _) => self.member(name),
            (Self::Options, "capacity" | "disorder") => format!("{name} of {}", self.member(of)),
            (Self::Options, _) => self.member(of),
        }
    }

    /// That something has a trouble.
    pub(super) fn has(self, trouble: &str) -> String {
        match (self, trouble) {
            (Self::Options, "fail") => "fails without an option".to_owned(),
            _ => format!("has {}", self.member(trouble)),
        }
    }

    /// The troubles that something can have.
    pub(super) fn troubles(self, names: &[&str]) -> String {
        match self {
            Self::Members => names.join(", "),
            Self::Options => {
                let options = names.iter().filter(|name| **name != "fail").map(|name| self.member(name));
                options.collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// What a member says nothing without.
    pub(super) fn lack(self, lack: Lack) -> &'static str {
        match (self, lack) {
            (Self::Members, Lack::Chance) => "a \"share\" or \"kill_every\"",
            (Self::Options, Lack::Chance) => "--share or --kill-every",
            (Self::Members, Lack::Trouble) => "a \"trouble\"",
            (Self::Options, Lack::Trouble) => "something to break",
            (Self::Members, Lack::TroubleOfCalls) => {
                "fail, unavailable, throttle, slow or late: the others concern all calls"
            }
            (Self::Options, Lack::TroubleOfCalls) => {
                "--unavailable, --throttle, --slow, --late or none of all these: the others concern all calls"
            }
            (_, Lack::Callable) => "a table, a parameter or a queue",
        }
    }
}
