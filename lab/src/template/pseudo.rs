//! Pseudo parameters, and the forms of AWS's names.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html>

use super::error::{TemplateError, did_you_mean};
use super::model::Inputs;
use super::tree::Node;

const NAMES: &[&str] = &[
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

pub(crate) fn value(name: &str, inputs: &Inputs, user: &Node) -> Result<String, TemplateError> {
    Ok(match name {
        "AWS::AccountId" => inputs.account_id.clone(),
        "AWS::Partition" => partition(&inputs.region).to_owned(),
        "AWS::Region" => inputs.region.clone(),
        "AWS::StackName" => inputs.stack_name.clone(),
        "AWS::StackId" => stack_id(inputs),
        "AWS::URLSuffix" => url_suffix(&inputs.region).to_owned(),
        "AWS::NotificationARNs" => return Err(user.error("AWS::NotificationARNs: the lab notifies no topics")),
        other => {
            let hint = did_you_mean(other, NAMES.iter().copied());
            return Err(user.error(format!("there is no pseudo parameter {other}{hint}")));
        }
    })
}

pub(crate) fn arn(inputs: &Inputs, service: &str, resource: &str) -> String {
    let Inputs { region, account_id, .. } = inputs;
    format!("arn:{}:{service}:{region}:{account_id}:{resource}", partition(region))
}

pub(crate) fn global_arn(inputs: &Inputs, service: &str, resource: &str) -> String {
    format!("arn:{}:{service}::{}:{resource}", partition(&inputs.region), inputs.account_id)
}

/// Where a service is.
pub(crate) fn origin(inputs: &Inputs, service: &str) -> String {
    format!("https://{service}.{}.{}", inputs.region, url_suffix(&inputs.region))
}

/// Host of an API's stages.
pub(crate) fn api_origin(inputs: &Inputs, api_id: &str) -> String {
    format!("https://{api_id}.execute-api.{}.{}", inputs.region, url_suffix(&inputs.region))
}

/// `length` characters of `alphabet`, the same for the same stack and logical id: names that AWS draws at random.
pub(crate) fn drawn(inputs: &Inputs, id: &str, alphabet: &[u8], length: usize) -> String {
    // FNV-1a: stable over releases of Rust, which the standard hasher does not promise.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in inputs.stack_name.bytes().chain([0]).chain(id.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    (0..length)
        .map(|_| {
            // One step of SplitMix64 a character, so that every character depends on the whole hash.
            hash = hash.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            char::from(alphabet[((mixed ^ (mixed >> 31)) % alphabet.len() as u64) as usize])
        })
        .collect()
}

pub(crate) const LOWER_AND_DIGITS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
pub(crate) const LETTERS_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
pub(crate) const UPPER_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The same, with the shape of a UUID.
pub(crate) fn uuid(inputs: &Inputs, id: &str) -> String {
    let hex = drawn(inputs, id, b"0123456789abcdef", 32);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn stack_id(inputs: &Inputs) -> String {
    arn(inputs, "cloudformation", &format!("stack/{}/{}", inputs.stack_name, uuid(inputs, "AWS::StackId")))
}

fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

fn url_suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}
