use serde_json::Value;
use shared::problem::Problem;
use shared::ride::Label;
use shared::service::Call;

/// Where the probe books. API Gateway lets nobody in here but the probe's role.
pub(crate) const PROBE_ROUTE: &str = "/probe/ride";

/// Who rides when the probe books: a name that no subject of a user pool can be, since those are UUIDs.
const PROBE: &str = "heartbeat-probe";

/// Who rides: the probe on its own route, else the subject of the token that the user pool's authoriser has checked.
/// Nobody in particular when the route has no such authoriser.
///
/// The route is what API Gateway says that it matched: no header, body or token makes a rider the probe, or the probe
/// another rider.
///
/// # Errors
/// There was a token, and it names nobody. Such a ride must not become a stranger's, or nobody's.
pub(crate) fn rider(call: &Call) -> Result<Option<Label>, Problem> {
    if call.path() == PROBE_ROUTE {
        return Label::try_from(PROBE.to_owned()).map(Some).map_err(|_| Problem::Internal);
    }
    let Some(claims) = call.authorizer().and_then(|fields| fields.get("claims")) else { return Ok(None) };
    let subject = claims.get("sub").and_then(Value::as_str).map(str::to_owned);
    let rider = subject.and_then(|subject| Label::try_from(subject).ok());
    rider.map(Some).ok_or(Problem::Forbidden("The token does not say who rides."))
}
