//! What a scenario says and cannot mean.

use super::{Act, Scenario, Variant};
use crate::document::Step;
use crate::scenario::trouble::Fault;
use crate::scenario::{overrides, redrive};

/// Something that cannot be meant.
#[derive(Debug)]
pub(super) struct Contradiction {
    /// Where it stands.
    pub(super) at: Vec<Step<'static>>,
    /// What is wrong.
    pub(super) why: String,
}

/// The first of them.
pub(super) fn find(scenario: &Scenario) -> Option<Contradiction> {
    let of_all = whole(scenario).map(|(at, why)| Contradiction { at: at.into_iter().map(Step::Key).collect(), why });
    of_all
        .or_else(|| rows(scenario))
        .or_else(|| scenario.variants().into_iter().find_map(|variant| of_act(scenario, variant)))
}

fn whole(scenario: &Scenario) -> Option<(Vec<&'static str>, String)> {
    let Scenario { load, compress, settle, .. } = scenario;
    if load.phases.is_empty() {
        return Some((vec!["load", "phases"], "there is none".to_owned()));
    }
    if compress.most == 0 {
        return Some((vec!["compress", "most"], "1 is not at all".to_owned()));
    }
    if !positive(settle.most) || settle.least > settle.most {
        return Some((vec!["settle"], "least must be at most most".to_owned()));
    }
    None
}

fn rows(scenario: &Scenario) -> Option<Contradiction> {
    scenario.rows.iter().enumerate().find_map(|(number, rows)| {
        Some(Contradiction { at: vec![Step::Key("rows"), Step::Item(number)], why: rows.contradiction()? })
    })
}

fn of_act(scenario: &Scenario, variant: Variant) -> Option<Contradiction> {
    let act = scenario.act(variant)?;
    let end = scenario.load_seconds() + scenario.settle.least;
    let fault = act.faults.iter().enumerate().find_map(|(number, fault)| {
        let why = alone(fault, end).or_else(|| clash(act, number))?;
        Some((vec![Step::Key("faults"), Step::Item(number)], why))
    });
    let number = || overrides::contradiction(act).map(|(key, why)| (vec![Step::Key(key)], why));
    let (path, why) = fault.or_else(number).or_else(|| expectation(act))?;
    Some(Contradiction { at: [&[Step::Key(variant.name())], &path[..]].concat(), why })
}

/// What is wrong with a fault by itself.
fn alone(fault: &Fault, end: f64) -> Option<String> {
    let what = &fault.what;
    if !fault.is_one() {
        return Some(format!("the fault \"{what}\" needs one of switch, injection, finance and redrive"));
    }
    if let Some(order) = &fault.switch {
        if order.trouble.is_none() {
            return Some(format!("the fault \"{what}\" has no trouble: it would mend"));
        }
        if let Err(refusal) = order.check() {
            return Some(format!("the fault \"{what}\": {refusal}"));
        }
    }
    if fault.redrive.is_some_and(|most| !(1..=redrive::MOST).contains(&most)) {
        return Some(format!("the fault \"{what}\": redrive must be from 1 to {}", redrive::MOST));
    }
    (fault.at < 0.0 || !positive(fault.lasts) || fault.at + fault.lasts > end).then(|| {
        format!("the fault \"{what}\" must begin at 0 or later and end by second {end}, so that its end is seen")
    })
}

/// Whether a fault and an earlier one of the list would end each other.
fn clash(act: &Act, number: usize) -> Option<String> {
    let (earlier, fault) = (act.faults.get(..number)?, act.faults.get(number)?);
    let other = earlier.iter().find(|other| other.overlaps(fault) && other.is_mended_with(fault))?;
    Some(format!(
        "the faults \"{}\" and \"{}\" concern the same at the same time: the end of one would end the other; let one end \
         before the other begins",
        other.what, fault.what
    ))
}

fn expectation(act: &Act) -> Option<(Vec<Step<'static>>, String)> {
    let expect = |key| vec![Step::Key("expect"), Step::Key(key)];
    let mut names: Vec<&String> = act.expect.alarms.all().collect();
    names.sort();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Some((expect("alarms"), format!("the alarm {} is named twice", twice[0])));
    }
    if let Some(rule) = act.expect.metrics.iter().find(|rule| !rule.asks()) {
        return Some((expect("metrics"), format!("{rule} needs sum or most")));
    }
    if act.expect.payments.pace.is_some_and(|pace| !(pace.from >= 0.0 && positive(pace.within))) {
        return Some((expect("payments"), "pace needs from of 0 or more and within above 0".to_owned()));
    }
    act.expect.statuses.is_empty().then(|| (expect("statuses"), "is empty".to_owned()))
}

fn positive(figure: f64) -> bool {
    figure.is_finite() && figure > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = include_str!("../../../tests/data/scenario-small.yaml");

    fn wrong(old: &str, new: &str) -> String {
        assert!(SMALL.contains(old), "{old}");
        Scenario::read(&SMALL.replace(old, new), "small.yaml").expect_err(new).to_string()
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        for (old, new, place, why) in [
            ("for: 30", "for: 3000", "small.yaml:15:7: run.faults[0]: ", "must begin at 0 or later"),
            (", trouble: fail", "", "small.yaml:15:7: run.faults[0]: ", "has no trouble"),
            ("trouble: fail", "trouble: { slow: { ms: 0 } }", "run.faults[0]: ", "1 to 600000"),
            ("allowed: [heartbeat]", "allowed: [api-5xx-rate]", ": run.expect.alarms: ", "named twice"),
            ("most: 30", "most: 0", "small.yaml:11:19: compress.most: ", "1 is not at all"),
            ("least: 60", "least: 6000", "small.yaml:10:9: settle: ", "at most most"),
            ("statuses: [201]\n", "statuses: []\n", ": fixed.expect.statuses: ", "is empty"),
            ("most: 2 }", "}", ".expect.metrics: ", "needs sum or most"),
            (
                "trouble: fail }",
                "trouble: fail }\n    - { what: a redrive, at: 1, for: 1, redrive: 0 }",
                "run.faults[1]: ",
                "from 1 to 1000",
            ),
            (
                "statuses: [201]\n",
                "statuses: [201]\n    payments: { pace: { from: 1, within: 0, count: 1 } }\n",
                ": fixed.expect.payments: ",
                "within above 0",
            ),
            (
                "trouble: fail }",
                "trouble: fail }\n      injection: { latency: { enabled: true } }",
                "run.faults[0]: ",
                "one of",
            ),
        ] {
            let said = wrong(old, new);
            assert!(said.contains(place) && said.contains(why), "{said}");
        }
    }

    /// A second fault beside the one of every call of the rides table, from second 30 to 60.
    fn beside(at: u32, lasts: u32, what: &str) -> Result<Scenario, String> {
        let first = "      switch: { resource: RidesTable, trouble: fail }\n";
        let second = format!("    - {{ what: another, at: {at}, for: {lasts}, {what} }}\n");
        assert!(SMALL.contains(first));
        let text = SMALL.replace(first, &format!("{first}{second}"));
        Scenario::read(&text, "small.yaml").map_err(|error| error.to_string())
    }

    #[test]
    fn faults_that_would_end_each_other_are_refused_with_their_line() {
        let rides = "switch: { resource: RidesTable, trouble: throttle }";
        for (at, lasts) in [(0, 40), (40, 5), (59, 30), (60, 10), (10, 20)] {
            let said = beside(at, lasts, rides).expect_err("refused");
            assert!(said.starts_with("small.yaml:19:7: run.faults[1]: "), "{said}");
            assert!(said.contains("\"every call of the rides table fails\" and \"another\""), "{said}");
        }
        for (at, lasts) in [(0, 29), (61, 30)] {
            beside(at, lasts, rides).expect("one after the other");
        }
        beside(30, 30, "switch: { resource: UnicornsTable, trouble: fail }").expect("another table");
        beside(30, 30, "switch: { trouble: throttle }").expect_err("every table is this one too");
        beside(30, 30, "switch: { resource: RidesTable, operation: PutItem, trouble: fail }")
            .expect_err("of every call");
        beside(30, 30, "injection: { latency: { enabled: true } }").expect("nothing that mends a table");
    }

    #[test]
    fn faults_of_different_operations_stand_beside_each_other() {
        let of = |operation: &str| format!("switch: {{ resource: RidesTable, operation: {operation}, trouble: fail }}");
        let first = "switch: { resource: RidesTable, trouble: fail }";
        let read = |second: &str| {
            let both = format!("{}\n    - {{ what: another, at: 30, for: 30, {} }}", of("PutItem"), of(second));
            Scenario::read(&SMALL.replace(first, &both), "small.yaml")
        };
        read("GetItem").expect("another operation");
        read("PutItem").expect_err("the same");
    }

    #[test]
    fn there_is_one_mood_of_finance_at_a_time_and_a_broken_order_disturbs_none() {
        let first = "switch: { resource: RidesTable, trouble: fail }";
        let read = |second: &str| {
            let mood = "finance: { scenario: HighLoad }";
            let both = format!("{mood}\n    - {{ what: another, at: 40, for: 30, finance: {{ scenario: {second} }} }}");
            Scenario::read(&SMALL.replace(first, &both), "small.yaml")
        };
        read("UnreliableProcessing").expect_err("the end of one is the end of both");
        read("BrokenOrder").expect("it has no end");
    }

    #[test]
    fn there_is_one_injection_at_a_time() {
        let injection = "injection: { latency: { enabled: true } }";
        let both = format!("{injection}\n    - {{ what: another, at: 40, for: 30, {injection} }}");
        let text = SMALL.replace("switch: { resource: RidesTable, trouble: fail }", &both);
        Scenario::read(&text, "small.yaml").expect_err("the parameter holds one");
    }
}
