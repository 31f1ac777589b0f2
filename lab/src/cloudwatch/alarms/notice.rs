//! What topics are told.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::state::State;
use crate::template::{Actions, Topic};

/// One message to one topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Name of the topic; its ARN, where the stack has no such topic.
    pub topic: String,
    /// Name of the alarm.
    pub alarm: String,
    /// The state that it went into.
    pub state: State,
    /// Whether the topic took it. Whoever is subscribed has it then.
    pub delivered: bool,
    /// Why not. CloudWatch tells nobody of this.
    pub why: Option<String>,
}

/// Topics by ARN.
pub(super) type Topics = BTreeMap<String, Topic>;

/// What an alarm says that takes the actions of its state.
pub(super) fn notices<'a>(
    alarm: &'a str,
    actions: &'a Actions,
    state: State,
    at: Timestamp,
    topics: &'a Topics,
) -> impl Iterator<Item = Notice> + 'a {
    let arns = match state {
        State::Alarm => &actions.alarm,
        State::Ok => &actions.ok,
        State::InsufficientData => &actions.insufficient_data,
    };
    arns.iter().filter(|_| actions.enabled).map(move |arn| {
        let topic = topics.get(arn);
        let why = match topic {
            Some(topic) => topic.mute.clone(),
            None => Some("the stack has no such topic".to_owned()),
        };
        Notice {
            at_ms: at.as_millisecond(),
            topic: topic.map_or(arn, |topic| &topic.name).clone(),
            alarm: alarm.to_owned(),
            state,
            delivered: why.is_none(),
            why,
        }
    })
}
