//! The body of `POST /record`: what is accepted, written and read again is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::ride::Record;

fuzz_target!(|body: &[u8]| {
    match Record::parse(body) {
        Ok(record) => {
            let written = serde_json::to_vec(&record).expect("a record is JSON");
            let again = Record::parse(&written).expect("what we write we read");
            assert_eq!(format!("{record:?}"), format!("{again:?}"));
        }
        Err(problem) => assert!(problem.status().is_client_error(), "{problem:?}"),
    }
});
