//! Whether a composite alarm may act, or is kept quiet by its suppressor.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm_Suppression.html>

use jiff::Timestamp;

use super::state::State;
use super::windows::signed;
use crate::template::Suppressor;

/// What keeps a composite alarm quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Quiet {
    /// Nothing.
    #[default]
    No,
    /// `WaitPeriod`: it has changed state, and the suppressor may still follow.
    Wait(Timestamp),
    /// The suppressor is in ALARM.
    Alarm,
    /// `ExtensionPeriod`: the suppressor has gone, and the alarm may still follow.
    Extension(Timestamp),
}

/// Where one composite alarm stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Suppression {
    pub(super) quiet: Quiet,
    /// It has changed state since it last acted.
    owes: bool,
}

impl Suppression {
    /// Whether the alarm takes the actions of its current state now.
    ///
    /// A period that ends has it act on the state that it then has, but only if that state is news: AWS acts on changes.
    pub(super) fn acts(&mut self, now: Timestamp, changed: bool, suppressor: Option<(&Suppressor, State)>) -> bool {
        self.owes |= changed;
        let Some((suppressor, state)) = suppressor else { return std::mem::take(&mut self.owes) };
        if state == State::Alarm {
            self.quiet = Quiet::Alarm;
            return false;
        }
        let after = |period| now.checked_add(signed(period)).unwrap_or(Timestamp::MAX);
        if changed {
            self.quiet = Quiet::Wait(after(suppressor.wait));
        } else if self.quiet == Quiet::Alarm {
            self.quiet = Quiet::Extension(after(suppressor.extension));
        }
        match self.quiet {
            Quiet::Wait(until) | Quiet::Extension(until) if now < until => false,
            _ => {
                self.quiet = Quiet::No;
                std::mem::take(&mut self.owes)
            }
        }
    }
}
