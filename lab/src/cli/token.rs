//! `cargo lab token`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use http::Request;

use super::state::{PoolState, State};
use super::{nearest_template, ride, terminal, workspace_of};
use crate::cognito::{Mint, SECRET_HEADER, Tokens};

#[derive(Debug, Args)]
#[command(
    after_help = "The token goes to stdout and nothing else does:\n  curl -H \"Authorization: Bearer $(cargo lab token --rider ada)\" ..."
)]
pub(super) struct Token {
    /// Name of the rider; the same name is the same rider in every run
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    rider: String,
    /// Seconds until the token expires; a negative number makes an expired one
    #[arg(long, value_name = "S", default_value_t = 3600, allow_negative_numbers = true)]
    expires_in: i64,
    /// Print the access token instead of the ID token
    #[arg(long)]
    access: bool,
    /// Template of the running lab [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

impl Token {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let template = self.template.map_or_else(nearest_template, Ok)?;
        let state = State::read(&workspace_of(&template)).context("no lab runs here; start one with `cargo lab up`")?;
        let pool =
            state.user_pool.as_ref().context("the stack of the running lab has no user pool, so it needs no token")?;
        let tokens = mint(pool, &self.rider, self.expires_in).await?;
        terminal::print(if self.access { &tokens.access_token } else { &tokens.id_token });
        Ok(ExitCode::SUCCESS)
    }
}

/// Gets tokens from the running lab.
pub(super) async fn mint(pool: &PoolState, rider: &str, expires_in: i64) -> anyhow::Result<Tokens> {
    let mint = Mint { rider: rider.to_owned(), client: None, expires_in };
    let request = Request::post(&pool.token_url)
        .header(SECRET_HEADER, &pool.mint_secret)
        .body(serde_json::to_vec(&mint)?.into())?;
    let (status, _, body) = ride::send(request).await.context("the lab's user pool did not answer")?;
    anyhow::ensure!(status.is_success(), "the lab's user pool answered {status}: {body}");
    Ok(serde_json::from_value(body)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cognito::UserPool;
    use crate::gateway::auth::jwt::{self, Demand};

    #[tokio::test]
    async fn a_token_from_the_room_is_good_at_the_gateway() {
        let pool = UserPool::new("eu-west-1", "eu-west-1_a", vec!["page".to_owned()]).expect("a pool");
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let token_url = format!("http://{}/eu-west-1_a/lab/token", listener.local_addr().expect("an address"));
        let _room = crate::task::DropTask::spawn(pool.clone().serve(listener));
        let mut state = PoolState { token_url, mint_secret: pool.mint_secret().to_owned() };
        let tokens = mint(&state, "ada", 60).await.expect("tokens");
        let mut headers = http::HeaderMap::new();
        headers.insert("authorization", tokens.id_token.parse().expect("a header value"));
        let claims = jwt::verify(&headers, &[pool.issuer()], Demand::default(), jiff::Timestamp::now()).expect("good");
        assert_eq!((claims["cognito:username"].as_str(), claims["sub"].as_str()), (Some("ada"), Some(&*tokens.sub)));
        state.mint_secret.push('x');
        let error = mint(&state, "ada", 60).await.expect_err("refused").to_string();
        assert!(error.contains("answered 403"), "{error}");
    }
}
