//! The body of `POST /ride`: an answer is a place on Earth or a problem that blames the caller.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::ride::pickup_location;

fuzz_target!(|body: &[u8]| {
    match pickup_location(body) {
        Ok(location) => {
            assert!((-90.0..=90.0).contains(&location.latitude.degrees()));
            assert!((-180.0..=180.0).contains(&location.longitude.degrees()));
            assert!(serde_json::from_slice::<serde_json::Value>(body).is_ok(), "accepted what is no JSON");
        }
        Err(problem) => assert!(problem.status().is_client_error(), "{problem:?}"),
    }
});
