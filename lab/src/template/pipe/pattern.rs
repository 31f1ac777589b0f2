//! Event patterns: which events of its source a pipe takes.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html>

use serde_json::{Map, Value as Json};

use super::matcher::Matcher;

/// A pattern: for each field that it names, what the field may be.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPattern(Vec<(String, Node)>);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Fields(EventPattern),
    AnyOf(Vec<Matcher>),
}

impl EventPattern {
    /// Reads a pattern as its JSON stands in a filter.
    ///
    /// # Errors
    /// What of it is no pattern, or a comparison that the lab does not make, by its name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: Json = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
        let fields = value.as_object().ok_or("a pattern is a JSON object")?;
        Self::fields(fields)
    }

    fn fields(fields: &Map<String, Json>) -> Result<Self, String> {
        if fields.is_empty() {
            return Err("a pattern names at least one field".to_owned());
        }
        let field = |(name, value): (&String, &Json)| {
            let node = match (name.as_str(), value) {
                ("$or", _) => return Err("the lab does not compare by \"$or\"".to_owned()),
                (_, Json::Object(fields)) => Node::Fields(Self::fields(fields)?),
                (_, Json::Array(matchers)) if !matchers.is_empty() => {
                    Node::AnyOf(matchers.iter().map(Matcher::read).collect::<Result<_, _>>()?)
                }
                _ => return Err(format!("\"{name}\" must be an object, or a list of what it may be")),
            };
            Ok((name.clone(), node))
        };
        Ok(Self(fields.iter().map(field).collect::<Result<_, _>>()?))
    }

    /// Whether an event matches: all fields that the pattern names do, each in one of the ways that it lists. Of a list of objects
    /// on the way to a field, one object is enough, if it has all that the pattern says of it; a field that is not to exist does so in
    /// none of them. DynamoDB's lists are such ones.
    pub fn matches(&self, event: &Json) -> bool {
        self.match_field(Some(event), &[event])
    }

    /// `all` are the values that stand at this place of the event, in whichever elements of lists.
    fn match_field(&self, event: Option<&Json>, all: &[&Json]) -> bool {
        if let Some(Json::Array(elements)) = event {
            return elements.iter().any(|element| self.match_field(Some(element), all));
        }
        self.0.iter().all(|(name, node)| {
            let value = event.and_then(|event| event.get(name));
            let all: Vec<&Json> = all.iter().flat_map(|one| elements(one)).filter_map(|one| one.get(name)).collect();
            match node {
                Node::Fields(pattern) => pattern.match_field(value, &all),
                Node::AnyOf(matchers) => matchers.iter().any(|matcher| match matcher {
                    Matcher::Exists(false) => all.iter().all(|one| matcher.matches(Some(one))),
                    _ => matcher.matches(value),
                }),
            }
        })
    }
}

/// What a value holds on the way to a field: itself, or the elements of a list, and of lists in it.
fn elements(value: &Json) -> Vec<&Json> {
    match value {
        Json::Array(members) => members.iter().flat_map(elements).collect(),
        other => vec![other],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn check(pattern: &Json, event: &Json, expected: bool) {
        let read = EventPattern::parse(&pattern.to_string()).expect("a pattern");
        assert_eq!(read.matches(event), expected, "{pattern} {event}");
    }

    fn record(rider: Option<&str>) -> Json {
        let mut image = json!({"RideId": {"S": "1"}});
        if let Some(rider) = rider {
            image["Rider"] = json!({"S": rider});
        }
        json!({"eventName": "INSERT", "dynamodb": {"NewImage": image, "SizeBytes": 26}})
    }

    #[test]
    fn all_fields_must_match_and_each_in_one_way() {
        let event = record(Some("ada"));
        check(&json!({"eventName": ["INSERT"]}), &event, true);
        check(&json!({"eventName": ["MODIFY", "REMOVE"]}), &event, false);
        check(&json!({"eventName": ["MODIFY", "INSERT"], "dynamodb": {"SizeBytes": [26.0]}}), &event, true);
        check(&json!({"eventName": ["INSERT"], "dynamodb": {"SizeBytes": [27]}}), &event, false);
        check(&json!({"dynamodb": {"NewImage": {"Rider": {"S": [{"prefix": "ad"}]}}}}), &event, true);
        check(&json!({"dynamodb": {"NewImage": {"Rider": {"S": [{"prefix": "b"}]}}}}), &event, false);
        check(&json!({"dynamodb": {"SizeBytes": [{"numeric": [">", 0, "<=", 26]}]}}), &event, true);
        check(&json!({"dynamodb": {"SizeBytes": [{"numeric": ["<", 26]}]}}), &event, false);
        // DynamoDB's numbers are texts.
        check(&json!({"N": [{"numeric": ["=", 1]}]}), &json!({"N": "1"}), false);
        check(&json!({"a": [null, true]}), &json!({"a": null}), true);
        check(&json!({"a": ["x"]}), &json!({"a": ["y", "x"]}), true);
    }

    #[test]
    fn anything_but_asks_for_a_field_that_is_there() {
        let but = |matchers: Json| json!({"dynamodb": {"NewImage": {"Rider": {"S": matchers}}}});
        let only_but = but(json!([{"anything-but": ["heartbeat-probe"]}]));
        check(&only_but, &record(Some("ada")), true);
        check(&only_but, &record(Some("heartbeat-probe")), false);
        check(&only_but, &record(None), false);
        let or_none = but(json!([{"anything-but": "heartbeat-probe"}, {"exists": false}]));
        check(&or_none, &record(Some("ada")), true);
        check(&or_none, &record(Some("heartbeat-probe")), false);
        check(&or_none, &record(None), true);
    }

    #[test]
    fn only_a_leaf_exists() {
        let event = record(Some("ada"));
        check(&json!({"dynamodb": {"NewImage": [{"exists": true}]}}), &event, false);
        check(&json!({"dynamodb": {"NewImage": {"RideId": {"S": [{"exists": true}]}}}}), &event, true);
        check(&json!({"dynamodb": {"OldImage": {"RideId": {"S": [{"exists": false}]}}}}), &event, true);
    }

    #[test]
    fn a_list_on_the_way_matches_with_one_of_its_elements() {
        let event =
            json!({"Stops": {"L": [{"S": "Ely"}, {"M": {"At": {"N": "1"}, "On": {"S": "x"}}}, [{"S": "Wye"}]]}});
        let stops = |pattern: Json| json!({"Stops": {"L": pattern}});
        check(&stops(json!({"S": ["Ely"]})), &event, true);
        check(&stops(json!({"S": ["Wye"]})), &event, true);
        check(&stops(json!({"S": ["Rye"]})), &event, false);
        check(&stops(json!({"M": {"At": {"N": ["1"]}, "On": {"S": ["x"]}}})), &event, true);
        check(&stops(json!({"S": ["Ely"], "M": {"At": {"N": ["1"]}}})), &event, false);
        check(&stops(json!({"S": [{"exists": true}]})), &event, true);
        // The second has no S, and the others have.
        check(&stops(json!({"S": [{"exists": false}]})), &event, false);
        check(&stops(json!({"B": [{"exists": false}]})), &event, true);
        check(&stops(json!({"S": ["Ely"]})), &json!({"Stops": {"L": []}}), false);
    }

    #[test]
    fn what_is_not_compared_is_refused_by_name() {
        let check = |pattern: Json, expected: &str| {
            assert_eq!(EventPattern::parse(&pattern.to_string()).expect_err("refused"), expected);
        };
        check(json!({"a": [{"suffix": "x"}]}), "the lab does not compare by \"suffix\"");
        check(json!({"a": [{"wildcard": "x*"}]}), "the lab does not compare by \"wildcard\"");
        check(json!({"$or": [{"a": ["x"]}]}), "the lab does not compare by \"$or\"");
        check(
            json!({"a": [{"anything-but": {"prefix": "x"}}]}),
            "the lab does not compare by \"anything-but\" of {\"prefix\":\"x\"}",
        );
        check(json!({"a": "x"}), "\"a\" must be an object, or a list of what it may be");
        check(json!({"a": []}), "\"a\" must be an object, or a list of what it may be");
        check(json!({"a": {}}), "a pattern names at least one field");
        check(json!({}), "a pattern names at least one field");
        check(json!([]), "a pattern is a JSON object");
        check(
            json!({"a": [{"exists": true, "prefix": "x"}]}),
            "{\"exists\":true,\"prefix\":\"x\"} must name one comparison",
        );
        for wrong in [json!([">"]), json!(["~", 1]), json!([">", "1"]), json!([">", 1, "<"])] {
            let error = EventPattern::parse(&json!({"a": [{"numeric": wrong}]}).to_string()).expect_err("refused");
            assert!(error.contains("one or two comparisons"), "{error}");
        }
        assert!(EventPattern::parse("{").expect_err("refused").starts_with("is no JSON"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[\\[\\]{}\":,a-z0-9<>=-]{0,60}") {
            let _ = EventPattern::parse(&text);
        }

        /// Of a field that is there and no object, a value or anything but it: never both, never neither.
        #[test]
        fn a_value_equals_or_is_anything_but(one in "[a-c]{0,2}", other in "[a-c]{0,2}") {
            let matches = |matcher: Json| {
                EventPattern::parse(&json!({"a": [matcher]}).to_string()).expect("a pattern").matches(&json!({"a": other}))
            };
            prop_assert_ne!(matches(json!(one)), matches(json!({"anything-but": one})));
        }
    }
}
