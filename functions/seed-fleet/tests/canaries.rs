//! Nothing of what an event says comes out in logs: its answer URL above all, which is signed.

#[path = "../../../shared/tests/canary/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod canary;
#[path = "../../../shared/tests/fake/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use canary::{Log, SECRETS, assert_clean};
use fake::{Fake, Reply};
use seed_fleet::{FleetTable, SERVICE, Seeder, Settings, WriteError};
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::events::Caller;
use shared::http::Client;
use shared::retry::Schedule;
use shared::ride::Unicorn;
use std::time::Duration;

struct Table;

impl FleetTable for Table {
    async fn put(&self, _: &Unicorn, _: &Budget) -> Result<(), WriteError> {
        Ok(())
    }

    async fn remove(&self, _: &str, _: &Budget) -> Result<(), WriteError> {
        Ok(())
    }
}

fn seeder() -> Seeder<Table> {
    let schedule = Schedule { attempts: 2, base: Duration::from_millis(1), cap: Duration::from_millis(1) };
    let timeout = Duration::from_secs(60);
    let common =
        shared::settings::Settings { service: SERVICE, stage: "dev".into(), timeout, tracer: Default::default() };
    let settings = Settings { common, table: "fleet-table".into(), connect_timeout: timeout, schedule };
    let client = Client::new(timeout, schedule).expect("a TLS stack");
    Seeder::new(settings, Table, client)
}

#[tokio::test]
async fn nothing_of_an_event_comes_out() {
    let sample: Value = serde_json::from_str(include_str!("../../../events/fleet-update.json")).expect("JSON");
    let log = Log::of(SERVICE);
    for reply in [Reply::text(200, ""), Reply::text(403, SECRETS[0]), Reply::Close] {
        let fake = Fake::start(move |_| reply.clone()).await;
        for secret in SECRETS {
            let key = secret.replace(' ', "+");
            for place in ["the URL", "/RequestType", "/ResourceProperties/Unicorns/0/Name", "/ResourceProperties/Card"]
            {
                let mut event = sample.clone();
                event["ResponseURL"] = fake.url("/answer?X-Amz-Signature=CANARY").into();
                match place {
                    "the URL" => event["ResponseURL"] = fake.url(&format!("/{key}?X-Amz-Signature={key}")).into(),
                    "/ResourceProperties/Card" => event["ResourceProperties"]["Card"] = json!([secret]),
                    pointer => *event.pointer_mut(pointer).expect("a pointer of the sample") = secret.into(),
                }
                let caller = Caller { request_id: "r-1".into(), ..Caller::default() };
                // Whether it worked is another test's question.
                let _ = seeder().handle(event, caller).await;
                assert_clean(&log.take(), &format!("{secret} in {place}"));
            }
        }
    }
}
