//! Tests of the whole reader. Each names its input and what must come of it; tests of a part stand beside the part.

use std::collections::BTreeMap;

use super::*;

mod by_hand;
mod intrinsics;
mod queued;
mod refusals;
mod robustness;
mod sam;
mod watched;
mod workspace;

fn inputs(parameters: &[(&str, &str)]) -> Inputs {
    Inputs {
        stack_name: "rides".into(),
        region: "eu-west-2".into(),
        account_id: "123456789012".into(),
        parameters: parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        api_origin: "http://127.0.0.1:3000".into(),
    }
}

fn resolve(text: &str, parameters: &[(&str, &str)]) -> Result<Stack, String> {
    Template::parse(text, "t.yaml")
        .and_then(|template| template.resolve(&inputs(parameters)))
        .map_err(|error| error.to_string())
}

/// A template with a table of two attributes' names, an SSM parameter, and `value` as the output `V`.
fn with_output(value: &str) -> String {
    format!(
        r#"
Parameters:
  Stage: {{ Type: String, Default: dev }}
  Colours: {{ Type: CommaDelimitedList, Default: "red, green" }}
Mappings:
  Regions: {{ eu-west-2: {{ city: London, zones: [a, b] }} }}
Conditions:
  Right: !Equals [!Ref Stage, dev]
  Wrong: !Not [!Condition Right]
  Both: !And [!Condition Right, !Condition Wrong]
  Either: !Or [!Condition Right, !Condition Wrong]
Resources:
  Rides:
    Type: AWS::DynamoDB::Table
    Properties: &table
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{{ AttributeName: Id, AttributeType: S }}]
      KeySchema: [{{ AttributeName: Id, KeyType: HASH }}]
  Left:
    Type: AWS::DynamoDB::Table
    Condition: Wrong
    Properties: *table
  Url:
    Type: AWS::SSM::Parameter
    Properties: {{ Name: /url, Type: String, Value: !Sub "${{Stage}}.example" }}
  Logs:
    Type: AWS::Logs::LogGroup
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      AssumeRolePolicyDocument: {{ Statement: [{{ Effect: Allow, Action: "sts:AssumeRole" }}] }}
Outputs:
  V: {{ Value: {value} }}
"#
    )
}
