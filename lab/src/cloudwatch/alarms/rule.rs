//! The rule of a composite alarm.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html>

use super::state::State;

/// Most alarms that a rule names.
pub(super) const MAX_CHILDREN: usize = 100;

/// Most elements: alarms, TRUE, FALSE and pairs of parentheses.
pub(super) const MAX_ELEMENTS: usize = 500;

/// Deepest parentheses; the lab's own limit, so that no template can exhaust its stack.
pub(super) const MAX_DEPTH: usize = 64;

/// A rule that has been read. `C` is how it names other alarms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule<C> {
    /// `TRUE`, `FALSE`
    Always(bool),
    /// `ALARM(a)`
    Is(State, C),
    /// `NOT a`
    Not(Box<Rule<C>>),
    /// `a AND b`
    And(Box<Rule<C>>, Box<Rule<C>>),
    /// `a OR b`
    Or(Box<Rule<C>>, Box<Rule<C>>),
    /// `AT_LEAST(2, NOT OK, (a, b, c))`
    AtLeast {
        /// How many.
        share: Share,
        /// Whether those count that are not in the state.
        negated: bool,
        /// Which state.
        state: State,
        /// Of which alarms.
        children: Vec<C>,
    },
}

/// How many of the alarms of an `AT_LEAST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// `2`
    Count(usize),
    /// `60%`
    Percent(usize),
}

impl<C> Rule<C> {
    /// Whether it holds, given the state of each alarm.
    pub(super) fn holds(&self, state_of: &impl Fn(&C) -> State) -> bool {
        match self {
            Self::Always(value) => *value,
            Self::Is(state, child) => state_of(child) == *state,
            Self::Not(rule) => !rule.holds(state_of),
            Self::And(left, right) => left.holds(state_of) && right.holds(state_of),
            Self::Or(left, right) => left.holds(state_of) || right.holds(state_of),
            Self::AtLeast { share, negated, state, children } => {
                let held = children.iter().filter(|child| (state_of(child) == *state) != *negated).count();
                match share {
                    Share::Count(wanted) => held >= *wanted,
                    Share::Percent(wanted) => held * 100 >= wanted * children.len(),
                }
            }
        }
    }

    /// The alarms that it names, in the order in which it names them.
    pub(super) fn children(&self) -> Vec<&C> {
        match self {
            Self::Always(_) => Vec::new(),
            Self::Is(_, child) => vec![child],
            Self::Not(rule) => rule.children(),
            Self::And(left, right) | Self::Or(left, right) => [left.children(), right.children()].concat(),
            Self::AtLeast { children, .. } => children.iter().collect(),
        }
    }

    /// The same rule with other names.
    pub(super) fn try_map<D, E>(&self, name: &mut impl FnMut(&C) -> Result<D, E>) -> Result<Rule<D>, E> {
        Ok(match self {
            Self::Always(value) => Rule::Always(*value),
            Self::Is(state, child) => Rule::Is(*state, name(child)?),
            Self::Not(rule) => Rule::Not(Box::new(rule.try_map(name)?)),
            Self::And(left, right) => Rule::And(Box::new(left.try_map(name)?), Box::new(right.try_map(name)?)),
            Self::Or(left, right) => Rule::Or(Box::new(left.try_map(name)?), Box::new(right.try_map(name)?)),
            Self::AtLeast { share, negated, state, children } => Rule::AtLeast {
                share: *share,
                negated: *negated,
                state: *state,
                children: children.iter().map(name).collect::<Result<_, _>>()?,
            },
        })
    }
}

/// Why a rule cannot be read. Positions count bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Something else belongs here.
    #[error("{wanted} is expected at {at}, not {found}")]
    Expected {
        /// What belongs there.
        wanted: &'static str,
        /// What is there.
        found: String,
        /// Where.
        at: usize,
    },
    /// A name in quotes that does not end.
    #[error("the name that begins at {0} does not end")]
    Quote(usize),
    /// More alarms than AWS takes.
    #[error("a rule names at most {MAX_CHILDREN} alarms, and this names {0}")]
    Children(usize),
    /// More elements than AWS takes.
    #[error("a rule has at most {MAX_ELEMENTS} elements")]
    Elements,
    /// Nested deeper than the lab follows.
    #[error("a rule nested more than {MAX_DEPTH} levels deep is not evaluated")]
    TooDeep,
    /// `AT_LEAST` of none or of more than all.
    #[error("AT_LEAST takes from 1 to all of its alarms, or from 1% to 100%, and {0} is neither")]
    Share(String),
}
