use super::fields::Fields;
use super::mode::Mode;
use super::pattern::{MOST_PATTERNS, Pattern};
use http::StatusCode;
use serde_json::Value;
use std::time::Duration;

/// The longest wait, in milliseconds: Lambda's longest time limit.
const LONGEST_WAIT_MS: f64 = 900_000.0;
/// The most that is written to the temporary directory, in MB: the largest that Lambda gives.
const MOST_MEGABYTES: f64 = 10_240.0;

/// What a flag does, with its attributes.
#[derive(Debug, Clone)]
pub enum What {
    /// Waits before the handler.
    Latency(Delay),
    /// Waits until the time limit, less this.
    Timeout(Duration),
    /// Writes so many bytes to the temporary directory.
    Diskspace(u64),
    /// Refuses hosts that match one of these.
    Denylist(Vec<Pattern>),
    /// Answers this status.
    Statuscode(StatusCode),
    /// Fails with this message.
    Exception(String),
    /// Answers this body; without one, a part of the handler's own and three replacement characters.
    Corruption(Option<String>),
    /// Does something to outbound calls.
    Dependency(Dependency),
}

/// A wait of a random length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delay {
    min_ms: f64,
    max_ms: f64,
}

/// What happens to the calls of one service.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The service, by its name in metrics.
    pub service: String,
    /// The operation: `PutItem` of an AWS service, the method (`POST`) of another. All of them without it.
    pub operation: Option<String>,
    /// What happens.
    pub effect: Effect,
}

/// What happens to one outbound call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    /// It begins later. A wait longer than its time limit is a time-out.
    Latency(Delay),
    /// It is answered with this status, and never sent.
    Error(StatusCode),
    /// It is answered as the service answers whom it slows down, and never sent.
    Throttle,
}

/// Services that are called, by their names in metrics. A name that is none of these would never be met.
pub const SERVICES: [&str; 6] = ["dynamodb", "sqs", "ssm", "request-unicorn", "put-ride-record", "finance"];

impl Delay {
    /// The wait at this throw of dice, from 0 up to 1, in whole milliseconds.
    pub fn at(&self, throw: f64) -> Duration {
        let range = (self.max_ms - self.min_ms).max(0.0);
        Duration::from_millis((self.min_ms + throw * range).clamp(0.0, LONGEST_WAIT_MS) as u64)
    }

    fn read(fields: &mut Fields<'_>) -> Self {
        let must = "must be a number of milliseconds, 0 or more";
        let [min, max] = ["min_latency", "max_latency"].map(|key| fields.number(key, must, |ms| ms >= 0.0));
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            fields.complain("max_latency", "must not be less than min_latency");
        }
        Self { min_ms: min.unwrap_or(0.0), max_ms: max.unwrap_or(0.0) }
    }
}

impl What {
    /// The flag that does it.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Latency(_) => Mode::Latency,
            Self::Timeout(_) => Mode::Timeout,
            Self::Diskspace(_) => Mode::Diskspace,
            Self::Denylist(_) => Mode::Denylist,
            Self::Statuscode(_) => Mode::Statuscode,
            Self::Exception(_) => Mode::Exception,
            Self::Corruption(_) => Mode::Corruption,
            Self::Dependency(_) => Mode::Dependency,
        }
    }

    /// Reads the attributes of a flag. What is wrong is told, and something else stands in its place.
    pub(super) fn read(mode: Mode, fields: &mut Fields<'_>) -> Option<Self> {
        Some(match mode {
            Mode::Latency => Self::Latency(Delay::read(fields)),
            Mode::Timeout => {
                let must = "must be a number of milliseconds, 0 or more";
                let buffer = fields.number("timeout_buffer_ms", must, |ms| ms >= 0.0);
                Self::Timeout(Duration::from_millis(buffer.unwrap_or(0.0).min(LONGEST_WAIT_MS) as u64))
            }
            Mode::Diskspace => {
                let must = "must be a number of MB, more than 0 and at most 10240";
                let megabytes = fields.number("disk_space", must, |mb| mb > 0.0 && mb <= MOST_MEGABYTES);
                Self::Diskspace((megabytes.unwrap_or(100.0) * 1_048_576.0) as u64)
            }
            Mode::Denylist => Self::Denylist(patterns(fields)),
            Mode::Statuscode => {
                // No success: a 201 means stored, on purpose too.
                Self::Statuscode(status(fields, 300..=599).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
            }
            Mode::Exception => Self::Exception(fields.text("exception_msg").unwrap_or("Injected exception").to_owned()),
            Mode::Corruption => Self::Corruption(fields.text("body").map(str::to_owned)),
            Mode::Dependency => Self::Dependency(Dependency::read(fields)?),
        })
    }
}

impl Dependency {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let known = |value: &Value| value.as_str().filter(|name| SERVICES.contains(name)).map(str::to_owned);
        let must = format!("must be one of {}", SERVICES.join(", "));
        let service = fields.optional("service", &must, known);
        if fields.get("service").is_none() {
            fields.complain("service", must);
        }
        let operation = fields.text("operation").map(str::to_owned);
        let delay = Delay::read(fields);
        let status = status(fields, 400..=599).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let effect = match fields.get("fault").and_then(Value::as_str) {
            Some("latency") => Some(Effect::Latency(delay)),
            Some("error") => Some(Effect::Error(status)),
            Some("throttle") => Some(Effect::Throttle),
            _ => {
                fields.complain("fault", "must be one of latency, error, throttle");
                None
            }
        };
        Some(Self { service: service?, operation, effect: effect? })
    }

    /// Whether a call is one of those.
    pub fn is_about(&self, service: &str, operation: &str) -> bool {
        self.service == service && self.operation.as_deref().is_none_or(|own| own == operation)
    }
}

fn status(fields: &mut Fields<'_>, range: std::ops::RangeInclusive<u16>) -> Option<StatusCode> {
    let must = format!("must be an HTTP status from {} to {}", range.start(), range.end());
    let whole =
        |number: f64| number.fract() == 0.0 && (f64::from(*range.start())..=f64::from(*range.end())).contains(&number);
    let number = fields.number("status_code", &must, whole)?;
    StatusCode::from_u16(number as u16).ok()
}

fn patterns(fields: &mut Fields<'_>) -> Vec<Pattern> {
    let texts = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let listed = fields.optional("deny_list", "must be a list of strings", texts).unwrap_or_default();
    if listed.len() > MOST_PATTERNS {
        fields.complain("deny_list", format!("must have at most {MOST_PATTERNS} patterns"));
        return Vec::new();
    }
    let mut patterns = Vec::new();
    for (index, text) in listed.iter().enumerate() {
        match Pattern::new(text) {
            Ok(pattern) => patterns.push(pattern),
            Err(why) => fields.complain(&format!("deny_list[{index}]"), why),
        }
    }
    patterns
}
