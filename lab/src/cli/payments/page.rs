//! `cargo lab ops`: the operations page in a browser. A browser cannot sign requests, so this does it for the one on this machine.

use std::process::ExitCode;

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use tokio::net::TcpListener;

use super::api::Api;
use crate::cli::faults::Target;
use crate::cli::{stopping, terminal};
use crate::keyring;
use crate::listen;

/// The longest body of a form.
const LONGEST: usize = 8 * 1024;

/// What of a request goes on: what it carries, and where the browser says that it comes from.
static KEPT: [HeaderName; 4] =
    [header::ACCEPT, header::CONTENT_TYPE, header::ORIGIN, HeaderName::from_static("sec-fetch-site")];

#[derive(Debug, Args)]
#[command(
    after_help = "The address has a secret in it: whoever has the address on this machine acts with your credentials.\nExamples:\n  cargo lab ops\n  cargo lab ops --aws --stage staging"
)]
pub(in crate::cli) struct Ops {
    /// Port on this machine [default: a free one]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    #[command(flatten)]
    target: Target,
}

impl Ops {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        let api = Api::of(self.target).await?;
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.context("could not listen")?;
        let secret: String = keyring::random().chars().filter(char::is_ascii_alphanumeric).collect();
        let origin = format!("http://{}", listener.local_addr()?);
        terminal::print(&format!("Operations of {}\n  {origin}/{secret}/ops\nOpen until Ctrl-C.", api.base()));
        let serving = listen::serve(listener, move |request, _| {
            let (api, secret) = (api.clone(), secret.clone());
            async move { pass(&api, &secret, request).await }
        });
        tokio::select! {
            stopped = stopping::requested() => stopped?,
            () = serving => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn pass(api: &Api, secret: &str, request: Request<Incoming>) -> listen::Answer {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
    let Some(path) = route(&parts.method, path, secret) else {
        return text(StatusCode::NOT_FOUND, "There is nothing here.");
    };
    let headers: HeaderMap =
        KEPT.iter().filter_map(|name| Some((name.clone(), parts.headers.get(name)?.clone()))).collect();
    let Ok(body) = Limited::new(body, LONGEST).collect().await else {
        return text(StatusCode::PAYLOAD_TOO_LARGE, "The body is too long.");
    };
    match api.call(parts.method, path, headers, body.to_bytes()).await {
        Ok(answer) => {
            let mut response = Response::new(Full::new(answer.body));
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            // They are of the connection to the API, not of this one.
            for hop in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH] {
                response.headers_mut().remove(hop);
            }
            response
        }
        Err(error) => text(StatusCode::BAD_GATEWAY, &format!("{error:#}")),
    }
}

/// The path behind the secret, if it is one of the operations.
fn route<'a>(method: &Method, path: &'a str, secret: &str) -> Option<&'a str> {
    let inner = path.strip_prefix('/')?.strip_prefix(secret)?;
    let bare = inner.split('?').next().unwrap_or_default();
    let page = bare == "/ops" || bare.starts_with("/ops/") || bare == "/payments" || bare == "/count";
    let order = bare.starts_with("/payments/") && bare.ends_with("/redrive");
    let known = (method == Method::GET && page) || (method == Method::POST && order);
    // Neither as it is written nor as a gateway may read it: no route here has an escaped character.
    (known && !bare.contains("..") && !bare.contains('%')).then_some(inner)
}

fn text(status: StatusCode, text: &str) -> listen::Answer {
    let mut response = Response::new(Full::new(Bytes::from(format!("{text}\n"))));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_operations_behind_the_secret_are_passed_on() {
        let get = |path| route(&Method::GET, path, "s3cret");
        assert_eq!(get("/s3cret/ops?told=queued"), Some("/ops?told=queued"));
        assert_eq!(get("/s3cret/ops/assets/ops.css"), Some("/ops/assets/ops.css"));
        assert_eq!(get("/s3cret/payments?status=Failed"), Some("/payments?status=Failed"));
        for nowhere in [
            "/ops",
            "/",
            "/other/ops",
            "/s3cret",
            "/s3cretops",
            "/s3cret/ride",
            "/s3cret/ops/../ride",
            "/s3cret/ops/%2e%2e/ride",
            "/s3cret/ops/..%2Fride",
            "/s3cret/payments/1/redrive",
        ] {
            assert_eq!(get(nowhere), None, "{nowhere}");
        }
        let post = |path| route(&Method::POST, path, "s3cret");
        assert_eq!(post("/s3cret/payments/1/redrive"), Some("/payments/1/redrive"));
        assert_eq!(post("/s3cret/payments/redrive"), Some("/payments/redrive"));
        assert_eq!((post("/s3cret/ops"), post("/s3cret/record")), (None, None));
    }
}
