//! Scenarios, played whole: a quiet one in which nothing may ring, and a failure that everything must tell of.

use std::collections::BTreeMap;

use lab::binaries::Profile;
use lab::scenario::{self, Evidence, Order, Variant, Verdict};

use crate::stack;

/// Slow enough for a machine that runs other tests at the same time.
const COMPRESS: u16 = 15;

async fn play(text: &str, variant: Variant) -> (Evidence, Vec<Verdict>) {
    let scenario = scenario::Scenario::read(text, "scenario.yaml").expect("a scenario");
    let built = tokio::task::spawn_blocking(|| stack::BINARIES.clone()).await.expect("built");
    let order = Order {
        template: stack::workspace().join("template.yaml"),
        workspace: stack::workspace().to_owned(),
        profile: Profile::Quick,
        built,
        variant,
        compress: COMPRESS,
        seed: 7,
        ports: (0, 0),
    };
    let evidence = scenario::run(&scenario, &order, &|_| {}).await.expect("played");
    let verdicts = scenario::judge(scenario.act(variant).expect("an act"), &evidence);
    (evidence, verdicts)
}

fn failed(verdicts: &[Verdict]) -> Vec<&Verdict> {
    verdicts.iter().filter(|verdict| !verdict.passed).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_minute_is_quiet_and_a_table_that_fails_is_seen_alarmed_named_and_survived() {
    let (quiet, _) = scenario::find("quiet").expect("a scenario");
    assert_eq!(quiet.variants(), [Variant::Run]);
    let (_, text) = scenario::find("quiet").expect("a scenario");
    let (_, verdicts) = play(&text, Variant::Run).await;
    assert_eq!(failed(&verdicts), Vec::<&Verdict>::new());

    let (_, text) = scenario::find("table-down").expect("a scenario");
    let (evidence, verdicts) = play(&text, Variant::Run).await;
    assert_eq!(failed(&verdicts), Vec::<&Verdict>::new());
    let fault = evidence.faults.first().expect("a fault");
    let first = evidence.alarms.first().expect("alarms");
    assert!(first.on[0].0 > fault.from, "{first:?} after {fault:?}");
    assert!(!evidence.traces.is_empty() && !evidence.failures.is_empty());

    // The same evidence against a scenario that expects nothing to be wrong: every verdict can fail.
    let quiet = quiet.act(Variant::Run).expect("an act");
    let wrong: BTreeMap<String, bool> =
        scenario::judge(quiet, &evidence).into_iter().map(|verdict| (verdict.expected, verdict.passed)).collect();
    assert!(!wrong["riders see exactly 201"] && !wrong["no alarm fires"], "{wrong:#?}");
}
