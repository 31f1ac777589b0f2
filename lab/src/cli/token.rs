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
