use serde::Serialize;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// What the daemon wants in front of every document.
///
/// See <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon>.
pub(super) const PREFIX: &[u8] = b"{\"format\": \"json\", \"version\": 1}\n";

/// The longest datagram over IPv4: 65 535 bytes less the headers of IP and UDP. X-Ray's own limit is 64 kB a document.
const LONGEST: usize = 65_507;

/// The way to the X-Ray daemon. Nothing here waits, and nothing fails: what cannot go now is dropped.
#[derive(Debug)]
pub(super) struct Sender {
    socket: UdpSocket,
    daemon: SocketAddr,
}

impl Sender {
    /// Opens the socket. It is not connected: a connected one would hear that nobody listens, and lose the first
    /// document after the daemon came back.
    pub(super) fn new(daemon: SocketAddr) -> io::Result<Self> {
        let any: SocketAddr = match daemon {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, daemon })
    }

    /// Sends a document, if it can go at once.
    pub(super) fn send(&self, document: &impl Serialize) {
        let mut datagram = Vec::with_capacity(1024);
        datagram.extend_from_slice(PREFIX);
        if serde_json::to_writer(&mut datagram, document).is_ok() && datagram.len() <= LONGEST {
            // A full buffer or a missing network costs this document and nothing else.
            let _ = self.socket.send_to(&datagram, self.daemon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// On loopback no buffer ever fills up before the reader's, so only the socket itself can tell that it would not wait.
    #[test]
    fn the_socket_never_waits() {
        let sender = Sender::new("127.0.0.1:9".parse().expect("an address")).expect("a socket");
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || tell.send(sender.socket.recv_from(&mut [0]).map_err(|error| error.kind())));
        let received = told.recv_timeout(Duration::from_secs(10)).expect("it does not wait");
        assert_eq!(received.map(|_| ()), Err(io::ErrorKind::WouldBlock));
    }

    #[test]
    fn a_document_has_its_prefix_and_a_longer_one_than_fits_is_dropped() {
        let daemon = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        daemon.set_read_timeout(Some(Duration::from_secs(5))).expect("a legal time-out");
        let sender = Sender::new(daemon.local_addr().expect("bound")).expect("a socket");
        sender.send(&"x".repeat(LONGEST));
        sender.send(&"short");
        let mut datagram = vec![0; 70_000];
        let length = daemon.recv(&mut datagram).expect("the short one");
        assert_eq!(&datagram[..length], [PREFIX, b"\"short\""].concat());
    }
}
