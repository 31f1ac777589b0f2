//! The event that API Gateway (REST, Lambda proxy) hands to a function.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};

use super::context::Context;
use super::router::Matched;

/// What API Gateway adds on the way to the function.
pub(super) fn forwarded_headers(context: &Context, headers: &HeaderMap) -> HeaderMap {
    let mut forwarded = headers.clone();
    let mut add = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            forwarded.insert(name, value);
        }
    };
    let before = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let chain = before.map_or(String::new(), |before| format!("{before}, "));
    add("x-forwarded-for", &format!("{chain}{}", context.source_ip));
    add("x-forwarded-proto", "https");
    add("x-forwarded-port", "443");
    add("x-amzn-trace-id", &context.trace_header);
    forwarded
}

/// The event of one request, as JSON.
///
/// The API declares no binary media types, so a body is text: bytes that are no UTF-8 become U+FFFD.
pub(super) fn of(
    context: &Context,
    matched: &Matched<'_>,
    headers: &HeaderMap,
    query: Option<&str>,
    body: &Bytes,
) -> Bytes {
    let (single_headers, multi_headers) = headers_of(headers);
    let (single_query, multi_query) = query_of(query);
    let parameters = match matched.parameters.is_empty() {
        true => Value::Null,
        false => json!(matched.parameters),
    };
    let body = match body.is_empty() {
        true => Value::Null,
        false => Value::String(String::from_utf8_lossy(body).into_owned()),
    };
    let caller = &context.caller;
    let mut event = json!({
        "resource": matched.resource,
        "path": context.path,
        "httpMethod": context.method,
        "headers": single_headers,
        "multiValueHeaders": multi_headers,
        "queryStringParameters": single_query,
        "multiValueQueryStringParameters": multi_query,
        "pathParameters": parameters,
        "stageVariables": null,
        "requestContext": {
            "resourceId": format!("{:06x}", matched.resource.len()),
            "resourcePath": matched.resource,
            "httpMethod": context.method,
            "extendedRequestId": context.extended_request_id,
            "requestTime": context.request_time(),
            "path": format!("/{}{}", context.stage, context.path),
            "accountId": context.account_id,
            "protocol": "HTTP/1.1",
            "stage": context.stage,
            "domainPrefix": context.api_id,
            "requestTimeEpoch": context.received.as_millisecond(),
            "requestId": context.request_id,
            "identity": {
                "cognitoIdentityPoolId": null, "accountId": caller.identity("accountId"), "cognitoIdentityId": null,
                "caller": caller.identity("caller"), "sourceIp": context.source_ip.to_string(), "principalOrgId": null,
                "accessKey": caller.identity("accessKey"), "cognitoAuthenticationType": null,
                "cognitoAuthenticationProvider": null, "userArn": caller.identity("userArn"),
                "userAgent": context.user_agent, "user": caller.identity("user"),
            },
            "domainName": context.domain,
            "apiId": context.api_id,
        },
        "body": body,
        "isBase64Encoded": false,
    });
    if let Some(claims) = caller.claims() {
        event["requestContext"]["authorizer"] = json!({"claims": claims});
    }
    event.to_string().into()
}

/// Single values hold the last of a repeated header; the multi-value map holds all.
fn headers_of(headers: &HeaderMap) -> (Value, Value) {
    let (mut single, mut multi) = (Map::new(), Map::new());
    for (name, value) in headers {
        let value = Value::String(String::from_utf8_lossy(value.as_bytes()).into_owned());
        append(&mut multi, name.as_str(), value.clone());
        single.insert(name.as_str().to_owned(), value);
    }
    (Value::Object(single), Value::Object(multi))
}

fn query_of(query: Option<&str>) -> (Value, Value) {
    let (mut single, mut multi) = (Map::new(), Map::new());
    for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        append(&mut multi, &name, Value::String(value.to_string()));
        single.insert(name.into_owned(), Value::String(value.into_owned()));
    }
    match single.is_empty() {
        true => (Value::Null, Value::Null),
        false => (Value::Object(single), Value::Object(multi)),
    }
}

fn append(map: &mut Map<String, Value>, name: &str, value: Value) {
    if let Value::Array(values) = map.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
        values.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_header_keeps_its_last_value_and_all_values() {
        let mut headers = HeaderMap::new();
        headers.append("x-a", "1".parse().expect("a value"));
        headers.append("x-a", "2".parse().expect("a value"));
        let (single, multi) = headers_of(&headers);
        assert_eq!(single, json!({"x-a": "2"}));
        assert_eq!(multi, json!({"x-a": ["1", "2"]}));
    }

    #[test]
    fn a_query_is_decoded_and_absence_is_null() {
        assert_eq!(query_of(None), (Value::Null, Value::Null));
        let (single, multi) = query_of(Some("a=1&a=%20&b"));
        assert_eq!(single, json!({"a": " ", "b": ""}));
        assert_eq!(multi, json!({"a": ["1", " "], "b": [""]}));
    }
}
