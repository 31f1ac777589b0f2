//! HTTP/1.1 on loopback: the one server behind every room.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A response with its whole body.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Most connections one listener keeps open: each costs a file descriptor, and a laptop grants about a thousand.
const MAX_CONNECTIONS: usize = 900;

/// How long a client may take to send a request's head, idle time between two requests included.
const HEAD_LIMIT: Duration = Duration::from_secs(60);

/// Answers every request on `listener` with `handler` until dropped; dropping it closes the connections too.
pub(crate) async fn serve<H, F>(listener: TcpListener, handler: H)
where
    H: Fn(Request<Incoming>, SocketAddr) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Answer> + Send + 'static,
{
    let seats = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(seat) = seats.clone().acquire_owned().await else { return };
        while connections.try_join_next().is_some() {}
        let Ok((stream, peer)) = listener.accept().await else {
            // Out of descriptors: one comes free when a connection ends.
            let _ = connections.join_next().await;
            continue;
        };
        // Small answers leave at once; without this a keep-alive client waits 40 ms for the delayed ACK.
        let _ = stream.set_nodelay(true);
        let handler = handler.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let answer = handler(request, peer);
                async move { Ok::<_, Infallible>(answer.await) }
            });
            // The error is the client's: it went away or sent no HTTP.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_LIMIT)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(seat);
        });
    }
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
