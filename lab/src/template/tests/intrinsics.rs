//! Each intrinsic function: what it comes to, and what it says of bad arguments.

use super::*;

fn check(value: &str, expected: &str) {
    let stack = resolve(&with_output(value), &[]).unwrap_or_else(|error| panic!("{value}: {error}"));
    assert_eq!(stack.outputs[0].value, expected, "{value}");
}

fn refuse(value: &str, expected: &str) {
    let error = resolve(&with_output(value), &[]).expect_err(value);
    assert!(error.contains(expected), "{value}\n  says:     {error}\n  not:      {expected}");
    assert!(error.starts_with("t.yaml:"), "{error}");
}

#[test]
fn every_function_comes_to_its_value() {
    check("!Ref Stage", "dev");
    check("{ Ref: Stage }", "dev");
    check("!Ref AWS::Region", "eu-west-2");
    check("!Ref AWS::AccountId", "123456789012");
    check("!Ref AWS::Partition", "aws");
    check("!Ref AWS::URLSuffix", "amazonaws.com");
    check("!Ref AWS::StackName", "rides");
    check("!Select [1, !Ref Colours]", "green");
    check("!Select ['0', [a, b]]", "a");
    check("!Select [1, !Split [',', 'a,b']]", "b");
    check("!Join ['-', [a, 1, true, !Ref Stage]]", "a-1-true-dev");
    check("!Join ['', !Ref Colours]", "redgreen");
    check("!Join [',', [a, !Ref AWS::NoValue, b]]", "a,b");
    check("!FindInMap [Regions, !Ref AWS::Region, city]", "London");
    check("!Join ['', !FindInMap [Regions, eu-west-2, zones]]", "ab");
    check("!If [Right, a, b]", "a");
    check("!If [Both, a, !If [Either, c, d]]", "c");
    check("!Base64 abc", "YWJj");
    check("!Sub plain", "plain");
    check("!Sub '${Stage}.${AWS::Region}.${!Kept}.$x'", "dev.eu-west-2.${Kept}.$x");
    check("!Sub ['${a}${Stage}', { a: !Ref Rides }]", "rides-Ridesdev");
    check("!Sub '${Rides.Arn}'", "arn:aws:dynamodb:eu-west-2:123456789012:table/rides-Rides");
    check("!GetAtt Rides.Arn", "arn:aws:dynamodb:eu-west-2:123456789012:table/rides-Rides");
    check("{ 'Fn::GetAtt': [Url, Value] }", "dev.example");
    check("{ 'Fn::GetAtt': Url.Type }", "String");
    check("!Ref Url", "/url");
    check("!GetAtt Logs.Arn", "arn:aws:logs:eu-west-2:123456789012:log-group:rides-Logs:*");
    check("!GetAtt Role.Arn", "arn:aws:iam::123456789012:role/reader");
}

#[test]
fn scalars_become_the_strings_that_cloud_formation_makes_of_them() {
    check("10", "10");
    check("010", "8");
    check("'010'", "010");
    check("yes", "true");
    check("'yes'", "yes");
    check("!Sub yes", "yes");
    check("!!str 010", "010");
    check("2010-09-09", "2010-09-09");
}

#[test]
fn bad_arguments_are_named() {
    refuse("!Ref Stagee", "there is no parameter or resource \"Stagee\" (did you mean \"Stage\"?)");
    refuse("!Ref [a]", "Ref takes the name of a parameter or a resource, not a list");
    refuse("!Ref AWS::Regio", "there is no pseudo parameter AWS::Regio (did you mean \"AWS::Region\"?)");
    refuse("!Ref AWS::NotificationARNs", "the lab notifies no topics");
    refuse("!Ref AWS::NoValue", "an output needs a value");
    refuse("!Ref Left", "Left is left out by its condition Wrong");
    refuse("!Select [2, [a, b]]", "there is no item \"2\" in a list of 2");
    refuse("!Select [-1, [a, b]]", "there is no item \"-1\"");
    refuse("!Select [a]", "Fn::Select takes [index, [value, ...]], not a list of 1");
    refuse("!Split ['', a]", "the delimiter is empty");
    refuse("!Split [a]", "Fn::Split takes [delimiter, string], not a list of 1");
    refuse("!Join [a, b]", "must be a list, not a string");
    refuse("!Join [a]", "Fn::Join takes");
    refuse("!Join ['', [{ a: b }]]", "must be a string, not a map");
    refuse("!FindInMap [Regions, mars, city]", "there is no key \"mars\"");
    refuse("!FindInMap [Regions, eu-west-2]", "Fn::FindInMap takes");
    refuse("!If [Rigth, a, b]", "there is no condition \"Rigth\" (did you mean \"Right\"?)");
    refuse("!If [Right, a]", "Fn::If takes [condition name, value if true, value if false], not a list of 2");
    refuse("!Sub '${Stage'", "is not closed");
    refuse("!Sub '${Nothing}'", "there is no parameter or resource \"Nothing\"");
    refuse("!Sub '${Colours}'", "is a list");
    refuse("!Sub [a]", "Fn::Sub takes");
    refuse("!GetAtt Rides", "write it as !GetAtt LogicalId.Attribute");
    refuse(
        "!GetAtt Rides.Arnn",
        "the lab knows no attribute \"Arnn\" of Rides (AWS::DynamoDB::Table) (did you mean \"Arn\"?)",
    );
    refuse("!GetAtt Rides.StreamArn", "has no StreamSpecification");
    refuse("!Equals [a, b]", "belongs in the section Conditions");
    refuse("!ImportValue x", "the lab does not know the intrinsic function Fn::ImportValue");
    refuse("!GetAZs ''", "the lab does not know the intrinsic function Fn::GetAZs");
    refuse("{ 'Fn::ForEach::X': [] }", "the lab does not know the intrinsic function Fn::ForEach::X");
    refuse("!Reff x", "unknown tag !Reff (did you mean \"Ref\"?)");
    refuse("!!binary x", "CloudFormation does not read the YAML tag !!binary");
    refuse("{ 'Fn::Sub': a, b: c }", "Fn::Sub must stand alone in its map");
    refuse("[a]", "must be a string, not a list");
}

#[test]
fn a_condition_is_judged_once_and_a_circle_is_named() {
    let check = |conditions: &str, expected: &str| {
        let text = format!(
            "Parameters: {{ P: {{ Type: String, Default: p }} }}\nConditions: {{ {conditions} }}\nResources: {{}}"
        );
        let error = resolve(&text, &[]).expect_err(conditions);
        assert!(error.contains(expected), "{conditions}: {error}");
    };
    check("A: !Condition B, B: !Condition A", "the conditions A -> B -> A are a circle");
    check("A: !Not [!Condition A]", "the conditions A -> A are a circle");
    check("A: !Equals [a]", "Fn::Equals takes [value, value], not a list of 1");
    check("A: !And [!Equals [a, a]]", "takes 2 to 10 conditions, not 1");
    check("A: !Not a", "Fn::Not takes [condition], not a string");
    check("A: true", "must be a condition");
    check("A: !Contains [[a], a]", "must be a condition");
    check("A: !Equals [!Ref Table, x]", "nothing else can be named in a condition");
    check("A: !Equals [!Ref AWS::NoValue, x]", "AWS::NoValue cannot be compared");
}
