//! A request of a stranger as an event, REST and HTTP API: method, query, headers and body are the stranger's; path, host and context are
//! API Gateway's, which routes by them and lets nothing else through.
#![no_main]

use std::sync::LazyLock;

use lambda_http::request::LambdaRequest;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

static REST: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../events/ride-post.json")).expect("JSON"));
static HTTP_API: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../events/ride-post-http-api.json")).expect("JSON"));

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(4, '\u{1}');
    let mut next = || parts.next().unwrap_or_default();
    let (method, query, headers, body) = (next(), next(), next(), next());

    let mut rest = REST.clone();
    rest["httpMethod"] = method.into();
    rest["requestContext"]["httpMethod"] = method.into();
    rest["body"] = body.into();
    let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    rest["queryStringParameters"] =
        pairs.iter().map(|(name, value)| (name.to_string(), json!(value))).collect::<Map<_, _>>().into();
    rest["multiValueQueryStringParameters"] =
        pairs.iter().map(|(name, value)| (name.to_string(), json!([value]))).collect::<Map<_, _>>().into();
    let fields: Vec<(&str, &str)> = headers.lines().filter_map(|line| line.split_once(':')).collect();
    for (name, value) in &fields {
        // The gateway sets these itself, and takes no header that HTTP does not allow.
        let own = ["host", "x-forwarded-proto"].iter().any(|own| name.eq_ignore_ascii_case(own));
        if !own && http::HeaderName::try_from(*name).is_ok() && http::HeaderValue::try_from(*value).is_ok() {
            rest["headers"][*name] = json!(value);
            rest["multiValueHeaders"][*name] = json!([value]);
        }
    }
    receive(&rest);

    // What is no request target is no HTTP request. (lambda_http 1.3 panics on such a raw query string.)
    if http::Uri::try_from(format!("/?{query}")).is_err() {
        return;
    }
    let mut http_api = HTTP_API.clone();
    http_api["rawQueryString"] = query.into();
    http_api["body"] = body.into();
    http_api["requestContext"]["http"]["method"] = method.into();
    receive(&http_api);
});

fn receive(event: &Value) {
    // A method that is none is refused, not served: an error is fine, a panic is not.
    if let Ok(request) = serde_json::from_value::<LambdaRequest>(event.clone()) {
        let request: http::Request<lambda_http::Body> = request.into();
        let _ = (request.uri().query().map(str::len), request.headers().len(), request.body().len());
    }
}
