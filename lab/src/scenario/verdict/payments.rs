//! Whether rides were paid for as they should be.

use super::{Verdict, figure};
use crate::scenario::file::PaymentRules;
use crate::scenario::payments::PaymentBooks;
use crate::scenario::range::Range;

/// One verdict a rule: none of them is left out, in no act.
pub(super) fn judge(rules: &PaymentRules, books: &PaymentBooks) -> Vec<Verdict> {
    let of =
        |what: &str, range: Range, seen: usize, of: String| figure(format!("{range} {what}"), range, seen as f64, &of);
    let PaymentBooks { rides, payments, complete, .. } = *books;
    let mut verdicts = vec![
        of("rides have no payment", rules.missing, books.missing.len(), format!("of {rides} rides")),
        of("payments failed", rules.failed, books.failed, format!("of {payments}{}", reasons(books))),
        of(
            "payments wait at the end",
            rules.waiting,
            books.waiting,
            format!("of {payments}, {:.1} s after the last rider", books.waited_s),
        ),
    ];
    if let Some(charges) = books.charges {
        let twice = format!("of {charges} charges");
        verdicts.push(of("charges are a second one for their ride", rules.charged_twice, books.charged_twice, twice));
        let complete = format!("of {complete} complete");
        verdicts.push(of("complete payments were never charged", rules.uncharged, books.uncharged, complete));
    }
    verdicts
}

fn reasons(books: &PaymentBooks) -> String {
    let reasons: Vec<String> = books.reasons.iter().map(|(reason, count)| format!("{count} x \"{reason}\"")).collect();
    if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) }
}
