//! HTTP/1.1 on loopback: the one server behind every room.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, getrlimit};
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

/// A response with its whole body.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Most connections one listener keeps open. One more takes the place of the one that has been idle longest.
static MAX_CONNECTIONS: LazyLock<usize> = LazyLock::new(|| {
    // Each costs a descriptor, and each environment some of its own; half is enough for the API.
    let granted = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(granted / 2).unwrap_or(usize::MAX).clamp(128, 4_096)
});

/// A connection is idle only after so long without a request: one that was just accepted has its first on the way, and
/// one that was just answered still writes.
const IDLE: Duration = Duration::from_secs(1);

/// How long to wait for a connection to end, or to become idle, before looking again.
const NEXT_LOOK: Duration = Duration::from_millis(20);

/// How long a client may take to send a request's head, idle time between two requests included.
const HEAD_LIMIT: Duration = Duration::from_secs(60);

/// Most headers of a request. API Gateway limits their total size instead, to 10,240 bytes.
const MAX_HEADERS: usize = 512;

/// Largest head of a request, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Answers every request on `listener` with `handler` until dropped; dropping it closes the connections too.
pub(crate) async fn serve<H, F>(listener: TcpListener, handler: H)
where
    H: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let mut connections = JoinSet::new();
    let mut seats: VecDeque<Seat> = VecDeque::new();
    loop {
        while connections.try_join_next().is_some() {}
        seats.retain(|seat| !seat.task.is_finished());
        if seats.len() >= *MAX_CONNECTIONS && !evict(&mut seats) {
            // All are at work: the next comes in when one is done.
            tokio::time::sleep(NEXT_LOOK).await;
            continue;
        }
        let Ok((stream, peer)) = listener.accept().await else {
            // Out of descriptors: an idle connection makes room.
            if !evict(&mut seats) {
                tokio::time::sleep(NEXT_LOOK).await;
            }
            continue;
        };
        // Small answers leave at once; without this a keep-alive client waits 40 ms for the delayed ACK.
        let _ = stream.set_nodelay(true);
        let handler = handler.clone();
        let activity = Arc::new(Activity::start());
        let seen = activity.clone();
        let task = connections.spawn(async move {
            let service = service_fn(move |request| {
                let busy = Busy::start(&seen);
                let answer = handler(request, peer);
                async move {
                    let _busy = busy;
                    Ok::<_, Infallible>(answer.await)
                }
            });
            // The error is the client's: it went away or sent no HTTP.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_LIMIT)
                .max_headers(MAX_HEADERS)
                .max_buf_size(MAX_HEAD)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
        seats.push_back(Seat { task, activity });
    }
}

/// An open connection.
struct Seat {
    task: AbortHandle,
    activity: Arc<Activity>,
}

/// What a connection does and when it last did something.
struct Activity {
    requests: AtomicUsize,
    /// When it was accepted, or last answered.
    last: Mutex<Instant>,
}

impl Activity {
    fn start() -> Self {
        Self { requests: AtomicUsize::new(0), last: Mutex::new(Instant::now()) }
    }
}

/// Marks a connection as busy while it lives.
struct Busy(Arc<Activity>);

impl Busy {
    fn start(activity: &Arc<Activity>) -> Self {
        activity.requests.fetch_add(1, Ordering::AcqRel);
        Self(activity.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Closes the connection that has been idle longest; false when none is.
fn evict(seats: &mut VecDeque<Seat>) -> bool {
    let last = |seat: &Seat| *seat.activity.last.lock().unwrap_or_else(PoisonError::into_inner);
    let idle = |seat: &Seat| seat.activity.requests.load(Ordering::Acquire) == 0 && last(seat).elapsed() > IDLE;
    let chosen = seats.iter().enumerate().filter(|(_, seat)| idle(seat)).min_by_key(|(_, seat)| last(seat));
    let seat = chosen.map(|(at, _)| at).and_then(|at| seats.remove(at));
    seat.inspect(|seat| seat.task.abort()).is_some()
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// Longer than the limit.
    TooLong,
    /// The client went away, stalled or sent a broken body.
    Broken,
}

/// How long a client may take to send a body.
const BODY_LIMIT: Duration = Duration::from_secs(30);

/// Reads a body of at most `limit` bytes.
///
/// What exceeds it is thrown away as it comes, up to three times the limit more: a client that is cut off while it
/// still sends reads a connection reset instead of the answer.
pub(crate) async fn read_body(body: Incoming, limit: usize) -> Result<Bytes, BodyError> {
    tokio::time::timeout(BODY_LIMIT, collect(body, limit)).await.unwrap_or(Err(BodyError::Broken))
}

async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, BodyError> {
    let mut kept = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BodyError::Broken)?;
        let Some(data) = frame.data_ref() else { continue };
        length += data.len();
        if length > limit * 4 {
            break;
        } else if length > limit {
            kept = BytesMut::new();
        } else {
            kept.extend_from_slice(data);
        }
    }
    if length > limit { Err(BodyError::TooLong) } else { Ok(kept.freeze()) }
}

/// A response of this status, content type and body.
pub(crate) fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response
}
