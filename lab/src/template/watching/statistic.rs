//! Statistics by their names.

use crate::template::error::TemplateError;
use crate::template::tree::Node;
use crate::template::watched::Statistic;

/// What `Stat`, `Statistic` and `ExtendedStatistic` may say.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html>
pub(crate) fn read(node: &Node) -> Result<Statistic, TemplateError> {
    let text = node.text()?;
    Statistic::named(&text).ok_or_else(|| {
        node.error(format!(
            "the lab knows no statistic \"{text}\": Average, Maximum, Minimum, SampleCount, Sum, or a percentile such as p99.9"
        ))
    })
}

impl Statistic {
    /// The statistic of a name: `Sum`, `p99.9`. Trimmed means and the like are none that the lab computes.
    pub fn named(text: &str) -> Option<Self> {
        Some(match text {
            "Average" => Statistic::Average,
            "Maximum" => Statistic::Maximum,
            "Minimum" => Statistic::Minimum,
            "SampleCount" => Statistic::SampleCount,
            "Sum" => Statistic::Sum,
            _ => {
                let percent = text.strip_prefix('p')?;
                let plain = percent.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
                let percent = percent.parse().ok().filter(|percent: &f64| plain && (0.0..=100.0).contains(percent))?;
                Statistic::Percentile(percent)
            }
        })
    }
}
