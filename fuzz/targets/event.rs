//! Events as API Gateway (REST) and `cargo lambda watch` (HTTP API) send them: a stranger chooses path, query, headers and body.
#![no_main]

use lambda_http::request::LambdaRequest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|event: &[u8]| {
    // API Gateway is reached by its name, so a Host that is none never arrives; lambda_http would panic on one.
    let text = String::from_utf8_lossy(event).to_ascii_lowercase();
    if text.contains("host") || text.contains("domainname") || text.contains("\"path\"") || text.contains("rawpath") {
        return;
    }
    if let Ok(request) = serde_json::from_slice::<LambdaRequest>(event) {
        let request: http::Request<lambda_http::Body> = request.into();
        let _ = (request.uri().path().len(), request.headers().len(), request.body().len());
    }
});
