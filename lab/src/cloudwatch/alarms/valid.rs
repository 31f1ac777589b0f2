//! What CloudWatch refuses in a metric alarm, and what the lab does not evaluate.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>

use super::error::AlarmError;
use super::metric::period_of;
use crate::cloudwatch::math;
use crate::template::Alarm;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

/// Reads what an alarm compares.
///
/// # Errors
/// Why it cannot be evaluated.
pub(super) fn prepare(alarm: &Alarm) -> Result<math::Prepared, AlarmError> {
    let name = || alarm.name.clone();
    let mut compared = alarm.queries.iter().filter(|query| query.return_data);
    let (Some(query), None) = (compared.next(), compared.next()) else { return Err(AlarmError::ReturnData(name())) };
    let prepared = math::Prepared::new(&alarm.queries, &query.id);
    let prepared = prepared.map_err(|reason| AlarmError::Math { alarm: name(), reason })?;
    let (datapoints, periods) = (alarm.datapoints_to_alarm, alarm.evaluation_periods);
    if datapoints == 0 || datapoints > periods {
        return Err(AlarmError::Datapoints { alarm: name(), datapoints, periods });
    }
    let period = period_of(alarm).as_secs();
    if period == 0 || !period.is_multiple_of(60) {
        return Err(AlarmError::Period(name()));
    }
    let longest = if period < HOUR { DAY } else { 7 * DAY };
    if period.saturating_mul(u64::from(periods)) > longest {
        return Err(AlarmError::TooLong(name()));
    }
    Ok(prepared)
}
