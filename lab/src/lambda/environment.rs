//! One execution environment: a process, the invocation it works on, and what became of it.

use std::io;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::process::{self, Process};
use super::settings::Settings;
use super::{runtime_api, variables};
use crate::logs::Origin;
use crate::task::DropTask;
use crate::template::Function;

/// Where an environment is in its life.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Phase {
    /// Started, has not asked for an invocation.
    Init,
    /// Asks for an invocation.
    Waiting,
    /// Works on one.
    Busy,
    /// Has answered and not yet asked for the next.
    Finishing,
    /// Said that it cannot initialise.
    InitFailed(String),
    /// Ended, and how.
    Exited(String),
}

/// An invocation as the Runtime API hands it out.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    pub(super) deadline_ms: i64,
    pub(super) trace_header: String,
    pub(super) function_arn: String,
}

/// What the function posted for an invocation.
#[derive(Debug)]
pub(super) enum Reply {
    Response(Bytes),
    ResponseTooLarge,
    Error(Bytes),
}

#[derive(Debug)]
struct Pending {
    request_id: String,
    reply: oneshot::Sender<Reply>,
}

#[derive(Debug)]
pub(super) struct Environment {
    pub(super) id: String,
    pub(super) process: Process,
    /// When its init began.
    began: Instant,
    phase: watch::Sender<Phase>,
    claimed: AtomicBool,
    /// When it was last given back, or last answered.
    idle_since: Mutex<Instant>,
    inbox: mpsc::Sender<Work>,
    outbox: tokio::sync::Mutex<mpsc::Receiver<Work>>,
    pending: Mutex<Option<Pending>>,
    kill: Notify,
    /// Will be killed any moment: nobody may claim it again.
    doomed: AtomicBool,
    /// Was started with a configuration that has changed since: ends instead of waiting for another invocation.
    outdated: AtomicBool,
    /// The most memory that was seen, in MB; 0 where none was.
    peak_mb: AtomicU64,
    /// Read what it prints, until it has closed both streams.
    readers: Mutex<Vec<JoinHandle<()>>>,
    freed: Arc<Notify>,
}

impl Environment {
    /// Starts the process of an environment whose init began at `began`, claimed by the caller. `freed` is told whenever the
    /// environment can be claimed again.
    pub(super) fn start(
        settings: &Settings,
        function: &Function,
        began: Instant,
        freed: Arc<Notify>,
    ) -> io::Result<Arc<Self>> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        // A Runtime API of its own, as in Lambda: what an environment asks for can only be its own work.
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let runtime_api = listener.local_addr()?;
        let listener = TcpListener::from_std(listener)?;
        let mut command = Command::new(&settings.binary);
        command
            .env_clear()
            .envs(variables::of(function, &settings.endpoints, runtime_api, &id))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(settings.reaper.group())
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        let origin = Origin { function: function.name.clone(), environment: id.clone() };
        let stdout = child.stdout.take().map(|stdout| settings.logs.follow(origin.clone(), stdout));
        let stderr = child.stderr.take().map(|stderr| settings.logs.follow(origin, stderr));
        let (inbox, outbox) = mpsc::channel(1);
        let environment = Arc::new(Self {
            process: Process::new(child.id()),
            id,
            began,
            phase: watch::Sender::new(Phase::Init),
            claimed: AtomicBool::new(true),
            idle_since: Mutex::new(Instant::now()),
            inbox,
            outbox: tokio::sync::Mutex::new(outbox),
            pending: Mutex::new(None),
            kill: Notify::new(),
            doomed: AtomicBool::new(false),
            outdated: AtomicBool::new(false),
            peak_mb: AtomicU64::new(0),
            readers: Mutex::new(stdout.into_iter().chain(stderr).collect()),
            freed,
        });
        let server = DropTask::spawn(runtime_api::serve(listener, environment.clone()));
        tokio::spawn(supervise(environment.clone(), child, server));
        Ok(environment)
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase.borrow().clone()
    }

    /// Takes the environment for one invocation, if it waits and nobody else has it.
    pub(super) fn claim(&self) -> bool {
        !self.doomed.load(Ordering::Acquire) && !self.claimed.swap(true, Ordering::AcqRel)
    }

    /// Whether its process is gone, or said that it cannot start.
    pub(super) fn has_ended(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Exited(_) | Phase::InitFailed(_))
    }

    /// Gives the environment back unused.
    pub(super) fn release(&self) {
        if self.outdated.load(Ordering::Acquire) {
            return self.kill();
        }
        *lock(&self.idle_since) = Instant::now();
        self.claimed.store(false, Ordering::SeqCst);
        // Whoever outdated it just now found it claimed.
        if self.outdated.load(Ordering::SeqCst) && self.claim() {
            return self.kill();
        }
        self.freed.notify_one();
    }

    /// How long nobody has wanted it.
    pub(super) fn idle_for(&self) -> Duration {
        lock(&self.idle_since).elapsed()
    }

    /// Whether it answered so recently that it will ask for the next invocation any moment.
    pub(super) fn answered_within(&self, limit: Duration) -> bool {
        self.phase() == Phase::Finishing && self.idle_for() < limit
    }

    /// The most resident memory that it had when anybody looked, in MB: now, or before its process ended.
    pub(super) fn peak_memory_mb(&self) -> Option<u64> {
        if let Some(peak) = self.process.peak_memory_mb() {
            self.peak_mb.store(peak, Ordering::Relaxed);
        }
        Some(self.peak_mb.load(Ordering::Relaxed)).filter(|peak| *peak > 0)
    }

    /// Waits until the first invocation is asked for; returns how long init took.
    pub(super) async fn initialised(&self, limit: Duration) -> Result<Duration, String> {
        let mut phase = self.phase.subscribe();
        let left = limit.saturating_sub(self.began.elapsed());
        let reached = tokio::time::timeout(left, phase.wait_for(|phase| *phase != Phase::Init)).await;
        match reached {
            Err(_) => {
                self.kill();
                Err(format!("init did not end within {:.0} s", limit.as_secs_f64()))
            }
            Ok(Err(_)) => Err("the environment is gone".to_owned()),
            Ok(Ok(phase)) => match &*phase {
                Phase::InitFailed(reason) | Phase::Exited(reason) => Err(reason.clone()),
                Phase::Init | Phase::Waiting | Phase::Busy | Phase::Finishing => Ok(self.began.elapsed()),
            },
        }
    }

    /// Waits until all that an environment has said before it ended is in the logs: the news of its end comes on another way and
    /// may be earlier. No longer than `limit`, for whoever inherited its streams may keep them open.
    pub(super) async fn said(&self, limit: Duration) {
        let readers = std::mem::take(&mut *lock(&self.readers));
        let _ = tokio::time::timeout(limit, futures_util::future::join_all(readers)).await;
    }

    /// Hands an invocation over. The receiver fails when the process ends first.
    pub(super) async fn deliver(&self, work: Work) -> oneshot::Receiver<Reply> {
        let (reply, receiver) = oneshot::channel();
        *lock(&self.pending) = Some(Pending { request_id: work.request_id.clone(), reply });
        if matches!(self.phase(), Phase::Exited(_)) || self.inbox.send(work).await.is_err() {
            lock(&self.pending).take();
        }
        receiver
    }

    /// The Runtime API's `next`: says that the environment waits, and returns its next invocation. In between it is frozen.
    pub(super) async fn next(&self) -> Option<Work> {
        // A last request can be read after its process has ended, which must not come back to life.
        if self.has_ended() {
            return None;
        }
        // Before anybody can claim it: whoever does then finds it frozen, and thaws it below.
        self.process.freeze();
        let mut before = Phase::Waiting;
        let alive = self.phase.send_if_modified(|phase| {
            let alive = !matches!(phase, Phase::Exited(_) | Phase::InitFailed(_));
            if alive {
                before = std::mem::replace(phase, Phase::Waiting);
            }
            alive
        });
        if !alive {
            return None;
        }
        // Claimed for ever where it is doomed: it answered just after its time limit.
        if before == Phase::Finishing && !self.doomed.load(Ordering::Acquire) {
            self.release();
        }
        let work = self.outbox.lock().await.recv().await?;
        self.process.thaw();
        self.phase.send_if_modified(|phase| {
            let alive = matches!(phase, Phase::Waiting);
            if alive {
                *phase = Phase::Busy;
            }
            alive
        });
        Some(work)
    }

    /// The Runtime API's `response` and `error`. False when this invocation is not the one being worked on.
    pub(super) fn reply(&self, request_id: &str, reply: Reply) -> bool {
        let mut pending = lock(&self.pending);
        if pending.as_ref().is_none_or(|pending| pending.request_id != request_id) {
            return false;
        }
        *lock(&self.idle_since) = Instant::now();
        // Before the caller can hear of it and come back.
        self.phase.send_if_modified(|phase| {
            let busy = *phase == Phase::Busy;
            if busy {
                *phase = Phase::Finishing;
            }
            busy
        });
        // The receiver is gone when the invocation ran out of time: the answer comes too late and is dropped.
        pending.take().is_some_and(|pending| pending.reply.send(reply).is_ok())
    }

    /// The Runtime API's `init/error`.
    pub(super) fn init_failed(&self, reason: String) {
        self.phase.send_if_modified(|phase| {
            let first = *phase == Phase::Init;
            if first {
                *phase = Phase::InitFailed(reason);
            }
            first
        });
        self.kill();
    }

    /// Its configuration has changed: it finishes what it works on, and ends.
    pub(super) fn outdate(&self) {
        self.outdated.store(true, Ordering::SeqCst);
        if self.phase() == Phase::Waiting && self.claim() {
            self.kill();
        }
    }

    /// SIGKILL, as Lambda does at the timeout.
    pub(super) fn kill(&self) {
        self.doomed.store(true, Ordering::Release);
        self.kill.notify_one();
    }

    fn exited(&self, how: &str) {
        self.phase.send_if_modified(|phase| {
            let known = matches!(phase, Phase::InitFailed(_));
            if !known {
                *phase = Phase::Exited(how.to_owned());
            }
            !known
        });
        lock(&self.pending).take();
    }
}

/// Waits for the end of the process and says how it ended. Its Runtime API goes with it.
async fn supervise(environment: Arc<Environment>, mut child: Child, _server: DropTask) {
    let status = tokio::select! {
        status = child.wait() => status,
        () = environment.kill.notified() => {
            // Fails only when it has ended already.
            let _ = child.start_kill();
            child.wait().await
        }
    };
    environment.exited(&status.map_or_else(|error| error.to_string(), process::ended));
}

/// A lock whose holder panicked still guards whole values: each section only swaps or reads one.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
