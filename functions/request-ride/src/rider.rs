use serde_json::Value;
use shared::problem::Problem;
use shared::ride::Label;
use shared::service::Call;

/// Who rides: the subject of the token that the user pool's authoriser has checked. Nobody in particular when the route
/// has no such authoriser.
///
/// # Errors
/// There was a token, and it names nobody. Such a ride must not become a stranger's, or nobody's.
pub(crate) fn rider(call: &Call) -> Result<Option<Label>, Problem> {
    let Some(claims) = call.authorizer().and_then(|fields| fields.get("claims")) else { return Ok(None) };
    let subject = claims.get("sub").and_then(Value::as_str).map(str::to_owned);
    let rider = subject.and_then(|subject| Label::try_from(subject).ok());
    rider.map(Some).ok_or(Problem::Forbidden("The token does not say who rides."))
}
