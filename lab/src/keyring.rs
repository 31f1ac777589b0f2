//! The access keys of a lab: one a function, made anew at every start, as Lambda hands a role's session to a function, and one of
//! the person at the machine.
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::gateway::auth::sigv4::Credentials;
use crate::iam::{self, PolicyError};
use crate::template::{Function, Role};

/// Prefix of a function's access key. The rest is the function's name, so that a signed request says who made it.
pub const ACCESS_KEY_PREFIX: &str = "LAB.";

/// The access key of the person at the machine, who may call every route. Its name is none that a function can have.
pub const PERSON: &str = "LAB-PERSON";

/// Who is behind an access key.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Physical name of the function.
    pub function: String,
    /// Name of its role; the function's own name where the template names no role.
    pub role: String,
    /// Account of the role.
    pub account_id: String,
    /// What the role may do; empty where the template does not say.
    pub statements: Vec<Value>,
}

impl Identity {
    /// The session's ARN, as errors and events show it.
    pub fn arn(&self) -> String {
        format!("arn:aws:sts::{}:assumed-role/{}/{}", self.account_id, self.role, self.function)
    }

    /// The session's unique id: the role's, and the session's name.
    pub fn caller(&self) -> String {
        // AWS's ids are random; this one only has to look like one and stay the same for a role.
        let id = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.role.as_bytes());
        let letters: String = id.as_ref().iter().take(17).map(|byte| char::from(b'A' + byte % 26)).collect();
        format!("AROA{letters}:{}", self.function)
    }
}

/// Access keys and who is behind them. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Keyring(Arc<BTreeMap<String, (Credentials, Identity)>>);

impl Keyring {
    /// Makes a key for every function, with a secret and a session token that nobody can guess.
    pub fn new<'a>(
        functions: impl IntoIterator<Item = &'a Function>,
        roles: &BTreeMap<String, Role>,
        account_id: &str,
    ) -> Self {
        let entry = |function: &Function| {
            let role = roles.values().find(|role| function.role_arn.as_ref() == Some(&role.arn));
            let identity = Identity {
                function: function.name.clone(),
                role: role.map_or(function.name.as_str(), |role| last_part(&role.arn)).to_owned(),
                account_id: account_id.to_owned(),
                statements: role.map(|role| role.statements.clone()).unwrap_or_default(),
            };
            let credentials = Credentials { secret: random(), session_token: Some(random()), expires: None };
            (format!("{ACCESS_KEY_PREFIX}{}", function.name), (credentials, identity))
        };
        let person = Identity {
            function: "person".to_owned(),
            role: "person".to_owned(),
            account_id: account_id.to_owned(),
            statements: vec![json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"})],
        };
        let credentials = Credentials { secret: random(), session_token: Some(random()), expires: None };
        let person = (PERSON.to_owned(), (credentials, person));
        Self(Arc::new(functions.into_iter().map(entry).chain([person]).collect()))
    }

    /// Secret and session token of a key.
    pub fn credentials(&self, access_key: &str) -> Option<Credentials> {
        self.0.get(access_key).map(|(credentials, _)| credentials.clone())
    }

    /// Who is behind a key.
    pub fn identity(&self, access_key: &str) -> Option<&Identity> {
        self.0.get(access_key).map(|(_, identity)| identity)
    }

    /// Whether every role can be judged on an action, so that a policy beyond the lab is known at start.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check(&self, action: &str) -> Result<(), PolicyError> {
        self.0.values().try_for_each(|(_, identity)| iam::evaluate(&identity.statements, action, "*").map(drop))
    }

    /// A function's key, by the function's physical name.
    pub fn of_function(&self, name: &str) -> Option<(String, Credentials)> {
        let access_key = format!("{ACCESS_KEY_PREFIX}{name}");
        self.credentials(&access_key).map(|credentials| (access_key, credentials))
    }
}

/// `role/path/name` of an ARN without its path.
fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// 244 random bits, as text.
pub(crate) fn random() -> String {
    let bytes = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(uuid::Uuid::into_bytes).concat();
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::Decision;

    #[test]
    fn the_person_may_call_every_route_and_is_no_function() {
        let keyring = Keyring::new(std::iter::empty::<&Function>(), &BTreeMap::new(), "123456789012");
        let person = keyring.identity(PERSON).expect("there is always one");
        let may = |action| {
            iam::evaluate(&person.statements, action, "arn:aws:execute-api:eu-west-1:123456789012:a/dev/GET/ops")
        };
        assert_eq!(may("execute-api:Invoke"), Ok(Decision::Allowed));
        assert_eq!(may("dynamodb:GetItem"), Ok(Decision::ImplicitlyDenied));
        assert!(keyring.of_function("PERSON").is_none() && keyring.credentials(PERSON).is_some());
    }
}
