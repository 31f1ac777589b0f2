//! A server that stalls, resets, refuses, and answers 503, and what the ledger says of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{booking, booking_within, options};
use crate::load::{self, Client, End, Failure, Ledger, Options, Profile, Progress, Seen};
use crate::task::DropTask;

/// What the server does with a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Behaviour {
    /// 201 with a new ride.
    Book,
    /// The same, later.
    BookAfter(Duration),
    /// 503 with `Retry-After`, in seconds.
    Refuse(u32),
    /// Reads the request and closes the connection.
    HangUp,
    /// Begins an answer and closes the connection.
    BreakOff,
    /// Never answers.
    Silence,
}

#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) method: String,
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

pub(super) struct Misbehaving {
    pub(super) origin: String,
    requests: Arc<Mutex<Vec<Received>>>,
    _serving: DropTask,
}

impl Misbehaving {
    /// A server that asks for each request, by number from 0, how to behave.
    pub(super) async fn start(behaviour: impl Fn(u64) -> Behaviour + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (received, behaviour, number) = (requests.clone(), Arc::new(behaviour), Arc::new(AtomicU64::new(0)));
        let serve = async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let (received, behaviour, number) = (received.clone(), behaviour.clone(), number.clone());
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let Some(request) = read(&mut stream).await else { return };
                    received.lock().expect("not poisoned").push(request);
                    let number = number.fetch_add(1, Ordering::Relaxed);
                    behave(behaviour(number), stream.into_inner()).await;
                });
            }
        };
        Self { origin, requests, _serving: DropTask::spawn(serve) }
    }

    pub(super) fn requests(&self) -> Vec<Received> {
        self.requests.lock().expect("not poisoned").clone()
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        match line.trim_end() {
            "" => break,
            text => lines.push(text.to_owned()),
        }
    }
    let mut first = lines.first()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some(Received { method, path, headers, body: String::from_utf8(body).ok()? })
}

async fn behave(behaviour: Behaviour, mut stream: TcpStream) {
    let text = match behaviour {
        Behaviour::Book | Behaviour::BookAfter(_) => {
            if let Behaviour::BookAfter(pause) = behaviour {
                tokio::time::sleep(pause).await;
            }
            let body = format!(r#"{{"RideId":"{}"}}"#, uuid::Uuid::now_v7());
            let length = body.len();
            format!(
                "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nx-request-id: r-1\r\ncontent-length: {length}\r\n\r\n{body}"
            )
        }
        Behaviour::Refuse(seconds) => {
            format!("HTTP/1.1 503 Service Unavailable\r\nretry-after: {seconds}\r\ncontent-length: 0\r\n\r\n")
        }
        Behaviour::BreakOff => "HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{\"RideId\":".to_owned(),
        Behaviour::HangUp => return,
        Behaviour::Silence => {
            // Until the client gives up and closes.
            let _ = stream.read_u8().await;
            return;
        }
    };
    // The client may have given up.
    let _ = stream.write_all(text.as_bytes()).await;
}

async fn run(profile: &Profile, options: &Options) -> Ledger {
    let progress = watch::Sender::new(Progress::default());
    load::run(profile, options, &progress, std::future::pending()).await.expect("runs").ledger
}

#[tokio::test]
async fn a_server_that_stalls_does_not_hold_up_those_who_come_later() {
    let pause = Duration::from_millis(700);
    let server = Misbehaving::start(move |_| Behaviour::BookAfter(pause)).await;
    let began = Instant::now();
    let ledger = run(&booking("{duration: 0.5, arrivalRate: 40}"), &options(&server.origin)).await;
    let took = began.elapsed();
    assert_eq!(ledger.entries.len(), 20);
    for entry in &ledger.entries {
        assert!(entry.attempts[0].latency >= pause, "{entry:?}");
    }
    // One after the other they would need fourteen seconds.
    assert!(took < Duration::from_secs(7), "{took:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_reset_and_no_ride() {
    for behaviour in [Behaviour::HangUp, Behaviour::BreakOff] {
        let server = Misbehaving::start(move |_| behaviour).await;
        let ledger = run(&booking("{duration: 0.1, arrivalCount: 3}"), &options(&server.origin)).await;
        for entry in &ledger.entries {
            assert_eq!(entry.last(), Some(&Seen::Failed(Failure::Reset)), "{behaviour:?}");
            assert_eq!((entry.end, entry.rides().len()), (End::Failed, 0));
        }
        assert_eq!(server.requests().len(), 3, "nothing below the ledger tries again");
    }
}

#[tokio::test]
async fn a_closed_port_is_a_refusal() {
    // Taken and not listened on, so that nobody else does.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let origin = format!("http://{}", socket.local_addr().expect("an address"));
    let ledger = run(&booking("{duration: 0.1, arrivalCount: 1}"), &options(&origin)).await;
    assert_eq!(ledger.entries[0].last(), Some(&Seen::Failed(Failure::Refused)));
}

#[tokio::test]
async fn a_silent_server_is_left_after_the_time_limit() {
    let server = Misbehaving::start(|_| Behaviour::Silence).await;
    let ledger = run(&booking_within("{duration: 0.1, arrivalCount: 2}", "300ms"), &options(&server.origin)).await;
    for entry in &ledger.entries {
        assert_eq!(entry.last(), Some(&Seen::Failed(Failure::TimedOut)));
        assert!(entry.attempts[0].latency >= Duration::from_millis(300), "{entry:?}");
    }
}

#[tokio::test]
async fn a_browser_waits_as_a_503_asks_and_books_in_the_end() {
    let server = Misbehaving::start(|number| if number < 2 { Behaviour::Refuse(1) } else { Behaviour::Book }).await;
    let options = Options { client: Client::Browser, ..options(&server.origin) };
    let ledger = run(&booking("{duration: 0.1, arrivalCount: 2}"), &options).await;
    for entry in &ledger.entries {
        let [first, second] = entry.attempts.as_slice() else { panic!("two attempts: {entry:?}") };
        assert_eq!((&first.seen, &second.seen), (&Seen::Answer(503), &Seen::Answer(201)));
        assert!(second.sent >= first.ended() + Duration::from_secs(1), "{entry:?}");
        assert_eq!(entry.rides().len(), 1);
    }
    let keys: Vec<_> =
        server.requests().iter().map(|request| request.header("idempotency-key").map(str::to_owned)).collect();
    assert_eq!(keys.iter().flatten().collect::<std::collections::BTreeSet<_>>().len(), 2, "{keys:?}");
}

#[tokio::test]
async fn a_browser_does_not_wait_for_an_hour() {
    let server = Misbehaving::start(|_| Behaviour::Refuse(3600)).await;
    let options = Options { client: Client::Browser, ..options(&server.origin) };
    let ledger = run(&booking("{duration: 0.1, arrivalCount: 1}"), &options).await;
    assert_eq!(ledger.entries[0].attempts.len(), 1);
}
