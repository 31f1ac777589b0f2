//! What the reader refuses, and the words it does so with.

use super::*;

fn refuse(text: &str, parameters: &[(&str, &str)], expected: &str) {
    let error = resolve(text, parameters).expect_err(text);
    assert_eq!(error, expected);
}

#[test]
fn text_that_is_no_template_is_refused_with_its_line() {
    refuse("", &[], "t.yaml: is empty");
    refuse("a: [", &[], "t.yaml:2:1: not YAML: while parsing a node, did not find expected node content");
    refuse("- a", &[], "t.yaml:1:1: must be a map, not a list");
    refuse("Resources: {}\n---\nResources: {}", &[], "t.yaml:2:1: a second YAML document: a template is one document");
    refuse(
        "Resources: {}\nDescription: a\nDescription: b",
        &[],
        "t.yaml:3:1: the key \"Description\" stands twice, on lines 2 and 3",
    );
    refuse(
        "Resources: {}\nParameters:\n",
        &[],
        "t.yaml:2:11: Parameters: null is not allowed in a template; remove it or use AWS::NoValue",
    );
    refuse(
        "a: &a { b: c }\nd: { <<: *a }",
        &[],
        "t.yaml:2:6: merge keys (<<) are not CloudFormation; write the keys out",
    );
    refuse("a: &a [*a]", &[], "t.yaml:1:8: the alias stands inside what it names");
    refuse("yes: b", &[], "t.yaml:1:1: the key \"yes\" is not a string to YAML 1.1; quote it");
    refuse(
        "Resource: {}",
        &[],
        "t.yaml:1:1: Resource: the lab does not know \"Resource\" of a template (did you mean \"Resources\"?)",
    );
    refuse("Description: none", &[], "t.yaml:1:1: \"Resources\" is missing");
    refuse(
        "AWSTemplateFormatVersion: 2010-09-10\nResources: {}",
        &[],
        "t.yaml:1:27: AWSTemplateFormatVersion: must be one of 2010-09-09, not \"2010-09-10\"",
    );
    refuse(
        "a: 012345670123",
        &[],
        "t.yaml:1:4: YAML reads 012345670123 as an octal number; quote it if it is an account id",
    );
}

#[test]
fn json_is_read_as_yaml() {
    let stack =
        resolve(r#"{"Resources": {}, "Outputs": {"V": {"Value": {"Fn::Join": ["\u002f", ["a", 1, true]]}}}}"#, &[]);
    assert_eq!(stack.expect("resolves").outputs[0].value, "a/1/true");
    assert!(resolve("{\n\t\"Resources\": {}\n}", &[]).is_ok(), "JSON may be indented with tabs");
}

#[test]
fn parameters_are_judged_and_named() {
    let check = |declaration: &str, given: &[(&str, &str)], expected: &str| {
        let error =
            resolve(&format!("Parameters: {{ P: {declaration} }}\nResources: {{}}"), given).expect_err(declaration);
        assert_eq!(error, format!("t.yaml:1:18: Parameters.P: {expected}"));
    };
    let given = |value: &'static str| [("P", value)];
    check("{ Type: String }", &[], "has no value and no default; give it with --parameter P=VALUE");
    check("{ Type: String, AllowedValues: [a, b] }", &given("c"), "\"c\" is none of a, b");
    check("{ Type: String, AllowedPattern: 'a|ab' }", &given("abc"), "\"abc\" does not match a|ab");
    check("{ Type: String, MinLength: 2 }", &given("é"), "\"é\" is shorter than MinLength 2");
    check("{ Type: String, MaxLength: 2, NoEcho: true }", &given("secret"), "**** is longer than MaxLength 2");
    check("{ Type: Number }", &given("ten"), "\"ten\" is not a number");
    check("{ Type: Number }", &given("NaN"), "\"NaN\" is not a number");
    check("{ Type: Number, MinValue: 1 }", &given("0.5"), "\"0.5\" is less than MinValue 1");
    check("{ Type: List<Number>, MaxValue: 3 }", &given("1, 4"), "\"4\" is more than MaxValue 3");
    check(
        "{ Type: String, Default: '', MinLength: 1, ConstraintDescription: say something }",
        &[],
        "\"\" is shorter than MinLength 1: say something",
    );
    refuse(
        "Parameters: { Stage: { Type: String, Default: a } }\nResources: {}",
        &[("Stge", "b")],
        "t.yaml: declares no parameter \"Stge\" (did you mean \"Stage\"?)",
    );
    refuse(
        "Parameters: { P: { Type: 'AWS::EC2::VPC::Id' } }\nResources: {}",
        &[],
        "t.yaml:1:26: Parameters.P.Type: the lab knows no parameter type AWS::EC2::VPC::Id: there is no account to look into; use String, Number, CommaDelimitedList or List<Number>",
    );
    assert!(
        resolve("Parameters: { P: { Type: String, AllowedPattern: 'a|ab' } }\nResources: {}", &[("P", "ab")]).is_ok()
    );
}

#[test]
fn declared_parameters_can_be_listed() {
    let template =
        Template::parse("Parameters: { P: { Type: Number, Default: 3, AllowedValues: [3, 4] } }\nResources: {}", "t");
    let template = template.expect("parses");
    let [parameter] = template.parameters() else { panic!("one parameter") };
    assert_eq!((parameter.name.as_str(), parameter.kind), ("P", ParameterType::Number));
    assert_eq!((parameter.default.as_deref(), parameter.allowed_values.len()), (Some("3"), 2));
}

/// A template of one resource, which begins on line 2.
fn resource(text: &str, expected: &str) {
    let error = resolve(&format!("Resources:\n  R: {text}\n"), &[]).expect_err(text);
    assert!(error.starts_with("t.yaml:2:") && error.contains(expected), "{text}\n  says {error}");
}

#[test]
fn a_resource_that_the_lab_does_not_know_is_named() {
    resource(
        "{ Type: 'AWS::Kinesis::Stream' }",
        "Resources.R.Type: the lab does not know the resource type AWS::Kinesis::Stream",
    );
    resource("{ Type: 'AWS::DynamoDB::Tabel' }", "(did you mean \"AWS::DynamoDB::Table\"?)");
    resource("{ Properties: {} }", "Resources.R: \"Type\" is missing");
    resource(
        "{ Type: 'AWS::Logs::LogGroup', UpdatePolicy: {} }",
        "the lab does not know \"UpdatePolicy\" of a resource",
    );
    resource("{ Type: 'AWS::Logs::LogGroup', DeletionPolicy: Maybe }", "must be one of Delete, Retain");
    resource("{ Type: 'AWS::Logs::LogGroup', DependsOn: X }", "Resources.R.DependsOn: there is no resource \"X\"");
    resource("{ Type: 'AWS::Logs::LogGroup', Condition: X }", "there is no condition \"X\"");
    resource("{ Type: 'AWS::Serverless::Function' }", "needs \"Transform: AWS::Serverless-2016-10-31\"");
    refuse(
        "Transform: AWS::Include\nResources: {}",
        &[],
        "t.yaml:1:12: Transform: the lab does not know the transform AWS::Include",
    );
    refuse("Resources: { A-b: {} }", &[], "t.yaml:1:14: Resources.A-b: a logical id has letters and digits only");
}

#[test]
fn what_a_condition_leaves_out_cannot_be_depended_on() {
    let conditions = "Conditions: { Never: !Equals [a, b] }\n";
    let group = |more: &str| format!("{{ Type: 'AWS::Logs::LogGroup', {more} }}");
    let text = |a: &str| format!("{conditions}Resources:\n  A: {}\n  B: {}\n", group(a), group("Condition: Never"));
    let why = "B is left out by its condition Never; refer to it in an Fn::If of a property instead";
    refuse(&text("DependsOn: [B]"), &[], &format!("t.yaml:3:49: Resources.A.DependsOn[0]: {why}"));
    resolve(&text("Condition: Never, DependsOn: B"), &[]).expect("left out with it");
    let tag = "Properties: { Tags: [{ Key: k, Value: !If [Never, !Ref B, none] }] }";
    resolve(&text(tag), &[]).expect("a reference that its condition leaves out with it");
}

#[test]
fn a_property_that_the_lab_does_not_know_is_named_with_its_path() {
    resource(
        "{ Type: 'AWS::Logs::LogGroup', Properties: { Retention: 3 } }",
        "Resources.R.Properties.Retention: the lab does not know \"Retention\" of AWS::Logs::LogGroup",
    );
    resource(
        "{ Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 2 } }",
        "RetentionInDays: must be one of 1, 3, 5",
    );
    resource(
        "{ Type: 'AWS::SSM::Parameter', Properties: { Type: SecureString, Value: a } }",
        "must be one of String, StringList",
    );
    resource("{ Type: 'AWS::SSM::Parameter', Properties: { Type: String, Value: '' } }", "0 bytes");
    resource(
        "{ Type: 'AWS::SSM::Parameter', Properties: { Type: String, Value: a, Name: '' } }",
        "is no parameter name",
    );
    let table = "KeySchema: [{ AttributeName: Id, KeyType: HASH }], AttributeDefinitions: [{ AttributeName: Id, AttributeType: S }]";
    let check = |more: &str, expected: &str| {
        resource(&format!("{{ Type: 'AWS::DynamoDB::Table', Properties: {{ {table}, {more} }} }}"), expected);
    };
    check("BillingMode: PROVISIONED", "ProvisionedThroughput is missing");
    check(
        "BillingMode: PAY_PER_REQUEST, ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 }",
        "PAY_PER_REQUEST has no ProvisionedThroughput",
    );
    check(
        "ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 1 }",
        "must be an integer from 1 to 40000, not \"0\"",
    );
    check(
        "BillingMode: PAY_PER_REQUEST, StreamSpecification: { StreamEnabled: true }",
        "Properties.StreamSpecification.StreamEnabled: the lab does not know",
    );
    check("BillingMode: PAY_PER_REQUEST, TableName: a b", "is no table name");
    resource(
        "{ Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: PAY_PER_REQUEST, KeySchema: [{ AttributeName: Id, KeyType: HASH }], AttributeDefinitions: [{ AttributeName: Di, AttributeType: S }] } }",
        "AttributeDefinitions[0]: \"Di\" is defined but is in no key",
    );
}

#[test]
fn circular_references_are_named() {
    let parameter =
        |value: &str| format!("{{ Type: 'AWS::SSM::Parameter', Properties: {{ Type: String, Value: {value} }} }}");
    let check = |a: &str, b: &str, expected: &str| {
        let error = resolve(&format!("Resources:\n  A: {a}\n  B: {b}\n"), &[]).expect_err("a circle");
        assert!(error.contains(expected), "{error}");
    };
    check(&parameter("!Ref B"), &parameter("!Ref A"), "circular dependency between resources: A -> B -> A");
    check(&parameter("!GetAtt B.Value"), &parameter("!GetAtt A.Value"), "circular reference: B -> A -> B");
    check(
        "{ Type: 'AWS::Logs::LogGroup', DependsOn: B }",
        "{ Type: 'AWS::Logs::LogGroup', DependsOn: [A] }",
        "A -> B -> A",
    );
    check(
        "{ Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: x } }",
        "{ Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: x } }",
        "the log group name \"x\" is already A's",
    );
}
