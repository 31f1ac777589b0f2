//! A template with every resource type and every property that the lab acts on.

use std::time::Duration;

use serde_json::json;

use super::*;

const EVERY_PROPERTY: &str = include_str!("../testdata/every-property.yaml");

fn stack() -> Stack {
    resolve(EVERY_PROPERTY, &[]).unwrap_or_else(|error| panic!("{error}"))
}

/// The template with `from` replaced must be refused with these words.
fn refuse(from: &str, to: &str, expected: &str) {
    assert!(EVERY_PROPERTY.contains(from), "the template has no {from}");
    let error = resolve(&EVERY_PROPERTY.replacen(from, to, 1), &[]).expect_err(to);
    assert!(error.contains(expected), "{from} -> {to}\n  says {error}");
    assert!(error.starts_with("t.yaml:"), "{error}");
}

#[test]
fn a_function_has_its_globals_its_own_and_its_names() {
    let stack = stack();
    let greet = &stack.functions["Greet"];
    let variables = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(
        greet,
        &Function {
            logical_id: "Greet".into(),
            name: "rides-greet".into(),
            arn: "arn:aws:lambda:eu-west-2:123456789012:function:rides-greet".into(),
            binary: "greeter".into(),
            code_uri: "functions/greet".into(),
            handler: "bootstrap".into(),
            runtime: "provided.al2023".into(),
            timeout: Duration::from_secs(7),
            memory_mb: 128,
            environment: variables(&[
                ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
                ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
                ("COLOUR", "green"),
                ("COUNT", "3"),
                ("FLAG", "true"),
                ("SHARED", "own"),
                ("STAGE", "dev"),
                ("TABLE", "rides-Things"),
            ]),
            reserved_concurrency: Some(3),
            log_group: "/aws/lambda/rides-greet".into(),
            role_arn: Some("arn:aws:iam::123456789012:role/lab/rides-GreetRole".into()),
            tracing: true,
        }
    );
    let seed = &stack.functions["Seed"];
    assert_eq!((seed.name.as_str(), seed.binary.as_str(), seed.tracing), ("rides-Seed", "seed", false));
    assert_eq!(seed.log_group, "/aws/lambda/rides-Seed");
}

#[test]
fn an_api_has_its_routes_its_responses_and_its_stage() {
    let stack = stack();
    let api = &stack.apis["Api"];
    assert_eq!(api.id.len(), 10);
    assert!(api.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    assert_eq!((api.name.as_str(), api.stage.as_str(), api.tracing), ("greetings", "dev", true));
    assert_eq!(api.throttle, Some(Throttle { rate: 2.5, burst: 4 }));
    assert_eq!(api.access_log_format.as_deref(), Some("$context.requestId $context.status"));
    let [any, _, options] = api.routes.as_slice() else { panic!("three routes: {:?}", api.routes) };
    assert_eq!((any.path.as_str(), any.method.as_str()), ("/greet/{name}", "ANY"));
    assert_eq!(any.integration, Integration::Lambda { function: "Greet".into(), timeout: Duration::from_secs(5) });
    assert_eq!(options.method, "OPTIONS");
    let Integration::Mock(mock) = &options.integration else { panic!("a mock") };
    assert_eq!(mock.passthrough_behavior, "NEVER");
    assert_eq!(mock.request_templates["application/json"], r#"{"statusCode":204}"#);
    assert_eq!((mock.responses["default"].status, mock.responses["default"].headers["Allow"].as_str()), (204, "'GET'"));
    assert_eq!(api.gateway_responses["THROTTLED"].status, Some(429));
    assert_eq!(api.gateway_responses["DEFAULT_4XX"].headers["X-Request-ID"], "context.requestId");
}

#[test]
fn a_table_becomes_the_request_that_makes_it() {
    let table = stack().tables.remove("Things").expect("the table");
    assert_eq!(table.ttl_attribute.as_deref(), Some("Expires"));
    assert_eq!(
        table.create_request,
        json!({
            "TableName": "rides-Things",
            "AttributeDefinitions": [
                { "AttributeName": "Id", "AttributeType": "S" },
                { "AttributeName": "At", "AttributeType": "N" },
                { "AttributeName": "Kind", "AttributeType": "S" },
            ],
            "KeySchema": [
                { "AttributeName": "Id", "KeyType": "HASH" }, { "AttributeName": "Kind", "KeyType": "RANGE" },
            ],
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": { "ReadCapacityUnits": 5, "WriteCapacityUnits": 1 },
            "GlobalSecondaryIndexes": [{
                "IndexName": "by-time",
                "KeySchema": [{ "AttributeName": "At", "KeyType": "HASH" }],
                "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["Name"] },
                "ProvisionedThroughput": { "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 },
            }],
            "LocalSecondaryIndexes": [{
                "IndexName": "by-id-and-time",
                "KeySchema": [
                    { "AttributeName": "Id", "KeyType": "HASH" }, { "AttributeName": "At", "KeyType": "RANGE" },
                ],
                "Projection": { "ProjectionType": "KEYS_ONLY" },
            }],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
            "DeletionProtectionEnabled": false,
        })
    );
}

#[test]
fn the_small_resources_are_read() {
    let stack = stack();
    let url = &stack.ssm_parameters["GreetUrl"];
    assert_eq!((url.name.as_str(), url.value.as_str()), ("/dev/url", "http://127.0.0.1:3000/dev/greet"));
    assert_eq!(stack.log_groups["GreetLogs"].retention_days, Some(14));
    assert_eq!(stack.roles["GreetRole"].statements.len(), 3);
    assert_eq!(
        stack.roles["GreetRole"].statements[1]["Resource"],
        "arn:aws:dynamodb:eu-west-2:123456789012:table/rides-Things"
    );
    assert_eq!(stack.permissions["GatewayCallsGreet"].function, "Greet");
    let seeded = &stack.custom_resources["Seeded"];
    assert_eq!((seeded.function.as_str(), seeded.service_timeout), ("Seed", Duration::from_secs(90)));
    assert_eq!(seeded.properties["Items"], json!([{ "Id": "1", "Good": "true" }]));
    assert_eq!(seeded.properties["ServiceTimeout"], "90");
}

#[test]
fn a_route_says_who_may_call() {
    let stack = stack();
    let of = |stack: &Stack| -> Vec<Authorization> {
        stack.apis["Api"].routes.iter().map(|route| route.authorization.clone()).collect()
    };
    let pool = &stack.user_pools["Guests"];
    assert!(pool.id.starts_with("eu-west-2_") && pool.id.len() == 19, "{}", pool.id);
    assert_eq!(pool.arn, format!("arn:aws:cognito-idp:eu-west-2:123456789012:userpool/{}", pool.id));
    assert_eq!(pool.clients.iter().map(String::len).collect::<Vec<_>>(), [26]);
    let guest = Authorization::Cognito {
        pools: vec![pool.arn.clone()],
        clients: pool.clients.clone(),
        scopes: vec!["greet/all".into()],
    };
    assert_eq!(of(&stack), [Authorization::Iam, guest, Authorization::None]);
    let production = resolve(EVERY_PROPERTY, &[("Stage", "prod")]).expect("resolves");
    assert_eq!(of(&production), [Authorization::Iam, Authorization::Iam, Authorization::None]);
}

#[test]
fn a_policy_of_its_own_belongs_to_its_role() {
    let stack = stack();
    let statement = &stack.roles["GreetRole"].statements[2];
    assert_eq!(statement["Action"], "execute-api:Invoke");
    let api = &stack.apis["Api"].id;
    assert_eq!(statement["Resource"], format!("arn:aws:execute-api:eu-west-2:123456789012:{api}/dev/GET/greet/me"));
}

#[test]
fn what_has_no_effect_is_told_with_its_reason() {
    let told: Vec<(String, String)> = stack().without_effect.into_iter().map(|(id, kind, _)| (id, kind)).collect();
    let expected = [("Guard", "AWS::WAFv2::WebACLAssociation"), ("Plan", "AWS::ApiGateway::UsagePlan")];
    assert_eq!(told, expected.map(|(id, kind)| (id.to_owned(), kind.to_owned())));
}

#[test]
fn what_aws_would_refuse_of_callers_is_refused() {
    refuse(
        "[{ Signed: [] }]\n              x-",
        "[{ Sined: [] }]\n              x-",
        "there is no security scheme \"Sined\" (did you mean \"Signed\"?)",
    );
    refuse("type: aws_iam", "type: none", "security and x-amazon-apigateway-auth name different callers");
    refuse("type: aws_iam", "type: custom", "must be NONE or AWS_IAM, not \"CUSTOM\"");
    refuse("[{ Signed: [] }]\n", "[{ Signed: [] }, { Guest: [] }]\n", "API Gateway takes one authorisation a method");
    refuse("[{ Signed: [] }]\n", "[{ Signed: [a] }]\n", "only a user pool's tokens have scopes");
    refuse("name: Authorization, in", "name: x-api-key, in", "the lab knows the header Authorization only");
    refuse("authtype: awsSigv4", "authtype: custom", "the lab knows awsSigv4 and cognito_user_pools, not custom");
    refuse("[!GetAtt Guests.Arn]", "[!GetAtt Things.Arn]", "is no user pool of this template");
    refuse("\"^${Page}$\"", "\"${Page}\"", "is not ^${Client}$ with a client of the pool");
    refuse("\"^${Page}$\"", "\"^(${Page}|.*)$\"", "is not ^${Client}$ with a client of the pool");
    refuse("UserPoolId: !Ref Guests", "UserPoolId: eu-west-2_x", "is no user pool of this template");
    refuse("IdTokenValidity: 5", "IdTokenValidity: 4", "240 s, and Cognito takes 300 to 86400 s");
    refuse("RefreshTokenValidity: 30", "RefreshTokenValidity: 3651", "and Cognito takes 3600 to 315360000 s");
    refuse("DeletionProtection: !If", "DeletionProtected: !If", "(did you mean \"DeletionProtection\"?)");
    refuse("Roles: [!Ref GreetRole]", "Roles: [GreetRole]", "\"GreetRole\" is no role of this template");
    refuse("Roles: [!Ref GreetRole]", "Roles: []", "a policy needs a role to belong to");
    refuse("Stage: !Ref Api.Stage", "Stage: prod", "/prod\" is no stage of this template");
    refuse("Period: DAY", "Period: HOUR", "must be one of DAY, WEEK, MONTH");
    refuse("::/restapis/${Api}/stages", "::/restapis/other/stages", "is no stage of this template");
}

#[test]
fn outputs_keep_their_order_and_their_conditions() {
    let values: Vec<(String, String)> = stack().outputs.into_iter().map(|output| (output.name, output.value)).collect();
    assert_eq!(
        values,
        [
            ("Url".to_owned(), "http://127.0.0.1:3000/dev/greet".to_owned()),
            ("Encoded".to_owned(), "ZGV2LSR7Yn0=".to_owned()),
        ]
    );
    let production = resolve(EVERY_PROPERTY, &[("Stage", "prod")]).expect("resolves");
    assert_eq!(production.outputs.len(), 3);
    assert_eq!(production.functions["Greet"].memory_mb, 512);
    assert_eq!(production.without_effect[0].0, "LogAccount");
}

#[test]
fn a_rule_that_does_not_hold_is_told_in_its_own_words() {
    let error = resolve(EVERY_PROPERTY, &[("Stage", "staging"), ("Rate", "6")]).expect_err("the rule");
    assert!(error.ends_with("rule Careful: Keep the rate outside development."), "{error}");
}

#[test]
fn what_aws_would_refuse_of_a_function_is_refused() {
    refuse("Timeout: 7", "Timeout: 901", "Globals.Function.Timeout: must be an integer from 1 to 900, not \"901\"");
    refuse("Timeout: 7", "Timeout: 7.5", "must be an integer");
    refuse(
        "Timeout: 7",
        "Timeot: 7",
        "the lab does not know \"Timeot\" of Globals.Function (did you mean \"Timeout\"?)",
    );
    refuse("Timeout: 7", "FunctionName: x", "the lab does not know \"FunctionName\" of Globals.Function");
    refuse(
        "ReservedConcurrentExecutions: 3",
        "Layers: []",
        "the lab does not know \"Layers\" of AWS::Serverless::Function",
    );
    refuse("memory: 128", "memory: 127", "must be an integer from 128 to 10240");
    refuse("COUNT: 3", "COUNT: [3]", "Environment.Variables.COUNT: must be a string, not a list");
    refuse("COUNT: 3", "AWS_REGION: x", "AWS_REGION is set by Lambda");
    refuse("COUNT: 3", "1COUNT: x", "is no name for Lambda");
    refuse("Runtime: provided.al2023", "Runtime: python3.13", "must be one of provided.al2023");
    refuse("CodeUri: functions/seed/", "CodeUri: .", "which binary is it?");
    refuse("greet\"", "greet me\"", "is no function name");
    refuse("!GetAtt Seed.Arn", "arn:aws:sns:eu-west-2:123456789012:topic", "is no function of this template");
    refuse("!Ref GreetLogs,", "!GetAtt Seeded.Name,", "is what the function behind Seeded answers when it runs");
}

#[test]
fn what_aws_would_refuse_of_an_api_is_refused() {
    refuse(
        "/greet/*\n",
        "/hello/*\n",
        "API Gateway may not invoke Greet for DELETE /greet/{name} and would answer 500",
    );
    refuse("${Api.Stage}/*/greet", "${Api.Stage}/GET/greet", "may not invoke Greet for DELETE");
    refuse("apigateway.amazonaws.com\n", "sns.amazonaws.com\n", "may not invoke Greet");
    refuse("/greet/{name}:", "greet:", "a path begins with /");
    refuse("openapi: 3.0.1", "openapi: 3.1.0", "OpenAPI 3.0.x");
    refuse("timeoutInMillis: 5000", "timeoutInMillis: 29001", "must be an integer from 50 to 29000");
    refuse("httpMethod: POST", "httpMethod: GET", "must be POST");
    refuse("type: MOCK", "type: http", "integrations of type http");
    refuse("${Greet.Arn}/invocations", "${Greet}/invocations", "is no function of this template");
    refuse("2015-03-31/functions", "2015-03-31/function", "is not arn:");
    refuse("THROTTLED", "THROTTLE", "there is no gateway response THROTTLE (did you mean \"THROTTLED\"?)");
    refuse("DEFAULT_4XX", "THROTTLED", "stands in DefinitionBody too");
    refuse("\"'GET'\"", "GET", "a literal stands in single quotes");
    refuse("header.Allow: \"", "header.Vary: \"", "declares no header Vary");
    refuse("statusCode: 204\n", "statusCode: 200\n", "the operation declares no response \"200\"");
    refuse("ResourcePath: \"/*\"", "ResourcePath: /greet", "the lab throttles a whole stage");
    refuse("$context.requestId $", "$", "API Gateway asks for $context.requestId");
    refuse(
        "            options:",
        "          /greet/{other}:\n            options:",
        "answers the same requests as /greet/{name}",
    );
    let sibling = "          /greet/{other+}:\n            options:";
    refuse("            options:", sibling, "{other+} stands beside {name} under /greet/");
    refuse("            options:", "            trace:", "the lab does not know \"trace\" of a path");
    refuse("StageName: !Ref Stage", "StageName: a/b", "is no stage name");
    refuse("StageName: !Ref Stage", "StageName: !Ref Stage\n      Cors: x", "the lab does not know \"Cors\"");
}
