use std::fmt;

/// A kind of fault: one key of the configuration, one flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// The handler begins later.
    Latency,
    /// The invocation runs into Lambda's time limit.
    Timeout,
    /// The temporary directory fills.
    Diskspace,
    /// Some hosts cannot be reached.
    Denylist,
    /// A status instead of the handler's answer.
    Statuscode,
    /// The function fails.
    Exception,
    /// The answer's body is another.
    Corruption,
    /// Outbound calls of one service are slow, fail or are throttled. Ours: failure-lambda has no such flag.
    Dependency,
}

impl Mode {
    /// All of them, in the order in which they are injected.
    pub const ALL: [Self; 8] = [
        Self::Latency,
        Self::Timeout,
        Self::Diskspace,
        Self::Denylist,
        Self::Statuscode,
        Self::Exception,
        Self::Corruption,
        Self::Dependency,
    ];

    /// The key of the flag.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Timeout => "timeout",
            Self::Diskspace => "diskspace",
            Self::Denylist => "denylist",
            Self::Statuscode => "statuscode",
            Self::Exception => "exception",
            Self::Corruption => "corruption",
            Self::Dependency => "dependency",
        }
    }

    /// The flag with this key.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// The attributes that the flag has besides those of every flag.
    pub const fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::Latency => &["min_latency", "max_latency"],
            Self::Timeout => &["timeout_buffer_ms"],
            Self::Diskspace => &["disk_space"],
            Self::Denylist => &["deny_list"],
            Self::Statuscode => &["status_code"],
            Self::Exception => &["exception_msg"],
            Self::Corruption => &["body"],
            Self::Dependency => &["service", "operation", "fault", "min_latency", "max_latency", "status_code"],
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
