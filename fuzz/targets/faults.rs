//! The configuration of faults, decided for an event, both arbitrary: `configuration\nevent`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use shared::faults::{Dice, Flags, What};
use std::time::Duration;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (configuration, event) = text.split_once('\n').unwrap_or((text, "{}"));
    let Ok((flags, complaints)) = Flags::parse(configuration) else { return };
    assert!(complaints.iter().all(|complaint| !complaint.key.is_empty() && !complaint.message.is_empty()));
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    let dice = Dice { seed: flags.seed.unwrap_or(1), service: "request-ride", request: "ride-1", attempt: 0 };
    let decided = flags.decide(&dice, &event);
    let again = flags.decide(&dice, &event);
    let modes = |flags: &[std::sync::Arc<shared::faults::Flag>]| flags.iter().map(|flag| flag.what.mode()).collect::<Vec<_>>();
    assert!(modes(&decided) == modes(&again) && modes(&decided).is_sorted());
    for flag in &decided {
        match &flag.what {
            What::Latency(delay) => assert!(delay.at(0.999_999) <= Duration::from_secs(900)),
            What::Timeout(buffer) => assert!(*buffer <= Duration::from_secs(900)),
            What::Diskspace(bytes) => assert!(*bytes <= 10_240 * 1024 * 1024),
            What::Denylist(patterns) => {
                let met = |host: &str| patterns.iter().filter(|pattern| pattern.occurs_in(host)).count();
                assert_eq!(met(text), met(text), "whatever the pattern, an answer and always the same");
            }
            What::Statuscode(status) => assert!((300..=599).contains(&status.as_u16())),
            What::Exception(_) | What::Corruption(_) | What::Dependency(_) => {}
        }
    }
});
