//! What API Gateway tells CloudWatch of a request.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html>

use jiff::Timestamp;

use super::context::Context;
use crate::instruments::{Instruments, Reading};
use crate::template::RestApi;

const NAMESPACE: &str = "AWS/ApiGateway";

/// Writes down one answered request, at the moment of its answer; AWS does not say which moment it takes.
///
/// The two error metrics are 0 where there was no error, since their average is documented as the error rate. They go by the
/// status that the caller saw ("counts modified gateway response status codes"), so that a throttled invocation which a
/// gateway response makes a 429 is a 4XX. Requests that the API throttles count as 4XX; AWS may leave out "excessive 429"
/// ones, and leaves out 413 and 431 (<https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-monitor.html>).
/// A mock has no backend and so no `IntegrationLatency` here, on which AWS says nothing.
pub(super) fn answered(context: &Context, api: &RestApi, instruments: &Instruments) {
    if matches!(context.status, 413 | 431) {
        return;
    }
    let one_if = |holds: bool| f64::from(u8::from(holds));
    let mut readings = vec![
        Reading::count("Count", 1.0),
        Reading::count("4XXError", one_if((400..500).contains(&context.status))),
        Reading::count("5XXError", one_if(context.status >= 500)),
        // Whole milliseconds, as the access log has them.
        Reading::milliseconds("Latency", context.started.elapsed().as_millis() as f64),
    ];
    if let Some(latency) = context.integration.latency_ms {
        readings.push(Reading::milliseconds("IntegrationLatency", latency as f64));
    }
    let (name, stage) = (("ApiName", api.name.as_str()), ("Stage", api.stage.as_str()));
    let by_method = [name, stage, ("Resource", context.resource.as_str()), ("Method", context.method.as_str())];
    let all: [&[(&str, &str)]; 3] = [&[name], &[name, stage], &by_method];
    // By method only when asked for, and only where there is one: a stranger's path is no resource.
    let detailed = api.detailed_metrics && context.resource != "-";
    instruments.read(NAMESPACE, &readings, Timestamp::now(), &all[..if detailed { 3 } else { 2 }]);
}
