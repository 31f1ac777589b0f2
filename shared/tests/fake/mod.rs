//! An HTTP service on a real loopback socket that answers as it is told, well or badly.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What to do with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A whole response.
    Whole { status: u16, content_type: &'static str, body: String },
    /// A whole response that says when to come again.
    Later { status: u16, retry_after: String, body: String },
    /// A head that promises more than comes.
    CloseMidBody,
    /// Nothing at all.
    Close,
    /// Bytes that are no HTTP.
    Garbage,
    /// Silence.
    Never,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::Whole { status, content_type: "application/json", body: body.to_owned() }
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::Whole { status, content_type: "text/html", body: body.to_owned() }
    }
}

/// A request that came in.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(':'));
        pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }
}

pub(crate) struct Fake {
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Fake {
    /// Starts to answer: request number `n`, from 0, with `reply(n)`.
    pub(crate) async fn start(reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::judging(move |number, _| reply(number)).await
    }

    /// Starts to answer: request number `n`, from 0, with `reply(n, request)`.
    pub(crate) async fn judging(reply: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (reply, requests) = (Arc::new(reply), Arc::clone(&received));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&reply), Arc::clone(&requests)));
            }
        });
        Self { port, received }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        self.received.lock().expect("no poison").clone()
    }
}

/// A port on which nobody listens, and nobody will: it is taken, until the process ends.
pub(crate) async fn closed_port() -> u16 {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let port = socket.local_addr().expect("a bound socket").port();
    std::mem::forget(socket); // else the next test that wants any port may get this one
    port
}

/// Answers one request on one connection.
async fn serve(
    mut stream: TcpStream,
    reply: Arc<impl Fn(usize, &Received) -> Reply>,
    received: Arc<Mutex<Vec<Received>>>,
) -> std::io::Result<()> {
    let request = read(&mut stream).await?;
    let reply = {
        let mut received = received.lock().expect("no poison");
        let reply = reply(received.len(), &request);
        received.push(request);
        reply
    };
    let response = match reply {
        Reply::Whole { status, content_type, body } => format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nlocation: /elsewhere\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
        Reply::Later { status, retry_after, body } => format!(
            "HTTP/1.1 {status} X\r\nretry-after: {retry_after}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
        Reply::CloseMidBody => {
            "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"succ".into()
        }
        Reply::Close => String::new(),
        Reply::Garbage => "\u{1}\u{2}garbage\r\n\r\n".into(),
        Reply::Never => std::future::pending().await,
    };
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await
}

async fn read(stream: &mut TcpStream) -> std::io::Result<Received> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let request = Received { head: head.to_owned(), body: body.to_owned() };
            let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Ok(request);
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}
