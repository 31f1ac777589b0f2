//! What API Gateway answers a caller that it does not let in.
//!
//! The gateway response types are documented; the messages and exception names are not, and come from answers that
//! people reported. Each constructor names its source.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Type of the gateway response that customises the answer: `INVALID_SIGNATURE`, ...
    pub response_type: &'static str,
    /// Status, unless the gateway response changes it.
    pub status: u16,
    /// For `x-amzn-ErrorType`.
    pub exception: &'static str,
    /// For the body.
    pub message: String,
}

impl Refusal {
    fn forbidden(response_type: &'static str, exception: &'static str, message: impl Into<String>) -> Self {
        Self { response_type, status: 403, exception, message: message.into() }
    }

    /// No signature at all.
    /// <https://repost.aws/knowledge-center/api-gateway-authentication-token-errors>
    pub fn unsigned() -> Self {
        let message = "Missing Authentication Token";
        Self::forbidden("MISSING_AUTHENTICATION_TOKEN", "MissingAuthenticationTokenException", message)
    }

    /// A signature that lacks a part. No response type is documented for it; it is taken to be the one of a bad signature.
    /// <https://github.com/aws-amplify/amplify-flutter/issues/1539>
    pub fn incomplete(message: impl Into<String>) -> Self {
        Self::forbidden("INVALID_SIGNATURE", "IncompleteSignatureException", message)
    }

    /// A word of the header that is no `key=value`.
    ///
    /// Today's gateways quote the header's hash; the older ones quoted the header, token and all.
    pub fn no_pair(header: &[u8]) -> Self {
        Self::incomplete(format!(
            "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '{}'.",
            hashed(header)
        ))
    }

    /// A header in which these sentences say what is missing.
    /// <https://github.com/aws/chalice/issues/828>
    pub fn lacking(sentences: &[&str], header: &[u8]) -> Self {
        Self::incomplete(format!(
            "{} (Hashed with SHA-256 and encoded with Base64) Authorization={}",
            sentences.join(" "),
            hashed(header)
        ))
    }

    /// A signature for another time, place or service, or one that leaves out the host.
    /// <https://github.com/Kong/insomnia/issues/713>, <https://github.com/mhart/aws4/issues/118>,
    /// <https://github.com/aws/aws-sdk-php/issues/2469>
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::forbidden("INVALID_SIGNATURE", "InvalidSignatureException", message)
    }

    /// Another signature than the one calculated here.
    ///
    /// API Gateway shows what should have been signed, the session token included: a gateway response or an access
    /// log that repeats the message repeats the token.
    /// <https://github.com/mhart/aws4/issues/33>
    pub fn mismatch(canonical_request: &[u8], string_to_sign: &str) -> Self {
        let canonical_request = String::from_utf8_lossy(canonical_request);
        Self::invalid(format!(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'{canonical_request}'\n\nThe String-to-Sign should have been\n'{string_to_sign}'\n"
        ))
    }

    /// An access key that nobody has, or a session token that is not the key's.
    /// <https://github.com/kndt84/aws-api-gateway-client/issues/31>
    pub fn unknown_key() -> Self {
        let message = "The security token included in the request is invalid.";
        Self::forbidden("INVALID_SIGNATURE", "UnrecognizedClientException", message)
    }

    /// Temporary credentials past their end.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>
    pub fn expired_credentials() -> Self {
        let message = "The security token included in the request is expired";
        Self::forbidden("EXPIRED_TOKEN", "ExpiredTokenException", message)
    }

    /// A known caller that may not. The account in the resource is masked but for its last four digits.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html>
    pub fn denied(principal: &str, resource: &str, account_id: &str, explicitly: bool) -> Self {
        let shown = account_id.get(account_id.len().saturating_sub(4)..).unwrap_or_default();
        let resource = resource.replacen(account_id, &format!("********{shown}"), 1);
        let suffix = if explicitly { " with an explicit deny" } else { "" };
        let message = format!(
            "User: {principal} is not authorized to perform: execute-api:Invoke on resource: {resource}{suffix}"
        );
        Self::forbidden("ACCESS_DENIED", "AccessDeniedException", message)
    }

    /// No token of the user pool, or not a good one.
    /// <https://repost.aws/knowledge-center/api-gateway-cognito-401-unauthorized>
    pub fn unauthorized() -> Self {
        Self::with_token("Unauthorized")
    }

    /// A token of the user pool past its end.
    /// <https://github.com/aws-amplify/amplify-js/issues/6060>
    pub fn expired_token() -> Self {
        Self::with_token("The incoming token has expired")
    }

    fn with_token(message: &str) -> Self {
        Self {
            response_type: "UNAUTHORIZED",
            status: 401,
            exception: "UnauthorizedException",
            message: message.to_owned(),
        }
    }
}

fn hashed(header: &[u8]) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, header))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_names_the_caller_and_masks_the_account() {
        let resource = "arn:aws:execute-api:eu-west-1:123456789012:abc/dev/POST/record";
        let refusal = Refusal::denied("arn:aws:sts::123456789012:assumed-role/r/f", resource, "123456789012", false);
        assert_eq!(
            refusal.message,
            "User: arn:aws:sts::123456789012:assumed-role/r/f is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********9012:abc/dev/POST/record"
        );
    }

    #[test]
    fn a_refused_header_is_never_repeated() {
        for refusal in [Refusal::no_pair(b"Bearer secret"), Refusal::lacking(&["It lacks all."], b"Bearer secret")] {
            assert!(!refusal.message.contains("secret"), "{}", refusal.message);
        }
    }
}
