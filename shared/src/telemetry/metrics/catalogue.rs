//! Every metric that there is.

use super::{Count, Metric, Milliseconds, OfDependency, OfFault, OfRide, OfService};

/// How long a request took, from its event to its answer.
pub const REQUEST_LATENCY: Metric<Milliseconds, OfService> = Metric::new("RequestLatency");
/// 1 for the first request of a process, else 0.
pub const COLD_START: Metric<Count, OfService> = Metric::new("ColdStart");
/// How often a request used a kept value without reading it: an address out of SSM, the fleet.
pub const CACHE_HITS: Metric<Count, OfService> = Metric::new("CacheHits");
/// How often a request had to read such a value, whether that worked or not.
pub const CACHE_MISSES: Metric<Count, OfService> = Metric::new("CacheMisses");
/// 1 for each update of the stack that ran the custom resource.
pub const DEPLOYMENTS: Metric<Count, OfService> = Metric::new("Deployments");
/// 1 if the probe's ride was booked, else 0.
pub const HEARTBEAT_RIDES: Metric<Count, OfService> = Metric::new("HeartbeatRides");

/// How long a call took, with all its attempts and the pauses between them.
pub const DEPENDENCY_LATENCY: Metric<Milliseconds, OfDependency> = Metric::new("DependencyLatency");
/// 1 for a call that failed after all its attempts, else 0.
pub const DEPENDENCY_ERRORS: Metric<Count, OfDependency> = Metric::new("DependencyErrors");
/// How many attempts of a call came after the first.
pub const RETRIES: Metric<Count, OfDependency> = Metric::new("Retries");

/// 1 for each fault that was injected on purpose.
pub const FAULTS_INJECTED: Metric<Count, OfFault> = Metric::new("FaultsInjected");

/// 1 for a valid request for a new ride.
pub const RIDES_REQUESTED: Metric<Count, OfRide> = Metric::new("RidesRequested");
/// 1 for a new ride that its rider was promised.
pub const RIDES_ACCEPTED: Metric<Count, OfRide> = Metric::new("RidesAccepted");
/// 1 for a new ride in the table.
pub const RIDES_RECORDED: Metric<Count, OfRide> = Metric::new("RidesRecorded");

/// 1 for each payment that got its row, when it got it.
pub const PAYMENTS_PLACED: Metric<Count, OfService> = Metric::new("PaymentsPlaced");
/// 1 for each payment that was charged, when its row says so.
pub const PAYMENTS_PROCESSED: Metric<Count, OfService> = Metric::new("PaymentsProcessed");
/// 1 for each payment that failed for good, at once when its row says so; once more when it may not have been told.
pub const PAYMENTS_FAILED: Metric<Count, OfService> = Metric::new("PaymentsFailed");
/// How often finance was asked.
pub const PAYMENT_ATTEMPTS: Metric<Count, OfService> = Metric::new("PaymentAttempts");
/// How many of those brought no charge, whether they are tried again or not.
pub const PAYMENT_ATTEMPTS_FAILED: Metric<Count, OfService> = Metric::new("PaymentAttemptsFailed");
/// How many payments were put off because finance did not answer others, or because of trouble of our own: no address, a
/// table that cannot be read or written.
pub const PAYMENTS_HELD: Metric<Count, OfService> = Metric::new("PaymentsHeld");
/// How many events were left out because nobody can read them: each is a ride that may go unpaid.
pub const UNREADABLE_EVENTS: Metric<Count, OfService> = Metric::new("UnreadableEvents");
