//! `cargo lab scenario list`.

use std::process::ExitCode;

use crate::cli::observe::Table;
use crate::cli::terminal::Style;
use crate::scenario;

pub(super) fn list() -> anyhow::Result<ExitCode> {
    let mut table = Table::new(&["scenario", "acts", "compress", "what happens"]);
    for name in scenario::names() {
        let (scenario, _) = scenario::find(name)?;
        let acts: Vec<&str> = scenario.variants().into_iter().map(scenario::Variant::name).collect();
        table.row([
            (scenario.name, Some(Style::Bold)),
            (acts.join(" "), None),
            (format!("up to {}", scenario.compress.most), None),
            (scenario.title, None),
        ]);
    }
    table.print("There are no scenarios.");
    Ok(ExitCode::SUCCESS)
}
