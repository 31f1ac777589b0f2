//! Whether rides were paid for as they should be.

use super::{Verdict, figure};
use crate::quantity::quantity;
use crate::scenario::evidence::Evidence;
use crate::scenario::file::{Pace, PaymentRules};
use crate::scenario::payments::PaymentBooks;
use crate::scenario::range::Range;

/// One verdict a rule: none of them is left out, in no act.
pub(super) fn judge(rules: &PaymentRules, evidence: &Evidence) -> Vec<Verdict> {
    let books = &evidence.payments;
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
    if let Some(range) = rules.complete {
        verdicts.push(of("payments are complete", range, complete, format!("of {payments}")));
    }
    verdicts.extend(rules.pace.map(|rule| pace(&rule, evidence)));
    if let Some(charges) = books.charges {
        let twice = format!("of {charges} charges");
        verdicts.push(of("charges are a second one for their ride", rules.charged_twice, books.charged_twice, twice));
        let complete = format!("of {complete} complete");
        verdicts.push(of("complete payments were never charged", rules.uncharged, books.uncharged, complete));
    }
    verdicts
}

/// At full length so many; with compression so many times fewer, and what is left of one is one.
fn pace(rule: &Pace, evidence: &Evidence) -> Verdict {
    let times = f64::from(evidence.compress.max(1));
    let (least, most) = ((rule.count.least / times).floor(), (rule.count.most / times).ceil());
    let range = Range { least, most, ..rule.count };
    let Pace { from, within, count } = rule;
    let compressed = if evidence.compress > 1 {
        format!(", which are {range} when compressed {times} times")
    } else {
        String::new()
    };
    let seen = evidence.payments.pace;
    Verdict {
        expected: format!(
            "{count} payments are completed within {within} s of the first one from second {from} on{compressed}"
        ),
        seen: seen.map_or_else(|| "none at all".to_owned(), |seen| quantity(seen, "payment")),
        passed: seen.is_some_and(|seen| range.holds(seen as f64)),
    }
}

fn reasons(books: &PaymentBooks) -> String {
    let reasons: Vec<String> = books.reasons.iter().map(|(reason, count)| format!("{count} x \"{reason}\"")).collect();
    if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) }
}
