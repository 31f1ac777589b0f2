//! `cargo lab metrics`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;

use super::client::{self, Console};
use super::table::Table;
use super::{Common, figures, print_json};
use crate::cli::terminal::{self, Style};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo lab metrics                          every metric that has data\n  cargo lab metrics RidesRecorded --stat Sum\n  cargo lab metrics Duration --stat p99 --dimension FunctionName=wild-rydes-dev-request-ride"
)]
pub(in crate::cli) struct Metrics {
    /// Metrics whose name is or contains this, with their figures
    name: Option<String>,
    /// SampleCount, Average, Sum, Minimum, Maximum, or a percentile such as p99
    #[arg(long, value_name = "STATISTIC", default_value = "Sum")]
    stat: String,
    /// Only metrics with this dimension; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    dimension: Vec<String>,
    /// Length of a period in seconds, whole minutes
    #[arg(long, value_name = "S", default_value_t = 60)]
    period: u32,
    /// How far back, in minutes
    #[arg(long, value_name = "N", default_value_t = 60)]
    minutes: u32,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Deserialize)]
struct Answer {
    metrics: Vec<Metric>,
}

#[derive(Debug, Deserialize)]
struct Metric {
    namespace: String,
    name: String,
    dimensions: BTreeMap<String, String>,
    unit: String,
}

#[derive(Debug, Deserialize)]
struct Data {
    points: Vec<(f64, Option<f64>)>,
}

impl Metrics {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        let console = Console::find(&self.common)?;
        let everything = console.get("/api/metrics", &[]).await?;
        if self.common.json && self.name.is_none() {
            print_json(&everything);
            return Ok(ExitCode::SUCCESS);
        }
        let mut answer: Answer = client::read(everything)?;
        let exact = answer.metrics.iter().any(|metric| Some(&metric.name) == self.name.as_ref());
        answer.metrics.retain(|metric| {
            let named = self.name.as_ref().is_none_or(|name| match exact {
                true => metric.name == *name,
                false => metric.name.to_lowercase().contains(&name.to_lowercase()),
            });
            let dimensions = dimensions(metric);
            named && self.dimension.iter().all(|wanted| dimensions.contains(wanted))
        });
        match &self.name {
            None => list(&answer.metrics),
            Some(name) if answer.metrics.is_empty() => {
                anyhow::bail!("no metric is called {name} and has data; `cargo lab metrics` lists them")
            }
            Some(_) => self.figures(&console, &answer.metrics).await?,
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn figures(&self, console: &Console, metrics: &[Metric]) -> anyhow::Result<()> {
        let mut all = Vec::new();
        for metric in metrics {
            let parameters = [
                ("namespace", Some(metric.namespace.clone())),
                ("name", Some(metric.name.clone())),
                ("dimensions", Some(dimensions(metric).join(","))),
                ("stat", Some(self.stat.clone())),
                ("period", Some(self.period.to_string())),
                ("minutes", Some(self.minutes.to_string())),
            ];
            let answer = console.get("/api/metrics/data", &parameters).await?;
            if self.common.json {
                all.push(answer);
                continue;
            }
            let dimensions = dimensions(metric).join(", ");
            terminal::print(&format!(
                "{} {} {} ({}) {dimensions}",
                metric.namespace, metric.name, self.stat, metric.unit
            ));
            for (at_ms, value) in client::read::<Data>(answer)?.points {
                let value = value.map_or_else(|| "-".to_owned(), figures::number);
                terminal::print(&format!("  {}  {value}", figures::clock(at_ms)));
            }
        }
        if self.common.json {
            print_json(&all.into());
        }
        Ok(())
    }
}

/// `name=value`, in order.
fn dimensions(metric: &Metric) -> Vec<String> {
    metric.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

fn list(metrics: &[Metric]) {
    let mut table = Table::new(&["NAMESPACE", "METRIC", "UNIT", "DIMENSIONS"]);
    for metric in metrics {
        table.row([
            (metric.namespace.clone(), Some(Style::Dim)),
            (metric.name.clone(), None),
            (metric.unit.clone(), None),
            (dimensions(metric).join(", "), None),
        ]);
    }
    table.print("No metric has data yet. `cargo lab ride` makes some.");
}
