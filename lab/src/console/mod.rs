//! The console: one page and the JSON behind it, on a port of its own. `cargo lab alarms`, `requests`, `trace`, `logs`,
//! `errors` and `metrics` ask the same.
//!
//! It only looks. The one order that it takes, breaking something on purpose, and the rows of tables
//! need a secret which stands in the lab's state file: a page from elsewhere cannot know it. Whoever names another host than loopback is refused, so that
//! no other page can read through a name of its own.

mod api;
mod assets;
mod items;
mod query;

pub(crate) use api::{About, FunctionName, Sources};
pub(crate) use items::Items;

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::keyring;
use crate::listen::{self, Answer};
use crate::switches::{Order, Refusal, Switches};
use query::Query;

/// Where the secret of an order is shown.
pub(crate) const SECRET_HEADER: &str = "x-lab-secret";

/// An order names a resource and numbers, or the value of a parameter or of variables, which are addresses and names here.
const ORDER_LIMIT: usize = 4 * 1024;

/// The console of a running lab.
#[derive(Debug)]
pub(crate) struct Console {
    sources: Sources,
    switches: Switches,
    items: Items,
    secret: String,
}

impl Console {
    /// A console over what the rooms keep.
    pub(crate) fn new(sources: Sources, switches: Switches, items: Items) -> Arc<Self> {
        Arc::new(Self { sources, switches, items, secret: keyring::random() })
    }

    /// To be shown with an order.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Serves until dropped.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        listen::serve(listener, move |request, _| {
            let console = self.clone();
            async move {
                let mut answer = console.answer(request).await;
                for (name, value) in [
                    (header::CACHE_CONTROL, "no-store"),
                    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                    (header::REFERRER_POLICY, "no-referrer"),
                ] {
                    answer.headers_mut().insert(name, HeaderValue::from_static(value));
                }
                answer
            }
        })
        .await;
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        if !is_loopback(request.headers().get(header::HOST)) {
            return error(StatusCode::FORBIDDEN, "the console answers to 127.0.0.1 and localhost only");
        }
        let path = request.uri().path().to_owned();
        match (request.method(), path.as_str()) {
            (&Method::POST, "/api/switches") => self.order(request).await,
            (&Method::GET, "/api/items") => match self.admits(request.headers()) {
                true => self.items.answer(&Query::parse(request.uri().query())).await,
                false => wrong_secret(),
            },
            (&Method::GET, _) => {
                let query = Query::parse(request.uri().query());
                match assets::find(&path) {
                    Some(asset) => asset,
                    // A map of many traces takes a while, in which rides must not wait.
                    None => tokio::task::spawn_blocking(move || self.sources.answer(&path, &query))
                        .await
                        .unwrap_or_else(|_| error(StatusCode::INTERNAL_SERVER_ERROR, "the console has a bug")),
                }
            }
            _ => error(StatusCode::METHOD_NOT_ALLOWED, "the console is read with GET"),
        }
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(SECRET_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
        verify_slices_are_equal(self.secret.as_bytes(), shown).is_ok()
    }

    async fn order(&self, request: Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        if !self.admits(&parts.headers) {
            return wrong_secret();
        }
        let Ok(body) = listen::read_body(body, ORDER_LIMIT).await else {
            return error(StatusCode::BAD_REQUEST, "the order could not be read");
        };
        let order: Order = match serde_json::from_slice(&body) {
            Ok(order) => order,
            Err(why) => {
                let example = r#"{"resource":"RidesTable","trouble":"fail"}"#;
                return error(StatusCode::BAD_REQUEST, &format!("expected {example}: {why}"));
            }
        };
        match self.switches.carry_out(&order) {
            Ok(()) => ok(&json!({})),
            Err(why @ Refusal::NoSuchResource { .. }) => refused(StatusCode::NOT_FOUND, &why),
            Err(why) => refused(StatusCode::BAD_REQUEST, &why),
        }
    }
}

/// In an order's words for programs, and in those of the command line for who typed one.
fn refused(status: StatusCode, why: &Refusal) -> Answer {
    let said = json!({"error": why.to_string(), "inOptions": why.in_options()});
    listen::answer(status, "application/json", said.to_string())
}

fn wrong_secret() -> Answer {
    error(StatusCode::FORBIDDEN, "the secret is wrong; it stands in the lab's state file")
}

/// Whether a request was addressed to this machine by one of its own names.
fn is_loopback(host: Option<&HeaderValue>) -> bool {
    let host = host.and_then(|host| host.to_str().ok()).filter(|host| !host.contains('@')); // a Host names no user
    let authority = host.and_then(|host| host.parse::<http::uri::Authority>().ok());
    authority.is_some_and(|authority| matches!(authority.host(), "127.0.0.1" | "localhost" | "[::1]"))
}

fn ok(value: &Value) -> Answer {
    listen::answer(StatusCode::OK, "application/json", value.to_string())
}

fn error(status: StatusCode, message: &str) -> Answer {
    listen::answer(status, "application/json", json!({"error": message}).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_this_machine_are_answered_to() {
        let named = |host: &'static str| is_loopback(Some(&HeaderValue::from_static(host)));
        assert!(named("127.0.0.1:3001") && named("localhost:3001") && named("[::1]:1") && named("localhost"));
        for other in ["example.com", "127.0.0.1.example.com", "localhost.example.com:3001", "", "x@localhost:y"] {
            assert!(!named(other), "{other}");
        }
        assert!(!is_loopback(None));
    }
}
