//! `cargo lab break` and `cargo lab mend`.

use std::collections::BTreeMap;
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
use crate::switches::{MILLISECONDS, Order, Wrong};

/// The table, parameter or queue fails, unless one of these says otherwise; of a function or a pipe, one of them must. The lab itself knows what
/// goes together.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo lab break RidesTable                      every call of the table fails with a 500\n  cargo lab break RidesTable --slow 5000          every call of it takes five seconds longer\n  cargo lab break RidesTable --capacity 1,1       one read and one write a second, after 300 s of burst\n  cargo lab break RidesTable --throttle --operation PutItem --share 0.3 --seed 7\n  cargo lab break PaymentsQueue --disorder 0.2,0.5  the queue delivers twice, and out of order\n  cargo lab break RideFleetUrlParameter --value http://169.254.169.254/\n  cargo lab break RequestRideFunction --seats 0   every call of the function is throttled\n  cargo lab break PaymentsPipe --stopped          no ride becomes a payment\n  cargo lab break PutRideRecordFunction --env STAGE\n  cargo lab mend"
)]
pub(super) struct Break {
    /// Logical id of a table, a parameter, a queue, a function or a pipe in the template
    resource: String,
    #[command(flatten)]
    trouble: TroubleArgs,
    /// Only the calls of this operation, such as PutItem [default: all]
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// Only this share of the calls: more than 0, at most 1 [default: all]
    #[arg(long, value_name = "SHARE")]
    share: Option<f64>,
    /// Chooses which calls are that share, by the order in which they come, or which environments are killed [default: any]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Template of the running lab [default: the nearest template.yaml, from here upwards]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct TroubleArgs {
    /// Let it be slow by so many milliseconds
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(MILLISECONDS))]
    slow: Option<u32>,
    /// Let it do what it is asked for at once, and answer so many milliseconds later
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(MILLISECONDS))]
    late: Option<u32>,
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
    /// Let the pipe stand still
    #[arg(long)]
    stopped: bool,
    /// Let so many invocations of the function be under way at once, none with 0
    #[arg(long, value_name = "N")]
    seats: Option<u32>,
    /// Let new environments of the function take so many milliseconds longer to initialise
    #[arg(long, value_name = "MS")]
    slow_init: Option<u32>,
    /// Let no environment of the function write to a file (Linux only)
    #[arg(long)]
    disk_full: bool,
    /// Give the function so many megabytes (Linux only)
    #[arg(long, value_name = "MB")]
    memory: Option<u32>,
    /// Give the function so many seconds
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u32>,
    /// Set a variable of the function, or remove it with its name alone; may be given several times
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = variable)]
    env: Vec<(String, Option<String>)>,
    /// Kill one of the function's environments now and after every so many milliseconds
    #[arg(long, value_name = "MS")]
    kill_every: Option<u32>,
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
        let (wrong, said) = trouble.wrong();
        let chooses = share.is_some() || matches!(wrong, Wrong::KillEvery { .. });
        // Chance without a seed is another one each time, and says which.
        let seed = seed.or_else(|| chooses.then(|| fastrand::u64(..1_000_000)));
        let calls = match (&operation, share) {
            (None, None) => "Every call".to_owned(),
            (Some(operation), None) => format!("Every {operation}"),
            (operation, Some(share)) => {
                let calls = operation.as_deref().unwrap_or("call");
                format!("Every {calls} with a chance of {share} (seed {})", seed.unwrap_or_default())
            }
        };
        let said = match wrong {
            Wrong::Fail | Wrong::Unavailable | Wrong::Throttle | Wrong::Slow { .. } | Wrong::Late { .. } => {
                format!("{calls} of {resource} {said} now.")
            }
            Wrong::KillEvery { .. } => format!("{resource} {said} now (seed {}).", seed.unwrap_or_default()),
            _ => format!("{resource} {said} now."),
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
            Self { late: Some(ms), .. } => (Wrong::Late { ms }, format!("is carried out and answered {ms} ms later")),
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
            Self { stopped: true, .. } => (Wrong::Stopped, "stands still".to_owned()),
            Self { seats: Some(seats), .. } => (Wrong::Seats(seats), format!("has {seats} seats")),
            Self { slow_init: Some(ms), .. } => (Wrong::SlowInit { ms }, format!("takes {ms} ms longer to initialise")),
            Self { disk_full: true, .. } => (Wrong::DiskFull, "cannot write to any file".to_owned()),
            Self { memory: Some(mb), .. } => (Wrong::Memory { mb }, format!("has {mb} MB")),
            Self { timeout: Some(seconds), .. } => (Wrong::Timeout { seconds }, format!("has {seconds} s")),
            Self { kill_every: Some(ms), .. } => {
                (Wrong::KillEvery { ms }, format!("has one of its environments killed every {ms} ms"))
            }
            Self { env, .. } if !env.is_empty() => {
                let which = |(name, value): &(String, Option<String>)| {
                    format!("{} {name}", if value.is_some() { "another" } else { "no" })
                };
                let said = format!("has {}", env.iter().map(which).collect::<Vec<_>>().join(", "));
                (Wrong::Environment(BTreeMap::from_iter(env)), said)
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

/// `NAME=VALUE`, or `NAME` for a variable that is to be gone.
fn variable(text: &str) -> Result<(String, Option<String>), std::convert::Infallible> {
    Ok(match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text.to_owned(), None),
    })
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
    match body["inOptions"].as_str().or(body["error"].as_str()) {
        Some(why) => anyhow::bail!("{why}"),
        None => anyhow::ensure!(status.is_success(), "the lab's console answered {status}"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::switches::Refusal;

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

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        trouble: TroubleArgs,
    }

    fn read(line: &[&str]) -> Result<Wrong, String> {
        use clap::Parser;
        let read = Line::try_parse_from([&["break"], line].concat()).map_err(|error| error.to_string())?;
        Ok(read.trouble.wrong().0)
    }

    #[test]
    fn every_trouble_can_be_written() {
        let variables = [("A", Some("b=c")), ("D", Some("")), ("E", None)];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
        for (line, wrong) in [
            (&[][..], Wrong::Fail),
            (&["--unavailable"], Wrong::Unavailable),
            (&["--throttle"], Wrong::Throttle),
            (&["--slow", "500"], Wrong::Slow { ms: 500 }),
            (&["--late", "500"], Wrong::Late { ms: 500 }),
            (&["--capacity", "1,1"], Wrong::Capacity(Throughput { read: 1, write: 1, burst: None })),
            (&["--value", "x"], Wrong::Value("x".to_owned())),
            (&["--stopped"], Wrong::Stopped),
            (&["--seats", "0"], Wrong::Seats(0)),
            (&["--slow-init", "3000"], Wrong::SlowInit { ms: 3000 }),
            (&["--disk-full"], Wrong::DiskFull),
            (&["--memory", "16"], Wrong::Memory { mb: 16 }),
            (&["--timeout", "1"], Wrong::Timeout { seconds: 1 }),
            (&["--kill-every", "250"], Wrong::KillEvery { ms: 250 }),
            (&["--env", "A=b=c", "--env", "D=", "--env", "E"], Wrong::Environment(variables.into())),
        ] {
            let refused = Refusal::NeedsResource(wrong.name()).in_options();
            let option = line.first().copied().unwrap_or("a break without options");
            assert_eq!(refused, format!("{option} needs a RESOURCE"), "a refusal has the option's own name");
            assert_eq!(read(line), Ok(wrong), "{line:?}");
        }
    }

    #[test]
    fn one_order_is_one_trouble() {
        for line in [["--seats=1", "--memory=16"], ["--env=A=b", "--disk-full"], ["--throttle", "--timeout=1"]] {
            assert!(read(&line).expect_err("two").contains("cannot be used with"), "{line:?}");
        }
    }
}
