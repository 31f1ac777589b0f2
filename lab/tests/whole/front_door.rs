//! The lab's own front door: slow, broken and hostile clients, on raw sockets.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{RIDE, get, post};
use crate::stack::{self, rows, url};

/// Longer than any answer here may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// After so much silence nothing more will come: a whole request is answered in milliseconds.
const SILENCE: Duration = Duration::from_secs(2);

async fn connect(lab: &lab::assembly::Lab) -> TcpStream {
    TcpStream::connect(lab.origin.trim_start_matches("http://")).await.expect("connects")
}

/// Sends bytes and reads until the lab closes or falls silent.
async fn raw(lab: &lab::assembly::Lab, bytes: &[u8]) -> String {
    let mut stream = connect(lab).await;
    // The lab may refuse before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    while let Ok(Ok(1..)) = tokio::time::timeout(SILENCE, stream.read_buf(&mut answer)).await {}
    String::from_utf8_lossy(&answer).into_owned()
}

fn statuses(answer: &str) -> Vec<&str> {
    answer.split("HTTP/1.1 ").skip(1).filter_map(|rest| rest.get(..3)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn half_requests_and_nonsense_are_refused_and_the_next_client_is_served() {
    let lab = stack::start().await;
    for bytes in [
        b"".as_slice(),
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /ride",
        b"POST /ride HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /ride HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /ride HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /ride HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET /ride HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
    ] {
        let answer = raw(&lab, bytes).await;
        assert!(statuses(&answer).iter().all(|status| status.starts_with('4')), "{bytes:?}: {answer}");
    }
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    assert_eq!(rows(&lab).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn smuggling_shapes_are_one_request_or_none() {
    let lab = stack::start().await;
    let inner = format!(
        "POST /ride HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{RIDE}",
        RIDE.len()
    );
    let shapes = [
        // Two lengths that differ.
        format!(
            "POST /record HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: {}\r\n\r\n{inner}",
            inner.len()
        ),
        // A length and chunks: the chunks end at once, the rest would be the smuggled request.
        format!(
            "POST /record HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}",
            inner.len() + 5
        ),
        format!("POST /record HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n{inner}"),
        format!("POST /record HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("GET /unicorn HTTP/1.1\r\nHost: x\r\nX: y\n\n{inner}"),
    ];
    for shape in shapes {
        let before = rows(&lab).await.len();
        let answer = raw(&lab, shape.as_bytes()).await;
        let booked = rows(&lab).await.len() - before;
        let answered = statuses(&answer).iter().filter(|status| **status == "201").count();
        // What the lab books it answers for: nothing is booked behind the answers.
        assert_eq!(booked, answered, "{shape}\n{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_headers_are_served_or_refused() {
    let lab = stack::start().await;
    let headers = |count: usize| {
        let lines: String = (0..count).map(|number| format!("X-{number}: {number}\r\n")).collect();
        format!("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n")
    };
    assert_eq!(statuses(&raw(&lab, headers(400).as_bytes()).await), ["200"]);
    assert_eq!(statuses(&raw(&lab, headers(5_000).as_bytes()).await), ["431"]);
    let long = format!("GET /health HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(1_000_000));
    assert_eq!(statuses(&raw(&lab, long.as_bytes()).await), ["431"]);
    assert_eq!(get(&url(&lab, "/health")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_idle_and_slow_clients_do_not_keep_a_rider_out() {
    let lab = stack::start().await;
    let mut idle = Vec::new();
    for number in 0..2_000 {
        // Half say nothing, half send a head that never ends; the test process has descriptors for a part of them.
        let Ok(mut stream) = TcpStream::connect(lab.origin.trim_start_matches("http://")).await else { break };
        if number % 2 == 0 {
            let _ = stream.write_all(b"POST /ride HTTP/1.1\r\nHost: x\r\nX-Slow: ").await;
        }
        if idle.len() == 300 {
            idle.remove(0);
        }
        idle.push(stream);
    }
    assert!(idle.len() >= 300, "{} connections", idle.len());
    let answer = tokio::time::timeout(PATIENCE, post(&url(&lab, "/ride"), RIDE)).await.expect("served in time");
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_host_is_refused_before_a_function_sees_it() {
    let lab = stack::start().await;
    for host in ["a b", "[::", "x/../y", "x?y", "user@x", "x:99999999", "\u{ff}", "%zz", "x\\y", ""] {
        let request = format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = raw(&lab, request.as_bytes()).await;
        assert_eq!(statuses(&answer), ["400"], "{host:?}: {answer}");
    }
    let fine = raw(&lab, b"GET /health HTTP/1.1\r\nHost: localhost:3000\r\nConnection: close\r\n\r\n").await;
    assert_eq!(statuses(&fine), ["200"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_riders_at_once_are_all_served() {
    let lab = stack::start().await;
    let to = url(&lab, "/ride");
    let riders: Vec<_> = (0..500)
        .map(|_| {
            let to = to.clone();
            tokio::spawn(async move { post(&to, RIDE).await })
        })
        .collect();
    let mut booked = Vec::new();
    for rider in riders {
        let answer = rider.await.expect("no reset connection");
        match answer.status.as_u16() {
            201 => booked.push(answer.json()["RideId"].as_str().expect("a RideId").to_owned()),
            // Out of time on a busy machine: said, not broken off. Its ride may be stored all the same, and says so.
            503 => assert!(answer.header("retry-after").is_some(), "{}", answer.text),
            504 => {}
            other => panic!("{other}: {}", answer.text),
        }
    }
    let stored = rows(&lab).await;
    assert!(booked.iter().all(|ride| stored.contains_key(ride)), "every 201 has its row");
    assert!((booked.len()..=500).contains(&stored.len()) && !booked.is_empty(), "{} {}", booked.len(), stored.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_access_log_repeats_no_text_of_a_stranger() {
    let lab = stack::start().await;
    for request in [
        "GET /dev/a\",\"status\":\"200\",\"x\":\"canary-1 HTTP/1.1",
        "GET /canary-1@example.com HTTP/1.1",
        "CANARY-1 /ride HTTP/1.1",
    ] {
        raw(&lab, format!("{request}\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await;
    }
    let logged = lab.logs.lines();
    assert!(logged.iter().any(|line| line.kind == lab::logs::Kind::Access));
    assert!(logged.iter().all(|line| !line.text.to_ascii_lowercase().contains("canary-1")), "{logged:?}");
}
