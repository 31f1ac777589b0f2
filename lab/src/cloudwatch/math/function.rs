//! The functions that the lab evaluates.

/// A function of metric math.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Avg,
    Ceil,
    Diff,
    Floor,
    If,
    Max,
    Metrics,
    Min,
    Period,
    RunningSum,
    Sum,
    TimeSeries,
}

/// Every function with AWS's spelling.
const ALL: [(Function, &str); 13] = [
    (Function::Abs, "ABS"),
    (Function::Avg, "AVG"),
    (Function::Ceil, "CEIL"),
    (Function::Diff, "DIFF"),
    (Function::Floor, "FLOOR"),
    (Function::If, "IF"),
    (Function::Max, "MAX"),
    (Function::Metrics, "METRICS"),
    (Function::Min, "MIN"),
    (Function::Period, "PERIOD"),
    (Function::RunningSum, "RUNNING_SUM"),
    (Function::Sum, "SUM"),
    (Function::TimeSeries, "TIME_SERIES"),
];

impl Function {
    /// The function of a name; names are in capitals.
    pub(super) fn of(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known)| *known == name).map(|(function, _)| *function)
    }

    /// AWS's spelling.
    pub(super) fn name(self) -> &'static str {
        ALL.iter().find(|(function, _)| *function == self).map_or("", |(_, name)| name)
    }

    /// All names, for a message.
    pub(super) fn names() -> String {
        ALL.map(|(_, name)| name).join(", ")
    }

    /// Least and greatest number of arguments.
    pub(super) fn arity(self) -> (usize, usize) {
        match self {
            Self::If => (2, 3),
            Self::Metrics => (0, 1),
            _ => (1, 1),
        }
    }

    /// What it takes, for a message.
    pub(super) fn takes(self) -> &'static str {
        match self {
            Self::If => {
                "a condition and one or two results: (series, series or number, series or number) or (number, series, series)"
            }
            Self::Metrics => "nothing, or one text in double quotes",
            Self::Period => "the id of a metric",
            Self::TimeSeries => "a number",
            _ => "one series, or an array of series",
        }
    }
}
