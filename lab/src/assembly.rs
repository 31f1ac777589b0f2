//! Puts a stack together: reads the template, opens the rooms in order, and keeps them until dropped.

mod error;
mod plan;
mod provisioning;
mod rooms;
mod sign_in;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::aws::{Calls, Guard};
use crate::clock::Clock;
use crate::cloudwatch::{CloudWatch, Metrics};
use crate::cognito::UserPool;
use crate::console::{About, Console, FunctionName, Items, Sources};
use crate::dynamodb::DynamoDb;
use crate::event_source::EventSources;
use crate::gateway::Gateway;
use crate::instruments::Instruments;
use crate::keyring::Keyring;
use crate::lambda::{Endpoints, Lambda};
use crate::logs::Logs;
use crate::observation::{Observation, Requests};
use crate::pipes::{self, Pipes};
use crate::scheduler;
use crate::sqs::Sqs;
use crate::ssm::Ssm;
use crate::switches::{Means, Switches};
use crate::template::Stack;
use crate::xray::{Daemon, XRay};
pub use error::LabError;
pub use plan::{ACCOUNT_ID, Options, Plan, REGION};
use rooms::{Rooms, refuse};
use sign_in::{access, user_pools};

/// Where the console is, and what an order must show.
#[derive(Debug, Clone)]
pub struct ConsoleAddress {
    /// `http://127.0.0.1:3001`.
    pub origin: String,
    /// The secret of its orders.
    pub secret: String,
}

/// A running stack. Dropping it stops every function and closes every port.
#[derive(Debug)]
pub struct Lab {
    /// The stack that runs.
    pub stack: Stack,
    /// Origin of the API, `http://127.0.0.1:3000`.
    pub origin: String,
    /// DynamoDB.
    pub dynamodb: DynamoDb,
    /// SSM.
    pub ssm: Ssm,
    /// SQS.
    pub sqs: Sqs,
    /// Lambda.
    pub lambda: Arc<Lambda>,
    /// What was printed.
    pub logs: Logs,
    /// What the functions asked of AWS.
    pub calls: Calls,
    /// Where functions find AWS, and the keys they sign with.
    pub endpoints: Endpoints,
    /// User pools with their origins, by logical id.
    pub user_pools: BTreeMap<String, (UserPool, String)>,
    /// Metrics, traces, requests and the clock that metrics are dated by.
    pub instruments: Instruments,
    /// The X-Ray daemon.
    pub xray_daemon: Daemon,
    /// What the console shows.
    pub observation: Observation,
    /// Alarms and dashboards.
    pub cloudwatch: CloudWatch,
    /// What can be broken on purpose.
    pub switches: Switches,
    /// Where the console is.
    pub console: ConsoleAddress,
    rooms: Rooms,
}

impl Lab {
    /// Opens the rooms, provisions the stack and serves its API.
    ///
    /// # Errors
    /// Whatever keeps the stack from coming up; nothing is left running then.
    pub async fn start(plan: Plan, binaries: &BTreeMap<String, PathBuf>) -> Result<Self, LabError> {
        let Plan { stack, origin, listener, console, compress, data } = plan;
        if let Some(path) = &data {
            std::fs::create_dir_all(path).map_err(|source| LabError::Data { path: path.clone(), source })?;
        }
        let (calls, logs) = (Calls::default(), Logs::default());
        let keyring = Keyring::new(stack.functions.values(), &stack.roles, &stack.account_id);
        let guard = Guard::new(keyring.clone(), calls.clone());
        let instruments = Instruments {
            metrics: Metrics::default(),
            clock: Clock::starting_now(compress),
            xray: XRay::new(stack.sampling_rules.values().cloned()),
            requests: Requests::default(),
        };
        let observation = Observation::new(&stack, &instruments, &logs);
        let cloudwatch = CloudWatch::open(&stack, &instruments, &logs)?;
        let (xray_daemon, daemon) = Daemon::open(instruments.xray.traces.clone()).await.map_err(LabError::Listen)?;
        let arn_prefix = format!("arn:aws:dynamodb:{}:{}", stack.region, stack.account_id);
        let (dynamodb, engine) = DynamoDb::open(data.as_deref(), &arn_prefix, guard.clone()).await?;
        let dynamodb = dynamodb.measured(instruments.clone());
        for table in stack.tables.values() {
            dynamodb.create_table(table).await?;
        }
        let ssm = Ssm::new(&stack.region, &stack.account_id, stack.ssm_parameters.values(), guard.clone());
        let sqs = Sqs::of(&stack, guard.clone(), instruments.clone());
        let mut rooms = Rooms::of([engine, daemon]);
        let user_pools = user_pools(&stack, &mut rooms).await?;
        let endpoints = Endpoints {
            region: stack.region.clone(),
            keyring: keyring.clone(),
            dynamodb: rooms.open(|listener| dynamodb.clone().serve(listener)).await?,
            ssm: rooms.open(|listener| ssm.clone().serve(listener)).await?,
            sqs: rooms.open(|listener| sqs.clone().serve(listener)).await?,
            cloudwatch: rooms.open(|listener| cloudwatch.clone().serve(guard.clone(), listener)).await?,
            xray_daemon: xray_daemon.address().to_string(),
            other: rooms.open(refuse).await?,
        };
        let lambda = Lambda::start(&stack.functions, binaries, endpoints.clone(), logs.clone(), instruments.clone())?;
        let lambda = Arc::new(lambda);
        let event_sources = EventSources::open(&stack, &sqs, &lambda, &calls, &logs)?;
        let sources =
            pipes::Rooms { dynamodb: &dynamodb, instruments: &instruments, logs: &logs, data: data.as_deref() };
        let pipes = Pipes::open(&stack, &sources, &sqs).await?;
        // The API is up before the functions are: one of them may call it in init.
        if stack.apis.len() > 1 {
            return Err(LabError::OneApi(stack.apis.len()));
        }
        if let Some(api) = stack.apis.values().next().cloned() {
            let access = access(&stack, &user_pools, keyring, guard);
            let gateway =
                Gateway::new(api, &stack.account_id, access, lambda.clone(), logs.clone(), instruments.clone())?;
            rooms.run(Arc::new(gateway).serve(listener));
        }
        let sources = Sources {
            about: about(&stack, &origin, instruments.clock),
            instruments: instruments.clone(),
            observation: observation.clone(),
            cloudwatch: cloudwatch.clone(),
        };
        let address = console.local_addr().map_err(LabError::Listen)?;
        let switches = Switches::new(
            &stack,
            Means {
                dynamodb: dynamodb.clone(),
                ssm: ssm.clone(),
                sqs: sqs.clone(),
                lambda: lambda.clone(),
                pipes: pipes.desired(),
            },
        );
        let items = Items { dynamodb: dynamodb.clone(), lambda: lambda.clone() };
        let served = Console::new(sources, switches.clone(), items);
        let console_address =
            ConsoleAddress { origin: format!("http://{address}"), secret: served.secret().to_owned() };
        rooms.run(served.serve(console));
        let mut lab = Self {
            stack,
            origin,
            dynamodb,
            ssm,
            sqs,
            lambda,
            logs,
            calls,
            endpoints,
            user_pools,
            instruments,
            xray_daemon,
            observation,
            cloudwatch,
            switches,
            console: console_address,
            rooms,
        };
        lab.come_up(data.as_deref(), event_sources, pipes).await?;
        Ok(lab)
    }

    /// Provisions the stack, and begins what runs by itself.
    async fn come_up(
        &mut self,
        data: Option<&Path>,
        event_sources: EventSources,
        pipes: Pipes,
    ) -> Result<(), LabError> {
        // Nobody calls the API before the stack is complete: a function that reads the fleet in init finds it seeded.
        let provisions = |id: &str| self.stack.custom_resources.values().any(|resource| resource.function == id);
        self.lambda.warm(provisions).await?;
        self.provision(data).await?;
        self.lambda.warm(|id| !provisions(id)).await?;
        // Schedules, queues and pipes begin with a whole stack, and alarms after them.
        self.rooms.run(event_sources.run());
        self.rooms.run(pipes.run(self.lambda.clone(), Arc::new(self.sqs.clone())));
        let schedules: Vec<_> = self.stack.schedules.values().cloned().collect();
        let run = scheduler::run(schedules, self.lambda.clone(), self.instruments.clock);
        self.rooms.run(run);
        self.rooms.run(self.cloudwatch.clone().watch());
        Ok(())
    }

    /// Physical name of a table, by logical id.
    pub fn table(&self, logical_id: &str) -> Option<&str> {
        self.stack.tables.get(logical_id).map(|table| table.name.as_str())
    }

    /// An output's value.
    pub fn output(&self, name: &str) -> Option<&str> {
        self.stack.outputs.iter().find(|output| output.name == name).map(|output| output.value.as_str())
    }
}

/// What the console says of the lab itself.
fn about(stack: &Stack, origin: &str, clock: Clock) -> About {
    About {
        stage: stack.apis.values().next().map(|api| api.stage.clone()).unwrap_or_default(),
        region: stack.region.clone(),
        origin: origin.to_owned(),
        started_at_ms: jiff::Timestamp::now().as_millisecond(),
        compress: clock.factor(),
        functions: stack.functions.values().map(FunctionName::of).collect(),
    }
}
