//! `cargo lab payments --audit`: rides, payments, counts and charges, set against each other.

use anyhow::Context;

use crate::books::{Books, Tables, Times};
use crate::cli::rows;
use crate::cli::state::State;
use crate::cli::terminal::{Palette, Style};

/// The first few are enough to look for.
const SHOWN: usize = 3;

/// Reads the books of the running lab.
///
/// # Errors
/// The lab does not answer, or its stack has no payments.
pub(super) async fn read(state: &State) -> anyhow::Result<Books> {
    let name = |id: &str| state.tables.get(id);
    let whole = async |id: &str| {
        let table = name(id).with_context(|| format!("the lab that runs has no {id}; is it of another version?"))?;
        rows::of(state, table).await
    };
    let (rides, payments, counts) =
        (whole("RidesTable").await?, whole("PaymentsTable").await?, whole("PaymentCountsTable").await?);
    let finance = match name("FinanceTable") {
        Some(table) => Some(rows::of(state, table).await?),
        None => None,
    };
    let tables = Tables { rides: &rides, payments: &payments, counts: &counts, finance: finance.as_deref() };
    Ok(Books::of(&tables))
}

/// The books, for people.
pub(super) fn text(books: &Books, palette: Palette) -> String {
    let mut lines =
        vec![format!("rides     {:>7}  and {} of the probe, which nobody pays for", books.rides, books.probes)];
    let by_status: Vec<String> = books.payments.iter().map(|(status, count)| format!("{status} {count}")).collect();
    lines.push(format!("payments  {:>7}  {}", books.rows(), by_status.join(", ")));
    let counted = books.counted;
    lines.push(format!("counted   {:>7}  Complete {}, Failed {}", counted.placed, counted.complete, counted.failed));
    lines.push(match books.charges {
        Some(charges) => format!("charges   {charges:>7}"),
        None => "charges         -  the stack has a finance service of its own, which is not asked".to_owned(),
    });
    lines.extend(books.times.as_ref().map(took));
    let contradictions = books.contradictions();
    if contradictions.is_empty() {
        let all = "every ride has its payment, every completed one its charge, and no ride two";
        lines.push(format!("{}: {all}", palette.paint(Style::Green, "ok")));
    }
    for (said, rides) in contradictions {
        lines.push(format!("{}: {said}{}", palette.paint(Style::Red, "fail"), some(rides)));
    }
    lines.join("\n")
}

fn took(times: &Times) -> String {
    let Times { first_ride, last_ride, last_charged, seconds, p50_ms, p99_ms, max_ms } = times;
    format!(
        "first ride {first_ride}, last {last_ride}, last charged {last_charged}: {seconds:.1} s\n\
         from ride to charge: p50 {p50_ms:.0} ms, p99 {p99_ms:.0} ms, longest {max_ms:.0} ms"
    )
}

fn some(rides: &[String]) -> String {
    if rides.is_empty() {
        return String::new();
    }
    let more = if rides.len() > SHOWN { " ..." } else { "" };
    format!(" ({}{more})", rides[..rides.len().min(SHOWN)].join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::Counted;

    #[test]
    fn books_that_agree_end_in_ok() {
        let counted = Counted { placed: 2, complete: 2, failed: 0 };
        let payments = [("Complete".to_owned(), 2)].into();
        let books = Books { rides: 2, probes: 1, payments, counted, ..Books::default() };
        let said = text(&books, Palette::plain());
        assert!(said.starts_with("rides           2  and 1 of the probe"), "{said}");
        assert!(said.contains("\npayments        2  Complete 2\ncounted         2  Complete 2, Failed 0\n"), "{said}");
        assert!(
            said.contains("not asked") && said.lines().last().is_some_and(|line| line.starts_with("ok: ")),
            "{said}"
        );
    }

    #[test]
    fn a_contradiction_names_a_few_rides() {
        let missing = ["a", "b", "c", "d"].map(str::to_owned).into();
        let books = Books { rides: 4, charges: Some(0), missing, ..Books::default() };
        let said = text(&books, Palette::plain());
        assert!(said.ends_with("fail: 4 rides have no payment (a b c ...)") && !said.contains("ok:"), "{said}");
    }
}
