//! Every `cargo lab ...` that a document quotes is one that `cargo lab` understands.

use std::path::PathBuf;

use lab::cli::understands;

use crate::stack::workspace;

/// Everything that people read.
fn documents() -> Vec<PathBuf> {
    let mut documents = Vec::new();
    for folder in ["", "docs", "docs/workshop", "runbooks", "loadtest"] {
        for entry in std::fs::read_dir(workspace().join(folder)).expect("a folder").flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "md") {
                documents.push(entry.path());
            }
        }
    }
    documents
}

/// What is to be typed: lines of code blocks, and text in backticks.
fn code(text: &str) -> Vec<String> {
    let mut in_block = false;
    let mut code = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            code.push(line.split(" #").next().unwrap_or_default().to_owned());
        } else {
            code.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    code
}

/// The arguments of each `cargo lab` in a line of code, up to what ends a command in a shell or in a list of alternatives.
fn commands(code: &str) -> Vec<Vec<String>> {
    let commands = code.split("cargo lab ").skip(1);
    commands.map(|rest| words(rest.split(['|', ';', '&', ')', '>']).next().unwrap_or_default())).collect()
}

/// Words as a shell reads them, with one kind of quotes or the other.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = match first {
            quote @ ('\'' | '"') => rest[1..].split_once(quote).unwrap_or((&rest[1..], "")),
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

/// Whether a command is understood. A command without arguments may be its name only: `cargo lab invoke` asks for more.
fn check(command: &[String]) -> Result<(), String> {
    // The one that stands for all.
    let words: Vec<&str> = command.iter().map(|word| if word == "COMMAND" { "up" } else { word.as_str() }).collect();
    match words[..] {
        [name] => understands([name, "--help"]),
        _ => understands(words),
    }
}

#[test]
fn every_quoted_command_is_understood() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for path in documents() {
        let text = std::fs::read_to_string(&path).expect("readable");
        for command in code(&text).iter().flat_map(|code| commands(code)) {
            seen += 1;
            if let Err(why) = check(&command) {
                wrong.push(format!("{}: cargo lab {}\n{why}", path.display(), command.join(" ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 60, "commands were found: {seen}");
}

#[test]
fn commands_are_found_where_they_stand() {
    let text = "Run `cargo lab alarms | requests`, or\n```sh\n(time cargo lab ride)  # once\ncargo lab requests --route 'POST /ride'\n```\nnot cargo lab this.";
    let found: Vec<_> = code(text).iter().flat_map(|code| commands(code)).map(|command| command.join(",")).collect();
    assert_eq!(found, ["alarms", "ride", "requests,--route,POST /ride"]);
    assert!(check(&["trace".to_owned()]).is_ok() && check(&["nothing".to_owned()]).is_err());
    assert!(check(&["up".to_owned(), "--nothing".to_owned()]).is_err());
}
