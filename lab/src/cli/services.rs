//! `cargo lab services`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::terminal::{self, Palette, Style};
use super::{StackArgs, state, stopping, workspace_of};
use crate::assembly::{Lab, Plan};
use crate::template::{Function, Stack};

#[derive(Debug, Args)]
#[command(
    after_help = "In a second terminal: cargo lambda watch --env-file .lab/services.env\nThen one URL serves all routes: http://127.0.0.1:9000"
)]
pub(super) struct Services {
    #[command(flatten)]
    stack: StackArgs,
    /// Where `cargo lambda watch` will serve the functions
    #[arg(long, default_value = "http://127.0.0.1:9000", value_name = "ORIGIN")]
    watch: String,
    /// Where to write the variables for `--env-file` [default: .lab/services.env next to the template]
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

impl Services {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let mut options = self.stack.options(0)?;
        let watch = self.watch.trim_end_matches('/').to_owned();
        anyhow::ensure!(
            !options.parameters.contains_key("ApiBaseUrl"),
            "name the origin with --watch, not with --parameter ApiBaseUrl"
        );
        // `cargo lambda watch` knows no stage: its routes are at the root.
        options.parameters.insert("ApiBaseUrl".to_owned(), watch.clone());
        let env_file = self
            .env_file
            .clone()
            .unwrap_or_else(|| state::directory(&workspace_of(&options.template)).join("services.env"));
        tokio::select! {
            stopped = stopping::requested() => {
                stopped?;
                Ok(stopping::code(true))
            }
            failed = self.serve(&options, &watch, &env_file) => failed,
        }
    }

    async fn serve(
        &self,
        options: &crate::assembly::Options,
        watch: &str,
        env_file: &Path,
    ) -> anyhow::Result<ExitCode> {
        let mut plan = Plan::new(options).await?;
        let variables = variables(&plan.stack);
        plan.keep_only_provisioning();
        let lab = self.stack.start(plan, options).await?;
        write(env_file, &lab, &variables)?;
        let palette = Palette::stdout();
        terminal::print(&palette.paint(Style::Bold, "\nDynamoDB, SSM and SQS for cargo lambda watch"));
        terminal::print(&format!("  DynamoDB  {}\n  SSM       {}", lab.endpoints.dynamodb, lab.endpoints.ssm));
        terminal::print(&format!("  SQS       {}", lab.endpoints.sqs));
        terminal::print(&palette.paint(Style::Bold, "\nIn another terminal"));
        terminal::print(&format!("  cargo lambda watch --env-file {}", env_file.display()));
        let body = super::ride::Booking::default().body();
        terminal::print(&format!("  curl -i {watch}/ride -H 'Content-Type: application/json' -d '{body}'"));
        terminal::print("\nServing until Ctrl-C.");
        std::future::pending().await
    }
}

/// The variables of all functions. `cargo lambda watch` gives every function the same file, so where two differ
/// (time limits do) the function with the longest time limit wins: patient is safe on a laptop.
fn variables(stack: &Stack) -> BTreeMap<String, String> {
    let mut functions: Vec<&Function> = stack.functions.values().collect();
    functions.sort_by_key(|function| function.timeout);
    let served = stack.apis.values().flat_map(|api| &api.routes).filter_map(|route| match &route.integration {
        crate::template::Integration::Lambda { function, .. } => Some(function.clone()),
        crate::template::Integration::Mock(_) => None,
    });
    let served: std::collections::BTreeSet<String> = served.collect();
    functions
        .into_iter()
        .filter(|function| served.contains(&function.logical_id))
        .flat_map(|function| function.environment.clone())
        .collect()
}

fn write(path: &Path, lab: &Lab, variables: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let mut text = format!(
        "# Written by `cargo lab services`; valid while it runs.\n\
         AWS_REGION={}\nAWS_ACCESS_KEY_ID=LAB.watch\nAWS_SECRET_ACCESS_KEY=lab-secret-that-opens-nothing\n\
         AWS_SESSION_TOKEN=lab-session-that-opens-nothing\nAWS_EC2_METADATA_DISABLED=true\n\
         AWS_ENDPOINT_URL_DYNAMODB={}\nAWS_ENDPOINT_URL_SSM={}\nAWS_ENDPOINT_URL_SQS={}\nAWS_ENDPOINT_URL={}\n",
        lab.endpoints.region, lab.endpoints.dynamodb, lab.endpoints.ssm, lab.endpoints.sqs, lab.endpoints.other
    );
    for (name, value) in variables {
        text.push_str(&format!("{name}={value}\n"));
    }
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).with_context(|| format!("could not make {}", directory.display()))?;
    }
    std::fs::write(path, text).with_context(|| format!("could not write {}", path.display()))
}
