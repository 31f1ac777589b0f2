use super::Label;
use crate::json::{self, FieldErrors, Fields};
use crate::problem::FieldError;
use serde::Serialize;

/// One of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Unicorn {
    /// Its name, unique in the fleet.
    pub name: Label,
    /// Its colour.
    pub color: Label,
    /// The id of the device it carries.
    pub device_id: Label,
}

impl Unicorn {
    /// Takes the fields of a unicorn out of an object; what else is in there is the caller's to judge.
    pub fn take(fields: &mut Fields<'_>, errors: &mut FieldErrors) -> Option<Self> {
        let name = fields.text("Name", errors, Label::try_from);
        let color = fields.text("Color", errors, Label::try_from);
        let device_id = fields.text("DeviceId", errors, Label::try_from);
        Some(Self { name: name?, color: color?, device_id: device_id? })
    }

    /// Reads the answer of the fleet service. Fields it may gain one day are not our business.
    ///
    /// # Errors
    /// What is wrong with it, field by field; one error with an empty pointer if it is no object.
    pub fn parse(body: &[u8]) -> Result<Self, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let unicorn = match json::object(body) {
            Ok(mut fields) => Self::take(&mut fields, &mut errors),
            Err(error) => {
                errors.add("", error.to_string());
                None
            }
        };
        errors.into_result().and_then(|()| unicorn.ok_or_else(Vec::new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_with_more_fields_is_still_a_unicorn() {
        let unicorn = Unicorn::parse(br#"{"Name":"Shadowfax","Color":"White","DeviceId":"21fc3d3a","Wings":2}"#);
        assert_eq!(unicorn.map(|unicorn| unicorn.name.as_str().to_owned()), Ok("Shadowfax".to_owned()));
    }

    #[test]
    fn an_error_document_is_no_unicorn() {
        for body in [&b"{\"message\":\"Internal server error\"}"[..], b"", b"null", b"<html>", b"{\"Name\":\"\"}"] {
            assert!(Unicorn::parse(body).is_err(), "{}", String::from_utf8_lossy(body));
        }
    }
}
