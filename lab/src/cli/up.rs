//! `cargo lab up`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::{Args, ValueEnum};
use tokio::sync::broadcast::error::RecvError;

use super::ride::{self, Booking};
use super::state::State;
use super::terminal::{self, Palette, Style};
use super::{StackArgs, stopping, workspace_of};
use crate::assembly::{Lab, Options, Plan};
use crate::logs::Logs;
use crate::task::DropTask;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo lab up\n  cargo lab up --port 0 --data .lab/rides\n  cargo lab up --stage load --parameter LogLevel=debug"
)]
pub(super) struct Up {
    #[command(flatten)]
    stack: StackArgs,
    /// Port of the API on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Port of the console on 127.0.0.1; 0 takes a free one [default: the next after --port]
    #[arg(long, value_name = "PORT")]
    console_port: Option<u16>,
    /// Let alarms' time pass N times as fast: with 60, a minute of theirs is a second
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=600))]
    compress: u16,
    /// How log lines are shown
    #[arg(long, value_enum, default_value_t = LogFormat::Readable)]
    logs: LogFormat,
    /// Do not book the first ride, which shows that everything works
    #[arg(long)]
    no_ride: bool,
    /// Whether the stack has come up.
    #[arg(skip)]
    serving: AtomicBool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// One short line an event
    Readable,
    /// As the functions print them
    Raw,
    /// Not at all
    None,
}

impl Up {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let options = Options {
            // Next to no port in particular is no port in particular.
            console_port: self.console_port.unwrap_or(if self.port == 0 { 0 } else { self.port.saturating_add(1) }),
            compress: self.compress,
            ..self.stack.options(self.port)?
        };
        tokio::select! {
            stopped = stopping::requested() => {
                stopped?;
                Ok(stopping::code(self.serving.load(Ordering::Acquire)))
            }
            failed = self.serve(&options) => failed,
        }
    }

    /// Serves until dropped; returns only when something fails.
    async fn serve(&self, options: &Options) -> anyhow::Result<ExitCode> {
        let plan = Plan::new(options).await?;
        let lab = self.stack.start(plan, options).await?;
        let started = Instant::now();
        let printer = self.print_logs(&lab.logs);
        let state = State::of(&lab)?;
        let _removed = state.write(&workspace_of(&options.template))?;
        self.serving.store(true, Ordering::Release);
        announce(&lab, &state);
        if !self.no_ride {
            let booking = Booking::default();
            ride::show(&ride::book(&state, booking).await?, started.elapsed());
        }
        terminal::print("\nServing until Ctrl-C.");
        printer.await;
        std::future::pending().await
    }

    async fn follow(logs: Logs, format: LogFormat) {
        let palette = Palette::stdout();
        let mut lines = logs.subscribe();
        loop {
            let said = match lines.recv().await {
                Ok(line) if format == LogFormat::Raw => Some(line.text),
                Ok(line) => terminal::readable(&line, palette),
                Err(RecvError::Lagged(missed)) => Some(format!("({missed} log lines were too fast to print)")),
                Err(RecvError::Closed) => return,
            };
            // A closed pipe ends the printing, not the serving.
            if said.is_some_and(|said| !terminal::print(&said)) {
                return;
            }
        }
    }

    /// Starts printing log lines; the future only keeps the printer alive.
    fn print_logs(&self, logs: &Logs) -> impl Future<Output = ()> + use<> {
        let task = (self.logs != LogFormat::None).then(|| DropTask::spawn(Self::follow(logs.clone(), self.logs)));
        async move {
            let _task = task;
            std::future::pending().await
        }
    }
}

fn announce(lab: &Lab, state: &State) {
    let palette = Palette::stdout();
    terminal::print(&palette.paint(Style::Bold, &format!("\nWild Rydes, stage {}", state.stage)));
    let width = lab.stack.outputs.iter().map(|output| output.name.len()).max().unwrap_or_default();
    for output in &lab.stack.outputs {
        terminal::print(&format!("  {:<width$}  {}", output.name, output.value));
    }
    terminal::print(&format!("  {:<width$}  {}", "DynamoDB", lab.endpoints.dynamodb));
    terminal::print(&format!("  {:<width$}  {}", "SSM", lab.endpoints.ssm));
    terminal::print(&format!("  {:<width$}  {}", "SQS", lab.endpoints.sqs));
    terminal::print(&format!("  {:<width$}  {}", "Console", state.console));
    terminal::print(&palette.paint(Style::Bold, "\nBook a ride"));
    let token = match state.user_pool {
        Some(_) => " -H \"Authorization: Bearer $(cargo lab token --rider ada)\"",
        None => "",
    };
    terminal::print(&format!(
        "  curl -i {} -H 'Content-Type: application/json'{token} -d '{}'\n",
        state.ride_url,
        Booking::default().body()
    ));
}
