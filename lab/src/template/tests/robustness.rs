//! No text makes the reader panic, hang or run out of stack.

use proptest::prelude::*;

use super::*;

const VALID: &str = include_str!("../testdata/every-property.yaml");

/// Both halves; the results do not matter.
fn feed(text: &str) {
    let _ = resolve(text, &[]);
}

#[test]
fn nesting_of_ten_thousand_levels_is_an_error() {
    let depth = 10_000;
    for text in [
        "[".repeat(depth),
        "{a: ".repeat(depth),
        "- ".repeat(depth),
        (0..500).map(|level| format!("{}a:\n", " ".repeat(level))).collect(),
        format!("a: {}x{}", "[".repeat(200), "]".repeat(200)),
        "? ".repeat(depth),
        "!Not [".repeat(depth),
    ] {
        let error = resolve(&text, &[]).expect_err("too deep");
        let refused = ["nested deeper than", "not YAML", "a key must be a string"];
        assert!(refused.iter().any(|words| error.contains(words)), "{error}");
    }
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let error = resolve(&text, &[]).expect_err("a bomb");
    assert!(error.contains("more than 100000 nodes once its aliases are followed"), "{error}");
}

#[test]
fn nested_substitutions_cannot_double_for_ever() {
    let mut value = "{ 'Fn::Sub': 'xxxxxxxxxxxxxxxx' }".to_owned();
    for _ in 0..18 {
        value = format!("{{ 'Fn::Sub': ['${{a}}${{a}}', {{ a: {value} }}] }}");
    }
    let error = resolve(&with_output(&value), &[]).expect_err("too long");
    assert!(error.contains("a string of more than 65536 bytes"), "{error}");
}

#[test]
fn long_chains_of_conditions_and_names_are_refused() {
    let mut conditions = "Conditions:\n  C0: !Equals [a, a]\n".to_owned();
    let mut resources = "Resources:\n  R400: { Type: 'AWS::Logs::LogGroup' }\n".to_owned();
    for level in (1..400).rev() {
        conditions.push_str(&format!("  C{level}: !Not [!Condition C{}]\n", level - 1));
        // Resolved in the order of their names: the first leads to all others.
        resources.push_str(&format!(
            "  R{level:03}: {{ Type: 'AWS::Logs::LogGroup', Properties: {{ LogGroupName: !Sub 'x${{R{:03}}}' }} }}\n",
            level + 1
        ));
    }
    for text in [format!("{conditions}Resources: {{}}\n"), resources] {
        let error = resolve(&text, &[]).expect_err("too long a chain");
        assert!(error.contains("lead more than 48 levels deep"), "{error}");
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in ".{0,400}") {
        feed(&text);
    }

    #[test]
    fn text_of_yaml_s_own_characters_never_panics(text in "[-:?,\\[\\]{}#&*!|>'\"%@` \\n\\tab0<~$.]{0,200}") {
        feed(&text);
        feed(&with_output(&text));
    }

    #[test]
    fn a_mutated_template_never_panics(at in 0..VALID.len(), length in 0..40_usize, instead in "[-:?,\\[\\]{}&*!'\"a0 \\n]{0,6}") {
        let bytes = VALID.as_bytes();
        let end = (at + length).min(bytes.len());
        let text = [&bytes[..at], instead.as_bytes(), &bytes[end..]].concat();
        feed(&String::from_utf8_lossy(&text));
    }

    #[test]
    fn a_template_with_a_value_exchanged_never_panics(line in 0..200_usize, value in "(!Ref Api|!GetAtt Api.Arn|\\[\\]|\\{\\}|-1|1e9|yes|\"\"|!If \\[A, B, C\\]|!Sub '\\$\\{Greet.Arn\\}'|é|!Ref AWS::NoValue)") {
        let text: Vec<String> = VALID.lines().enumerate().map(|(index, text)| match text.split_once(": ") {
            Some((key, _)) if index == line => format!("{key}: {value}"),
            _ => text.to_owned(),
        }).collect();
        feed(&text.join("\n"));
    }
}
