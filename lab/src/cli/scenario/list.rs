//! `cargo lab scenario list`.

use std::process::ExitCode;

use crate::cli::observe::Table;
use crate::cli::terminal::Style;
use crate::scenario::{self, Scenario, Variant};

pub(super) fn list() -> anyhow::Result<ExitCode> {
    let mut table = Table::new(&["scenario", "acts", "compress", "what happens"]);
    for name in scenario::names() {
        let (scenario, _) = scenario::find(name)?;
        let acts: Vec<&str> = scenario.variants().into_iter().map(Variant::name).collect();
        table.row([
            (scenario.name.clone(), Some(Style::Bold)),
            (acts.join(" "), None),
            (compress(&scenario), None),
            (scenario.title, None),
        ]);
    }
    table.print("There are no scenarios.");
    Ok(ExitCode::SUCCESS)
}

/// How far a scenario can be compressed, and each of its acts that cannot be, or can be more, by its name.
fn compress(scenario: &Scenario) -> String {
    let of_its_own = |variant: &Variant| scenario.act(*variant).is_some_and(|act| act.compress.is_some());
    let own = scenario.variants().into_iter().filter(of_its_own);
    let own = own.map(|variant| format!("{} {}", variant.name(), scenario.compress(variant).most));
    std::iter::once(format!("up to {}", scenario.compress.most)).chain(own).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_with_a_compression_of_its_own_says_so() {
        let small = include_str!("../../../tests/data/scenario-small.yaml");
        let read = |text: &str| Scenario::read(text, "small.yaml").expect("a scenario");
        assert_eq!(compress(&read(small)), "up to 30");
        let with = |act: &str| {
            let begin = format!("\n{act}:\n");
            assert!(small.contains(&begin), "{act}");
            small.replace(&begin, &format!("{begin}  compress: {{ most: 6, because: it is slow }}\n"))
        };
        assert_eq!(compress(&read(&with("fixed"))), "up to 30, fixed 6");
        assert_eq!(compress(&read(&with("run"))), "up to 30, run 6");
    }
}
