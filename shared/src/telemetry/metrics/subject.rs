use jiff::Timestamp;

/// What a value is about. It decides under which dimensions the value counts; no id can be one, because their values
/// are the process's own identity or texts of the program.
pub trait Subject {
    /// The sets of dimensions, by their keys. Each set is a metric of its own in CloudWatch.
    const DIMENSIONS: &'static [&'static [&'static str]];

    /// A dimension of its own: its key and its value.
    fn own(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// When it happened, if that is not now.
    fn at(&self) -> Option<Timestamp> {
        None
    }
}

/// The service itself: `service` and `stage`.
#[derive(Debug, Clone, Copy)]
pub struct OfService;

impl Subject for OfService {
    const DIMENSIONS: &'static [&'static [&'static str]] = &[&["service", "stage"]];
}

/// One of those that the service calls, by name: `service`, `stage` and `dependency`.
#[derive(Debug, Clone, Copy)]
pub struct OfDependency(pub &'static str);

impl Subject for OfDependency {
    const DIMENSIONS: &'static [&'static [&'static str]] = &[&["service", "stage", "dependency"]];

    fn own(&self) -> Option<(&'static str, &'static str)> {
        Some(("dependency", self.0))
    }
}

/// A fault on purpose, by the name of its flag: `service` and `stage`, alone and with `fault`.
#[derive(Debug, Clone, Copy)]
pub struct OfFault(pub &'static str);

impl Subject for OfFault {
    const DIMENSIONS: &'static [&'static [&'static str]] = &[&["service", "stage"], &["service", "stage", "fault"]];

    fn own(&self) -> Option<(&'static str, &'static str)> {
        Some(("fault", self.0))
    }
}

/// A ride: at its RequestTime, whichever service counts it and whenever, so that all counts of one ride fall into one
/// minute and their difference is exact. Per service, and over all services of the stage.
#[derive(Debug, Clone, Copy)]
pub struct OfRide(pub Timestamp);

impl Subject for OfRide {
    const DIMENSIONS: &'static [&'static [&'static str]] = &[&["service", "stage"], &["stage"]];

    fn at(&self) -> Option<Timestamp> {
        // EMF counts milliseconds, and so does a RideId: what is the same there must be the same here.
        Timestamp::from_millisecond(self.0.as_millisecond()).ok()
    }
}
