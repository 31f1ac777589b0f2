//! Which requests are traced: sampling rules.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html>

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::template::{SamplingRule, wildcard};

/// What a rule is matched against.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// `{api name}/{stage}`, or the function's name.
    pub service_name: &'a str,
    /// `AWS::ApiGateway::Stage`.
    pub service_type: &'a str,
    /// The `Host` header.
    pub host: &'a str,
    /// `POST`.
    pub http_method: &'a str,
    /// The URL's path, stage included.
    pub url_path: &'a str,
    /// ARN of the stage or function.
    pub resource_arn: &'a str,
}

/// Decides by rules, lowest priority first, and by X-Ray's default rule where none matches.
pub struct Sampler {
    rules: Mutex<Vec<Reservoir>>,
    random: Box<dyn Fn() -> f64 + Send + Sync>,
}

/// A rule and what it has let through in the current second.
#[derive(Debug)]
struct Reservoir {
    rule: SamplingRule,
    second: i64,
    taken: u32,
}

impl Sampler {
    /// A sampler whose `random` returns numbers from 0 to below 1.
    pub fn new(
        rules: impl IntoIterator<Item = SamplingRule>,
        random: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Self {
        let mut rules: Vec<SamplingRule> = rules.into_iter().chain([default_rule()]).collect();
        // Rules of one priority go by name.
        rules.sort_by(|a, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
        let rules = rules.into_iter().map(|rule| Reservoir { rule, second: i64::MIN, taken: 0 }).collect();
        Self { rules: Mutex::new(rules), random: Box::new(random) }
    }

    /// Whether this one is traced: the first matching rule lets its reservoir through each second, and its rate of the rest.
    pub fn decide(&self, candidate: &Candidate<'_>, now: Timestamp) -> bool {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(matching) = rules.iter_mut().find(|reservoir| reservoir.matches(candidate)) else { return false };
        let second = now.as_second();
        if matching.second != second {
            (matching.second, matching.taken) = (second, 0);
        }
        if matching.taken < matching.rule.reservoir {
            matching.taken += 1;
            return true;
        }
        (self.random)() < matching.rule.fixed_rate
    }
}

impl Default for Sampler {
    /// The default rule alone.
    fn default() -> Self {
        Self::new([], fastrand::f64)
    }
}

impl std::fmt::Debug for Sampler {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sampler").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Reservoir {
    fn matches(&self, candidate: &Candidate<'_>) -> bool {
        let rule = &self.rule;
        [
            (&rule.service_name, candidate.service_name),
            (&rule.service_type, candidate.service_type),
            (&rule.host, candidate.host),
            (&rule.http_method, candidate.http_method),
            (&rule.url_path, candidate.url_path),
            (&rule.resource_arn, candidate.resource_arn),
        ]
        .iter()
        .all(|(pattern, text)| wildcard::matches(pattern.as_bytes(), text.as_bytes()))
    }
}

/// "The default rule traces the first request each second, and five percent of any additional requests".
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-sampling>
fn default_rule() -> SamplingRule {
    let any = || "*".to_owned();
    SamplingRule {
        name: "Default".to_owned(),
        priority: 10_000,
        reservoir: 1,
        fixed_rate: 0.05,
        service_name: any(),
        service_type: any(),
        host: any(),
        http_method: any(),
        url_path: any(),
        resource_arn: any(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const RIDE: Candidate<'_> = Candidate {
        service_name: "wild-rydes-dev/dev",
        service_type: "AWS::ApiGateway::Stage",
        host: "127.0.0.1:3000",
        http_method: "POST",
        url_path: "/dev/ride",
        resource_arn: "arn:aws:apigateway:eu-west-1::/restapis/abc/stages/dev",
    };

    /// 0.00, 0.01, ... 0.99, and again.
    fn evenly() -> impl Fn() -> f64 + Send + Sync {
        let next = AtomicU32::new(0);
        move || f64::from(next.fetch_add(1, Ordering::Relaxed) % 100) / 100.0
    }

    fn taken(sampler: &Sampler, candidate: &Candidate<'_>, second: i64, requests: usize) -> usize {
        let now = Timestamp::from_second(second).expect("in range");
        (0..requests).filter(|_| sampler.decide(candidate, now)).count()
    }

    #[test]
    fn without_rules_one_a_second_and_five_percent_are_traced() {
        let sampler = Sampler::new([], evenly());
        assert_eq!(taken(&sampler, &RIDE, 1, 101), 6);
        assert_eq!(taken(&sampler, &RIDE, 2, 1), 1, "the reservoir is full again in the next second");
    }

    #[test]
    fn the_lowest_priority_that_matches_decides() {
        let rule = |name: &str, priority, fixed_rate, path: &str| SamplingRule {
            name: name.to_owned(),
            priority,
            reservoir: 2,
            fixed_rate,
            url_path: path.to_owned(),
            ..default_rule()
        };
        let sampler = Sampler::new([rule("b", 20, 1.0, "*"), rule("a", 10, 0.0, "/dev/rid?")], evenly());
        assert_eq!(taken(&sampler, &RIDE, 1, 50), 2);
        assert_eq!(taken(&sampler, &Candidate { url_path: "/dev/health", ..RIDE }, 1, 50), 50);
    }

    #[test]
    fn a_rule_for_another_service_does_not_match() {
        let other = SamplingRule { service_name: "other/*".to_owned(), fixed_rate: 1.0, priority: 1, ..default_rule() };
        assert_eq!(taken(&Sampler::new([other], || 0.5), &RIDE, 1, 10), 1);
    }
}
