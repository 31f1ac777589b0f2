//! Secrets that are planted wherever a caller or a dependency can put text, and searched for wherever text comes out.

#[path = "../emf/mod.rs"]
pub(crate) mod emf;

use serde_json::{Value, json};
use shared::config::Environment;
use std::sync::{Arc, LazyLock, Mutex};
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

/// A token, a card number and an e-mail address.
pub(crate) const SECRETS: [&str; 3] = ["eyJjYW5hcnkifQ.eyJzdWIi.c2ln", "4111 1111 1111 1111", "canary@leak.example"];

/// What must not come out, whatever went in: the secrets, and where the rider of `events/` stands.
const PIECES: [&str; 6] = ["eyJjYW5hcnk", "4111 1111", "canary@leak", "42.352508", "71.052899", "CANARY"];

/// A second subscriber, beside that of any test. While there is just one, tracing asks whichever thread comes to an event
/// first whether anybody wants it, and remembers the answer: the thread of another test, which has no subscriber, would
/// switch the event off for all.
static OTHER: LazyLock<Dispatch> = LazyLock::new(|| {
    Dispatch::new(shared::telemetry::subscriber("other", &Environment::from_iter::<[(&str, &str); 0]>([]), |_| {}))
});

/// All that a function logs, at the finest level there is.
pub(crate) struct Log {
    lines: Arc<Mutex<String>>,
    _guard: DefaultGuard,
}

impl Log {
    /// Listens to this thread.
    pub(crate) fn of(service: &'static str) -> Self {
        LazyLock::force(&OTHER);
        let lines = Arc::new(Mutex::new(String::new()));
        let sink = Arc::clone(&lines);
        let environment: Environment = [("LOG_LEVEL", "TRACE"), ("STAGE", "dev")].into_iter().collect();
        let write = move |line: &str| sink.lock().expect("one thread").push_str(line);
        let log = shared::telemetry::subscriber(service, &environment, write);
        Self { lines, _guard: tracing::subscriber::set_default(log) }
    }

    /// What was logged since the last time; never nothing.
    pub(crate) fn take(&self) -> String {
        let lines = std::mem::take(&mut *self.lines.lock().expect("one thread"));
        assert!(lines.contains("\"message\""), "nothing was logged");
        emf::documents(&lines);
        lines
    }
}

/// Nothing of what was planted is in this text.
pub(crate) fn assert_clean(text: &str, whence: &str) {
    for piece in PIECES {
        assert!(!text.contains(piece), "{piece} of {whence} came out: {text}");
    }
}

/// The event with a secret in each place a stranger can reach, one place at a time, and the name of the place.
pub(crate) fn planted(event: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for secret in SECRETS {
        let mut plant = |place: &str, change: &dyn Fn(&mut Value)| {
            let mut event = event.clone();
            change(&mut event);
            all.push((format!("{secret} in {place}"), event));
        };
        let names = ["Authorization", "Cookie", "User-Agent", "Referer", "Accept", "Content-Type", "traceparent"];
        let more = ["X-Amzn-Trace-Id", "X-Remaining-Ms", "X-Forwarded-For", "Idempotency-Key", "X-Anything"];
        for name in names.into_iter().chain(more) {
            plant(name, &|event| {
                let value = if name == "Authorization" { format!("Bearer {secret}") } else { secret.to_owned() };
                event["headers"][name] = value.as_str().into();
                event["multiValueHeaders"][name] = json!([value]);
            });
        }
        // An id is made to be told: what looks like one comes out by contract, and these do not look like one.
        for name in ["X-Request-ID", "X-Trace-ID"] {
            plant(name, &|event| {
                let value = format!("Bearer {secret}");
                event["headers"][name] = value.as_str().into();
                event["multiValueHeaders"][name] = json!([value]);
            });
        }
        plant("the query", &|event| {
            event["queryStringParameters"] = json!({"q": secret});
            event["multiValueQueryStringParameters"] = json!({"q": [secret]});
        });
        plant("the path", &|event| event["path"] = format!("/{}", secret.replace(' ', "%20")).into());
        plant("the method", &|event| event["httpMethod"] = "CANARY".into());
        plant("the identity", &|event| event["requestContext"]["identity"]["user"] = secret.into());
        plant("the claims", &|event| {
            let authorizer = &mut event["requestContext"]["authorizer"];
            *authorizer = json!({"claims": {"sub": secret, "email": secret, "name": secret}});
        });
        plant("the body as a whole", &|event| event["body"] = secret.into());
        plant("a body that breaks off", &|event| event["body"] = format!("{{\"PickupLocation\":\"{secret}").into());
        let body: Value = event["body"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        for pointer in pointers(&body) {
            plant(&pointer, &|event| {
                let mut body = body.clone();
                *body.pointer_mut(&pointer).expect("a pointer of this body") = secret.into();
                event["body"] = body.to_string().into();
            });
        }
        plant("an unknown field", &|event| {
            let mut body = body.clone();
            body["Card"] = secret.into();
            event["body"] = body.to_string().into();
        });
    }
    all
}

/// The pointers to all that is in a value.
fn pointers(value: &Value) -> Vec<String> {
    let inner = value.as_object().into_iter().flatten();
    inner
        .flat_map(|(name, value)| {
            let below = pointers(value).into_iter().map(move |pointer| format!("/{name}{pointer}"));
            std::iter::once(format!("/{name}")).chain(below)
        })
        .collect()
}
