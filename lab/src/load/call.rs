//! One request as it is sent.

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::flow::Request;

/// What goes over the wire, the target apart.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    /// With a leading slash.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// About a tenth of a millimetre, in degrees of latitude.
const STEP_DEGREES: f64 = 1e-9;

/// The latitude that tells a rider apart from the others.
pub(super) fn marked(latitude: f64, rider: u64) -> f64 {
    let away = rider as f64 * STEP_DEGREES;
    // Not past the pole.
    if latitude > 0.0 { latitude - away } else { latitude + away }
}

impl Call {
    /// The request of a rider. `mark` tells apart whose it is, where the body has a latitude.
    pub(super) fn of(method: &Method, request: &Request, mark: Option<u64>) -> Self {
        let mut headers = HeaderMap::new();
        let body = match &request.json {
            Some(json) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                let mut json = json.clone();
                if let (Some(rider), Some(latitude)) = (mark, json.pointer_mut("/PickupLocation/Latitude"))
                    && let Some(degrees) = latitude.as_f64()
                {
                    *latitude = marked(degrees, rider).into();
                }
                json.to_string().into()
            }
            None => request.body.clone().unwrap_or_default().into(),
        };
        for (name, value) in &request.headers {
            // The profile was checked when it was read.
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
                headers.insert(name, value);
            }
        }
        Self { method: method.clone(), path: request.url.clone(), headers, body }
    }

    /// The latitude in the body, if it has one.
    pub(super) fn latitude(request: &Request, mark: Option<u64>) -> Option<f64> {
        let degrees = request.json.as_ref()?.pointer("/PickupLocation/Latitude").and_then(Value::as_f64)?;
        Some(mark.map_or(degrees, |rider| marked(degrees, rider)))
    }
}
