//! The lab's template reader: any text is a stack or an error with a place, never a panic and never endless.
#![no_main]

use libfuzzer_sys::fuzz_target;

// By path, not as a dependency: the lab would bring a database along.
#[path = "../../lab/src/template/mod.rs"]
mod template;

use template::{Inputs, Template};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let inputs = Inputs {
        stack_name: "wild-rydes-dev".to_owned(),
        region: "eu-west-1".to_owned(),
        account_id: "123456789012".to_owned(),
        parameters: Default::default(),
        api_origin: "http://127.0.0.1:3000".to_owned(),
    };
    match Template::parse(text, "fuzz.yaml") {
        Ok(template) => {
            if let Err(error) = template.resolve(&inputs) {
                assert!(!error.to_string().is_empty());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
