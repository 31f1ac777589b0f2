//! Puts a stack together: reads the template, opens the rooms in order, and keeps them until dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::aws::{self, Calls, Guard};
use crate::clock::Clock;
use crate::cloudwatch::{CloudWatch, CloudWatchError, Metrics};
use crate::cognito::{KeyError, UserPool};
use crate::console::{About, Console, FunctionName, Items, Sources};
use crate::custom_resource::{self, Change, CustomResourceError, Provisioned};
use crate::dynamodb::{DynamoDb, DynamoDbError};
use crate::event_source::{EventSourceError, EventSources};
use crate::gateway::{Access, Gateway, GatewaySetUpError};
use crate::instruments::Instruments;
use crate::keyring::Keyring;
use crate::lambda::{Endpoints, Lambda, LambdaError};
use crate::listen;
use crate::logs::Logs;
use crate::observation::{Observation, Requests};
use crate::pipes::{self, PipeError, Pipes};
use crate::scheduler;
use crate::sqs::Sqs;
use crate::ssm::Ssm;
use crate::switches::Switches;
use crate::task::DropTask;
use crate::template::{Inputs, Stack, Template, TemplateError};
use crate::xray::{Daemon, XRay};

/// The account of every stack in the lab: AWS's own example.
pub const ACCOUNT_ID: &str = "123456789012";
/// The region, part of names and ARNs only.
pub const REGION: &str = "eu-west-1";

/// What to run and where.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The template.
    pub template: PathBuf,
    /// Template parameters by name, `Stage` among them.
    pub parameters: BTreeMap<String, String>,
    /// Port of the API on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where tables are kept between runs; in memory without it.
    pub data: Option<PathBuf>,
    /// Port of the console on 127.0.0.1; 0 takes a free one.
    pub console_port: u16,
    /// How many times as fast as the machine's the clock of CloudWatch runs; 0 counts as 1.
    pub compress: u16,
    /// Origin of the API when something else serves it (`cargo lambda watch`).
    pub api_origin: Option<String>,
}

/// Why a lab does not start.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The template cannot be read.
    #[error("could not read the template {path}")]
    Unreadable {
        /// Path.
        path: PathBuf,
        #[source]
        /// Cause.
        source: std::io::Error,
    },
    /// The template is wrong, or asks for what the lab does not know.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The port is taken.
    #[error(
        "could not listen on 127.0.0.1:{port}: {source}; choose another port with {option}, or any free one with {option} 0"
    )]
    Port {
        /// Port.
        port: u16,
        /// The option that chooses it.
        option: &'static str,
        #[source]
        /// Cause.
        source: std::io::Error,
    },
    /// The data directory cannot be made or written.
    #[error("could not use the data directory {path}")]
    Data {
        /// Path.
        path: PathBuf,
        #[source]
        /// Cause.
        source: std::io::Error,
    },
    /// Not exactly one API.
    #[error("the lab serves one AWS::Serverless::Api and the template has {0}")]
    OneApi(usize),
    /// The API asks for what the lab does not know.
    #[error(transparent)]
    Gateway(#[from] GatewaySetUpError),
    /// A user pool has no keys.
    #[error(transparent)]
    UserPool(#[from] KeyError),
    /// Functions.
    #[error(transparent)]
    Lambda(#[from] LambdaError),
    /// Alarms, metric filters and dashboards.
    #[error(transparent)]
    CloudWatch(#[from] CloudWatchError),
    /// Tables.
    #[error(transparent)]
    DynamoDb(#[from] DynamoDbError),
    /// Event sources.
    #[error(transparent)]
    EventSource(#[from] EventSourceError),
    /// Pipes.
    #[error(transparent)]
    Pipe(#[from] PipeError),
    /// Custom resources.
    #[error(transparent)]
    CustomResource(#[from] CustomResourceError),
    /// No loopback listener.
    #[error("could not listen on loopback")]
    Listen(#[source] std::io::Error),
}

/// A resolved stack with its port, before anything is built or run.
#[derive(Debug)]
pub struct Plan {
    /// The stack.
    pub stack: Stack,
    /// Origin of its API.
    pub origin: String,
    listener: TcpListener,
    console: TcpListener,
    compress: u16,
    data: Option<PathBuf>,
}

impl Plan {
    /// Reads and resolves the template, and takes the port, which the stack's URLs contain.
    ///
    /// # Errors
    /// When the template or a parameter is wrong, or the port is taken.
    pub async fn new(options: &Options) -> Result<Self, LabError> {
        let unreadable = |source| LabError::Unreadable { path: options.template.clone(), source };
        let text = std::fs::read_to_string(&options.template).map_err(unreadable)?;
        let file = options.template.file_name().map_or_else(|| "template".into(), |name| name.to_string_lossy());
        let template = Template::parse(&text, &file)?;
        let listener = bind(options.port, "--port").await?;
        let console = bind(options.console_port, "--console-port").await?;
        let address = listener.local_addr().map_err(LabError::Listen)?;
        let origin = options.api_origin.clone().unwrap_or_else(|| format!("http://{address}"));
        let stage = options.parameters.get("Stage").map_or("dev", String::as_str);
        let stack = template.resolve(&Inputs {
            stack_name: format!("wild-rydes-{stage}"),
            region: REGION.to_owned(),
            account_id: ACCOUNT_ID.to_owned(),
            parameters: options.parameters.clone(),
            api_origin: origin.clone(),
        })?;
        Ok(Self { stack, origin, listener, console, compress: options.compress, data: options.data.clone() })
    }

    /// Names of the binaries that the stack's functions need.
    pub fn binaries(&self) -> BTreeSet<String> {
        self.stack.functions.values().map(|function| function.binary.clone()).collect()
    }

    /// Leaves only the functions behind custom resources: the rest is run by someone else.
    pub fn keep_only_provisioning(&mut self) {
        let needed: BTreeSet<&String> =
            self.stack.custom_resources.values().map(|resource| &resource.function).collect();
        self.stack.functions.retain(|id, _| needed.contains(id));
        self.stack.apis.clear();
        // What watches the others would find nothing to watch: no log to filter, no heart to beat, and silence where no rider is.
        let Stack {
            functions, metric_filters, schedules, alarms, composite_alarms, event_source_mappings, pipes, ..
        } = &mut self.stack;
        event_source_mappings.retain(|_, mapping| functions.contains_key(&mapping.function));
        metric_filters.retain(|_, filter| functions.values().any(|function| function.log_group == filter.log_group));
        schedules.retain(|_, schedule| functions.contains_key(&schedule.function));
        pipes.clear();
        alarms.clear();
        composite_alarms.clear();
    }
}

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
    _rooms: Vec<DropTask>,
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
        let mut rooms = vec![engine, daemon];
        let mut user_pools = BTreeMap::new();
        for (id, pool) in &stack.user_pools {
            let (region, pool) = (stack.region.clone(), pool.clone());
            // Making a key takes a processor for a while.
            let made = tokio::task::spawn_blocking(move || UserPool::new(&region, &pool.id, pool.clients));
            let pool = made.await.map_err(|_| KeyError)??;
            let origin = open(&mut rooms, |listener| pool.clone().serve(listener)).await?;
            user_pools.insert(id.clone(), (pool, origin));
        }
        let endpoints = Endpoints {
            region: stack.region.clone(),
            keyring: keyring.clone(),
            dynamodb: open(&mut rooms, |listener| dynamodb.clone().serve(listener)).await?,
            ssm: open(&mut rooms, |listener| ssm.clone().serve(listener)).await?,
            sqs: open(&mut rooms, |listener| sqs.clone().serve(listener)).await?,
            cloudwatch: open(&mut rooms, |listener| cloudwatch.clone().serve(guard.clone(), listener)).await?,
            xray_daemon: xray_daemon.address().to_string(),
            other: open(&mut rooms, refuse).await?,
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
            let by_arn = |(id, (pool, _)): (&String, &(UserPool, String))| {
                stack.user_pools.get(id).map(|made| (made.arn.clone(), pool.clone()))
            };
            let user_pools = user_pools.iter().filter_map(by_arn).collect();
            let access = Access { region: stack.region.clone(), keyring, guard, user_pools };
            let gateway =
                Gateway::new(api, &stack.account_id, access, lambda.clone(), logs.clone(), instruments.clone())?;
            rooms.push(DropTask::spawn(Arc::new(gateway).serve(listener)));
        }
        let about = About {
            stage: stack.apis.values().next().map(|api| api.stage.clone()).unwrap_or_default(),
            region: stack.region.clone(),
            origin: origin.clone(),
            started_at_ms: jiff::Timestamp::now().as_millisecond(),
            compress: instruments.clock.factor(),
            functions: stack.functions.values().map(FunctionName::of).collect(),
        };
        let sources = Sources {
            about,
            instruments: instruments.clone(),
            observation: observation.clone(),
            cloudwatch: cloudwatch.clone(),
        };
        let address = console.local_addr().map_err(LabError::Listen)?;
        let switches = Switches::new(&stack, dynamodb.clone(), ssm.clone(), sqs.clone(), lambda.clone());
        let items = Items { dynamodb: dynamodb.clone(), lambda: lambda.clone() };
        let served = Console::new(sources, switches.clone(), items);
        let console_address =
            ConsoleAddress { origin: format!("http://{address}"), secret: served.secret().to_owned() };
        rooms.push(DropTask::spawn(served.serve(console)));
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
            _rooms: rooms,
        };
        // Nobody calls the API before the stack is complete: a function that reads the fleet in init finds it seeded.
        let provisions = |id: &str| lab.stack.custom_resources.values().any(|resource| resource.function == id);
        lab.lambda.warm(provisions).await?;
        lab.provision(data.as_deref()).await?;
        lab.lambda.warm(|id| !provisions(id)).await?;
        // Schedules, queues and pipes begin with a whole stack, and alarms after them.
        lab._rooms.push(DropTask::spawn(event_sources.run()));
        lab._rooms.push(DropTask::spawn(pipes.run(lab.lambda.clone(), Arc::new(lab.sqs.clone()))));
        let schedules: Vec<_> = lab.stack.schedules.values().cloned().collect();
        let run = scheduler::run(schedules, lab.lambda.clone(), lab.instruments.clock);
        lab._rooms.push(DropTask::spawn(run));
        lab._rooms.push(DropTask::spawn(lab.cloudwatch.clone().watch()));
        Ok(lab)
    }

    /// Creates custom resources, or updates those whose properties differ from what the data directory remembers.
    async fn provision(&self, data: Option<&Path>) -> Result<(), LabError> {
        for resource in self.stack.custom_resources.values() {
            let memory = data.map(|path| path.join(format!("{}.json", resource.logical_id)));
            let old: Option<Provisioned> = memory.as_ref().and_then(|path| {
                let text = std::fs::read_to_string(path).ok()?;
                serde_json::from_str(&text).ok()
            });
            let change = match &old {
                // CloudFormation sends nothing for a resource that has not changed.
                Some(old) if old.properties == resource.properties => continue,
                Some(old) => Change::Update(old),
                None => Change::Create,
            };
            let provisioned = custom_resource::provision(&self.lambda, &self.stack, resource, change).await?;
            if let Some(path) = memory {
                let text = serde_json::to_string(&provisioned).unwrap_or_default();
                std::fs::write(&path, text).map_err(|source| LabError::Data { path, source })?;
            }
        }
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

/// Takes a port that a person may have chosen.
async fn bind(port: u16, option: &'static str) -> Result<TcpListener, LabError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|source| LabError::Port { port, option, source })
}

/// Opens a room on a free port of loopback and returns its origin.
async fn open<F>(rooms: &mut Vec<DropTask>, serve: impl FnOnce(TcpListener) -> F) -> Result<String, LabError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(LabError::Listen)?;
    let address = listener.local_addr().map_err(LabError::Listen)?;
    rooms.push(DropTask::spawn(serve(listener)));
    Ok(format!("http://{address}"))
}

/// Every AWS service that the lab does not run: an error that says so, instead of a call that leaves the machine.
async fn refuse(listener: TcpListener) {
    listen::serve(listener, |request, _| async move {
        let target = aws::operation(request.headers()).unwrap_or_else(|| request.uri().path().to_owned());
        let message = format!("the lab does not run the AWS service of '{target}'");
        aws::error(http::StatusCode::NOT_IMPLEMENTED, "UnknownServiceException", &message)
    })
    .await;
}
