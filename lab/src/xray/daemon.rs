//! The X-Ray daemon: one UDP port on loopback, where functions send their subsegments.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon>

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::UdpSocket;

use super::document::Document;
use super::store::Traces;
use crate::task::DropTask;

/// Largest datagram: a segment document may have 64 KB.
const DATAGRAM: usize = 64 * 1024;

/// The daemon, as the rest of the lab sees it. Clones share its counts.
#[derive(Debug, Clone)]
pub struct Daemon {
    address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    received: AtomicU64,
    malformed: AtomicU64,
}

impl Daemon {
    /// Opens the daemon on a free port of loopback. It ends with the task.
    ///
    /// # Errors
    /// When there is no such port.
    pub async fn open(traces: Traces) -> io::Result<(Self, DropTask)> {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).await?;
        let daemon = Self { address: socket.local_addr()?, counts: Arc::default() };
        let counts = daemon.counts.clone();
        let task = DropTask::spawn(async move {
            let mut datagram = vec![0; DATAGRAM];
            loop {
                // An error tells of one datagram, not of the socket.
                let Ok((length, _)) = socket.recv_from(&mut datagram).await else { continue };
                counts.received.fetch_add(1, Ordering::Relaxed);
                match read(&datagram[..length]) {
                    Some(document) => traces.put(document),
                    None => drop(counts.malformed.fetch_add(1, Ordering::Relaxed)),
                }
            }
        });
        Ok((daemon, task))
    }

    /// Where it listens: `AWS_XRAY_DAEMON_ADDRESS`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Datagrams that came.
    pub fn received(&self) -> u64 {
        self.counts.received.load(Ordering::Relaxed)
    }

    /// Those of them that were no segment documents, and were dropped.
    pub fn malformed(&self) -> u64 {
        self.counts.malformed.load(Ordering::Relaxed)
    }
}

/// A header line, `{"format": "json", "version": 1}`, and a document.
fn read(datagram: &[u8]) -> Option<Document> {
    let newline = datagram.iter().position(|byte| *byte == b'\n')?;
    let header: serde_json::Value = serde_json::from_slice(&datagram[..newline]).ok()?;
    if header["format"] != "json" || header["version"] != 1 {
        return None;
    }
    Document::parse(&datagram[newline + 1..]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_malformed_is_counted_and_the_next_one_is_kept() {
        let traces = Traces::default();
        let (daemon, _task) = Daemon::open(traces.clone()).await.expect("a port");
        let sender = UdpSocket::bind(("127.0.0.1", 0)).await.expect("a socket");
        let trace = "1-5759e988-bd862e3fe1be46a994272793";
        let document = format!(
            r#"{{"id":"00000000000000aa","trace_id":"{trace}","parent_id":"00000000000000bb","type":"subsegment","name":"get_unicorn","start_time":1.0,"end_time":1.5}}"#
        );
        let header = r#"{"format": "json", "version": 1}"#;
        for datagram in [
            document.clone(),
            format!("{header}\n{{}}"),
            format!("{header}\n"),
            r#"{"format": "json", "version": 2}"#.to_owned() + "\n" + &document,
            String::new(),
            format!("{header}\n{document}"),
        ] {
            sender.send_to(datagram.as_bytes(), daemon.address()).await.expect("sent");
        }
        while daemon.received() < 6 {
            tokio::task::yield_now().await;
        }
        while traces.get(trace).is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(daemon.malformed(), 5);
        assert_eq!(traces.get(trace).map(|trace| trace.documents[0].name.clone()).as_deref(), Some("get_unicorn"));
    }
}
