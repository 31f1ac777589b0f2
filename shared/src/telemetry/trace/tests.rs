use super::*;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

const SAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

fn tracer(daemon: &str) -> Tracer {
    let environment: Environment = [("AWS_XRAY_DAEMON_ADDRESS", daemon)].into_iter().collect();
    Tracer::new(&environment)
}

fn daemon() -> (UdpSocket, Tracer) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a legal time-out");
    let address = socket.local_addr().expect("bound").to_string();
    (socket, tracer(&address))
}

fn next(socket: &UdpSocket) -> serde_json::Value {
    let mut datagram = vec![0; 70_000];
    let length = socket.recv(&mut datagram).expect("a document");
    serde_json::from_slice(&datagram[sender::PREFIX.len()..length]).expect("JSON")
}

#[test]
fn without_an_address_that_can_be_used_there_is_no_socket_and_no_trace() {
    let unset = Tracer::new(&Environment::from_iter::<[(&str, &str); 0]>([]));
    for silent in [unset, tracer("nonsense"), tracer("tcp:127.0.0.1:2000")] {
        assert!(silent.sender.is_none());
        assert!(silent.begin(Some(SAMPLED), "handler").is_none());
    }
}

#[test]
fn what_is_dropped_without_an_end_is_a_fault() {
    let (socket, tracer) = daemon();
    drop(tracer.begin(Some(SAMPLED), "handler").expect("sampled"));
    let document = next(&socket);
    assert_eq!((&document["fault"], &document["cause"]["exceptions"][0]["type"]), (&true.into(), &"given up".into()));
    let subsegment = tracer.begin(Some(SAMPLED), "handler");
    let panicked = crate::panic::guarded(|| {
        let _subsegment = subsegment;
        panic!("no unicorn");
    });
    assert!(panicked.map(|(): ()| ()).is_err());
    assert_eq!(next(&socket)["cause"]["exceptions"][0]["type"], "panic");
}

#[tokio::test]
async fn a_step_that_is_given_up_ends_as_a_fault_and_the_next_one_hangs_beside_it() {
    let (socket, tracer) = daemon();
    let handler = tracer.begin(Some(SAMPLED), "handler").expect("sampled");
    below(Some(&handler), async {
        let endless = step("endless", std::future::pending::<Result<(), std::fmt::Error>>());
        let _ = tokio::time::timeout(Duration::from_millis(1), endless).await;
        let _ = step("next", async { Ok::<_, std::fmt::Error>(()) }).await;
    })
    .await;
    assert!(Subsegment::open("outside").is_none());
    let (endless, next) = (next(&socket), next(&socket));
    assert_eq!((&endless["name"], &endless["fault"]), (&"endless".into(), &true.into()));
    assert_eq!((&next["name"], &next["parent_id"]), (&"next".into(), &endless["parent_id"]));
    handler.end(&Outcome::fine());
}

#[test]
fn annotations_are_cut_at_a_thousand_characters() {
    let (socket, tracer) = daemon();
    let mut subsegment = tracer.begin(Some(SAMPLED), "handler").expect("sampled");
    subsegment.annotate("long", &*"ü".repeat(2_000));
    subsegment.end(&Outcome::fine());
    assert_eq!(next(&socket)["annotations"]["long"].as_str().map(|text| text.chars().count()), Some(1_000));
}

#[test]
fn no_send_waits_for_a_reader() {
    let (deaf, tracer) = daemon();
    let mut longest = Duration::ZERO;
    let started = Instant::now();
    for _ in 0..20_000 {
        let subsegment = tracer.begin(Some(SAMPLED), "handler").expect("sampled");
        let began = Instant::now();
        subsegment.end(&Outcome::fine());
        longest = longest.max(began.elapsed());
    }
    println!("mean {:?}, longest {longest:?}", started.elapsed() / 20_000);
    // A busy machine may stop anybody for a moment; a send that waits for a reader never comes back.
    assert!(longest < Duration::from_secs(10), "{longest:?}");
    assert_eq!(next(&deaf)["name"], "handler"); // what fitted in is there
}
