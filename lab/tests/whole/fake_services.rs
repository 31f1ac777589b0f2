//! A stand-in for the record and fleet services, to which request-ride is pointed by `ApiBaseUrl`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How a route behaves.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    /// Status and body.
    Answer(u16, &'static str),
    /// Takes the request and never answers.
    Silent,
    /// Promises 100 bytes, sends 10 and closes.
    ClosesMidBody,
    /// Closes without a byte.
    Closes,
    /// Sends what is no HTTP.
    Garbage,
    /// 201 with a body that never ends.
    Endless,
}

/// A unicorn as the fleet service answers it.
pub(crate) const UNICORN: Behaviour = Behaviour::Answer(
    200,
    r#"{"Name":"Rocinante","Color":"Yellow","DeviceId":"2279df58-f26a-11e8-9b3b-8c859074f8c7"}"#,
);
/// The record service's success.
pub(crate) const STORED: Behaviour = Behaviour::Answer(201, r#"{"success":true}"#);

/// The fake. Dropping it closes its port.
#[derive(Debug)]
pub(crate) struct FakeServices {
    pub(crate) origin: String,
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Drop for FakeServices {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl FakeServices {
    pub(crate) async fn start(fleet: Behaviour, record: Behaviour) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address: SocketAddr = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, fleet.clone(), record.clone(), seen.clone()));
            }
        });
        Self { origin: format!("http://{address}"), requests, server }
    }

    /// Requests whose head starts so.
    pub(crate) fn count(&self, start: &str) -> usize {
        self.requests.lock().expect("not poisoned").iter().filter(|head| head.starts_with(start)).count()
    }
}

async fn connection(mut stream: TcpStream, fleet: Behaviour, record: Behaviour, seen: Arc<Mutex<Vec<String>>>) {
    let Some(head) = request(&mut stream).await else { return };
    let behaviour = if head.starts_with("GET ") { fleet } else { record };
    seen.lock().expect("not poisoned").push(head);
    let wire = match behaviour {
        Behaviour::Answer(status, body) => format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
        Behaviour::Silent => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            return;
        }
        Behaviour::ClosesMidBody => "HTTP/1.1 201 X\r\ncontent-length: 100\r\n\r\n{\"success\"".to_owned(),
        Behaviour::Closes => return,
        Behaviour::Garbage => "220 mail.example ESMTP\r\n\r\n".to_owned(),
        Behaviour::Endless => "HTTP/1.1 201 X\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
    };
    // The client may have given up.
    let _ = stream.write_all(wire.as_bytes()).await;
    while matches!(behaviour, Behaviour::Endless) && stream.write_all(b"5\r\nxxxxx\r\n").await.is_ok() {
        tokio::task::yield_now().await;
    }
}

/// Reads one request, its body included, and returns its head.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.ok()?;
        if count == 0 {
            return None;
        }
        read.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok()
                })
                .unwrap_or(0);
            if body.len() >= length {
                return Some(head.to_owned());
            }
        }
    }
}
