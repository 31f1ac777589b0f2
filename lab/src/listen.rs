//! HTTP/1.1 on loopback: the one server behind every room.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

/// A response with its whole body.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Most connections one listener keeps open: each costs a file descriptor, and a laptop grants about a thousand.
/// One more takes the place of the one that has been idle longest; while all are busy it waits.
const MAX_CONNECTIONS: usize = 400;

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
        if seats.len() >= MAX_CONNECTIONS && !evict(&mut seats) {
            // All are at work: the next comes in when one is done.
            let _ = connections.join_next().await;
            continue;
        }
        let Ok((stream, peer)) = listener.accept().await else {
            // Out of descriptors: an idle connection makes room.
            if !evict(&mut seats) {
                let _ = connections.join_next().await;
            }
            continue;
        };
        // Small answers leave at once; without this a keep-alive client waits 40 ms for the delayed ACK.
        let _ = stream.set_nodelay(true);
        let handler = handler.clone();
        let activity = Arc::new(Activity::default());
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
#[derive(Default)]
struct Activity {
    requests: AtomicUsize,
    last: Mutex<Option<Instant>>,
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
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Closes the connection that has been idle longest, those that never asked anything first; false when all are busy.
fn evict(seats: &mut VecDeque<Seat>) -> bool {
    let idle = seats.iter().enumerate().filter(|(_, seat)| seat.activity.requests.load(Ordering::Acquire) == 0);
    let last = |seat: &Seat| *seat.activity.last.lock().unwrap_or_else(PoisonError::into_inner);
    let chosen = idle.min_by_key(|(_, seat)| last(seat)).map(|(at, _)| at);
    let seat = chosen.and_then(|at| seats.remove(at));
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
