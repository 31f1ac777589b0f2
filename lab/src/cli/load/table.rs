//! What the table says of a run, for people.

use std::fmt::Write as _;

use crate::cli::terminal::{Palette, Style};
use crate::load::Agreement;

/// The first few are enough to look for.
const SHOWN: usize = 3;

/// The findings, one a line.
pub(super) fn text(found: &Agreement, palette: Palette) -> String {
    let mut text = "\nTable:\n".to_owned();
    let mut line = |ok: bool, said: String| {
        let word = if ok { palette.paint(Style::Green, "ok") } else { palette.paint(Style::Red, "fail") };
        let _ = writeln!(text, "{word}: {said}");
    };
    let lost: Vec<_> = found.lost.iter().map(|(rider, ride)| format!("rider {rider}: {ride}")).collect();
    line(
        lost.is_empty(),
        format!("{} of {} rides that riders were told of have no row{}", lost.len(), found.told, some(&lost)),
    );
    let doubled: Vec<_> =
        found.doubled.iter().map(|(rider, rides)| format!("rider {rider}: {}", rides.join(" "))).collect();
    line(doubled.is_empty(), format!("{} riders have a ride too many{}", doubled.len(), some(&doubled)));
    let shared: Vec<_> = found.shared.iter().map(|(ride, riders)| format!("{ride}: {riders:?}")).collect();
    line(shared.is_empty(), format!("{} rides were promised to several riders{}", shared.len(), some(&shared)));
    let _ = writeln!(
        text,
        "{} rows of this run, {} of them unknown to their riders, {} rows of others since it began, such as the probe",
        found.stored,
        found.untold.len(),
        found.others
    );
    text
}

fn some(examples: &[String]) -> String {
    if examples.is_empty() {
        return String::new();
    }
    let more = if examples.len() > SHOWN { "; ..." } else { "" };
    format!(" ({}{more})", examples[..examples.len().min(SHOWN)].join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_table_says_names_a_few_examples() {
        let mut found = Agreement { told: 9, stored: 5, ..Agreement::default() };
        let text = super::text(&found, Palette::plain());
        assert!(text.contains("ok: 0 of 9 rides"), "{text}");
        found.lost = (0..4).map(|rider| (rider, format!("ride-{rider}"))).collect();
        let text = super::text(&found, Palette::plain());
        assert!(
            text.contains("fail: 4 of 9") && text.contains("rider 2: ride-2; ...)") && !text.contains("ride-3"),
            "{text}"
        );
    }
}
