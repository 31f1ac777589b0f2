//! `cargo lab break` and `cargo lab mend`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use http::Request;

use super::state::State;
use super::{nearest_template, ride, terminal, workspace_of};
use crate::console::SECRET_HEADER;
use crate::dynamodb::Throughput;
use crate::sqs::Disorder;
use crate::switches::{Order, Wrong};

/// The table, parameter or queue fails, unless one of these says otherwise. The lab itself knows what goes together.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo lab break RidesTable                      every call of the table fails with a 500\n  cargo lab break RidesTable --slow 5000          every call of it takes five seconds longer\n  cargo lab break RidesTable --capacity 1,1       one read and one write a second, after 300 s of burst\n  cargo lab break RidesTable --throttle --operation PutItem --share 0.3 --seed 7\n  cargo lab break PaymentsQueue --disorder 0.2,0.5  the queue delivers twice, and out of order\n  cargo lab break RideFleetUrlParameter --value http://169.254.169.254/\n  cargo lab mend"
)]
pub(super) struct Break {
    /// Logical id of a table, a parameter or a queue in the template
    resource: String,
    #[command(flatten)]
    trouble: TroubleArgs,
    /// Only the calls of this operation, such as PutItem [default: all]
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// Only this share of the calls: more than 0, at most 1 [default: all]
    #[arg(long, value_name = "SHARE")]
    share: Option<f64>,
    /// Chooses which calls are that share: the same seed, the same calls [default: any]
    #[arg(long, value_name = "N", requires = "share")]
    seed: Option<u64>,
    /// Template of the running lab [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct TroubleArgs {
    /// Let it be slow by so many milliseconds
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(1..=600_000))]
    slow: Option<u32>,
    /// Let it answer 503, service unavailable
    #[arg(long)]
    unavailable: bool,
    /// Let it refuse calls as too many
    #[arg(long)]
    throttle: bool,
    /// Provision the table with so many units a second; a third number is the seconds of burst that it has [default: 300]
    #[arg(long, value_name = "READ,WRITE[,BURST]", value_parser = throughput)]
    capacity: Option<Throughput>,
    /// Let the queue repeat this share of its deliveries, and hand out this share of its messages out of order
    #[arg(long, value_name = "DUPLICATES,REORDERING", value_parser = disorder)]
    disorder: Option<Disorder>,
    /// Overwrite the parameter
    #[arg(long, value_name = "TEXT")]
    value: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Mend {
    /// Logical id of what was broken [default: everything]
    resource: Option<String>,
    /// Only what was said of this operation [default: all of it]
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// Template of the running lab [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

impl Break {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let Self { resource, trouble, operation, share, seed, template } = self;
        // A share without a seed is another one each time, and says which.
        let seed = seed.or_else(|| share.map(|_| fastrand::u64(..1_000_000)));
        let (wrong, said) = trouble.wrong();
        let calls = match (&operation, share) {
            (None, None) => "Every call".to_owned(),
            (Some(operation), None) => format!("Every {operation}"),
            (operation, Some(share)) => {
                let calls = operation.as_deref().unwrap_or("call");
                format!("Every {calls} with a chance of {share} (seed {})", seed.unwrap_or_default())
            }
        };
        let said = match wrong {
            Wrong::Capacity(_) | Wrong::Value(_) | Wrong::Disorder(_) => format!("{resource} {said} now."),
            _ => format!("{calls} of {resource} {said} now."),
        };
        let wanted = Order { resource: Some(resource), trouble: Some(wrong), operation, share, seed };
        order(template, &wanted).await?;
        terminal::print(&format!("{said} `cargo lab mend` ends it."));
        Ok(ExitCode::SUCCESS)
    }
}

impl TroubleArgs {
    /// What is wrong, and how that reads after the calls that have it.
    fn wrong(self) -> (Wrong, String) {
        match self {
            Self { slow: Some(ms), .. } => (Wrong::Slow { ms }, format!("takes {ms} ms longer")),
            Self { capacity: Some(units), .. } => {
                let said = format!("has {} read and {} write units a second", units.read, units.write);
                (Wrong::Capacity(units), said)
            }
            Self { disorder: Some(disorder), .. } => {
                let Disorder { duplicates, reordering, seed } = &disorder;
                let said = format!("repeats {duplicates} of its deliveries and reorders {reordering} (seed {seed})");
                (Wrong::Disorder(disorder), said)
            }
            Self { value: Some(value), .. } => {
                let said = format!("is {value}");
                (Wrong::Value(value), said)
            }
            Self { unavailable: true, .. } => (Wrong::Unavailable, "is answered 503".to_owned()),
            Self { throttle: true, .. } => (Wrong::Throttle, "is throttled".to_owned()),
            _ => (Wrong::Fail, "fails".to_owned()),
        }
    }
}

/// `DUPLICATES,REORDERING`, each 0 to 1. Another seed each time.
fn disorder(text: &str) -> Result<Disorder, String> {
    let share = |text: &str| text.trim().parse().ok().filter(|share: &f64| (0.0..=1.0).contains(share));
    let shares = text.split_once(',').and_then(|(first, second)| share(first).zip(share(second)));
    let (duplicates, reordering) =
        shares.ok_or_else(|| format!("\"{text}\" is not DUPLICATES,REORDERING, such as 0.2,0.5"))?;
    Ok(Disorder { duplicates, reordering, seed: fastrand::u64(..1_000_000) })
}

/// `READ,WRITE` or `READ,WRITE,BURST`.
fn throughput(text: &str) -> Result<Throughput, String> {
    let expected = || format!("\"{text}\" is not READ,WRITE or READ,WRITE,BURST, such as 1,1");
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let units = |text: &str| text.parse().map_err(|_| expected());
    match parts[..] {
        [read, write] => Ok(Throughput { read: units(read)?, write: units(write)?, burst: None }),
        [read, write, burst] => {
            let burst = burst.parse().map_err(|_| expected())?;
            Ok(Throughput { read: units(read)?, write: units(write)?, burst: Some(burst) })
        }
        _ => Err(expected()),
    }
}

impl Mend {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let Self { resource, operation, template } = self;
        let what = match (&resource, &operation) {
            (resource, None) => resource.clone().unwrap_or_else(|| "Everything".to_owned()),
            (None, Some(operation)) => format!("Every {operation}"),
            (Some(resource), Some(operation)) => format!("Every {operation} of {resource}"),
        };
        order(template, &Order { resource, operation, ..Order::default() }).await?;
        terminal::print(&format!("{what} works again."));
        Ok(ExitCode::SUCCESS)
    }
}

async fn order(template: Option<PathBuf>, order: &Order) -> anyhow::Result<()> {
    let template = template.map_or_else(nearest_template, Ok)?;
    let state = State::read(&workspace_of(&template)).context("no lab runs here; start one with `cargo lab up`")?;
    let request = Request::post(format!("{}/api/switches", state.console))
        .header(SECRET_HEADER, &state.console_secret)
        .body(serde_json::to_vec(order)?.into())?;
    let (status, _, body) = ride::send(request).await.context("the lab's console did not answer")?;
    match body["error"].as_str() {
        Some(why) => anyhow::bail!("{why}"),
        None => anyhow::ensure!(status.is_success(), "the lab's console answered {status}"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_is_two_or_three_numbers_and_disorder_two_shares() {
        assert_eq!(throughput("1,2"), Ok(Throughput { read: 1, write: 2, burst: None }));
        assert_eq!(throughput("1, 2, 0"), Ok(Throughput { read: 1, write: 2, burst: Some(0) }));
        assert!(disorder("0.2, 0.5").is_ok_and(|disorder| disorder.duplicates == 0.2 && disorder.reordering == 0.5));
        assert!(["", "0.2", "2,0", "x,0", "NaN,0"].into_iter().all(|wrong| disorder(wrong).is_err()));
        for wrong in ["", "1", "1,2,3,4", "1,x", "-1,1"] {
            assert!(throughput(wrong).is_err(), "{wrong}");
        }
    }
}
