//! Composite alarms in the order in which they need each other.

use super::composite::{Composite, Place};
use super::error::AlarmError;

/// An order of evaluation: each after what it names. The first composite alarm has place `first`.
///
/// # Errors
/// Alarms that depend on each other.
pub(super) fn order(composites: &[Composite], first: Place) -> Result<Vec<usize>, AlarmError> {
    let mut ordered = Vec::with_capacity(composites.len());
    let mut left: Vec<usize> = (0..composites.len()).collect();
    while !left.is_empty() {
        let waits = |index: &usize| {
            composites[*index].needs().filter_map(|place| place.checked_sub(first)).any(|need| left.contains(&need))
        };
        let (waiting, ready): (Vec<_>, Vec<_>) = left.iter().copied().partition(waits);
        if ready.is_empty() {
            return Err(AlarmError::Circle(
                waiting.iter().map(|index| composites[*index].alarm.name.clone()).collect(),
            ));
        }
        ordered.extend(ready);
        left = waiting;
    }
    Ok(ordered)
}
