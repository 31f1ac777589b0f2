//! The functions of metric math that the lab evaluates. A template is refused by them when it is read, and the lab's CloudWatch
//! computes them: it knows the template's words, and the template knows nothing of CloudWatch.

/// A function of metric math.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
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
    pub(crate) fn of(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known)| *known == name).map(|(function, _)| *function)
    }

    /// AWS's spelling.
    pub(crate) fn name(self) -> &'static str {
        ALL.iter().find(|(function, _)| *function == self).map_or("", |(_, name)| name)
    }

    /// All names, for a message.
    pub(crate) fn names() -> String {
        ALL.map(|(_, name)| name).join(", ")
    }

    /// Least and greatest number of arguments.
    pub(crate) fn arity(self) -> (usize, usize) {
        match self {
            Self::If => (2, 3),
            Self::Metrics => (0, 1),
            _ => (1, 1),
        }
    }

    /// What it takes, for a message.
    pub(crate) fn takes(self) -> &'static str {
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
