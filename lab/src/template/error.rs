//! What is wrong with a template, said so that a person can act on it.

use std::fmt;

/// A template that cannot be read or resolved.
///
/// Printed as `template.yaml:12:7: Resources.RidesTable.Properties.Foo: what is wrong; what to do`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", Prefix(self))]
pub struct TemplateError {
    origin: String,
    line: u32,
    column: u32,
    path: String,
    message: String,
}

impl TemplateError {
    /// An error of the caller's inputs or of the file as a whole: no line is to blame.
    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self::at(0, 0, String::new(), message)
    }

    pub(crate) fn at(line: u32, column: u32, path: String, message: impl Into<String>) -> Self {
        Self { origin: String::new(), line, column, path, message: message.into() }
    }

    /// Names the file. The readers below know lines and paths only.
    pub(crate) fn in_file(mut self, origin: &str) -> Self {
        origin.clone_into(&mut self.origin);
        self
    }

    /// Line, from 1; 0 where the error belongs to no line.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Property path from the template's root, e.g. `Resources.Api.Properties.StageName`; empty where there is none.
    pub fn path(&self) -> &str {
        &self.path
    }
}

struct Prefix<'a>(&'a TemplateError);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TemplateError { origin, line, column, path, .. } = self.0;
        if !origin.is_empty() {
            f.write_str(origin)?;
            if *line > 0 {
                write!(f, ":{line}:{column}")?;
            }
            f.write_str(": ")?;
        }
        if path.is_empty() { Ok(()) } else { write!(f, "{path}: ") }
    }
}

/// ` (did you mean "Stage"?)`, or nothing when no name is near enough to be a slip of the finger.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    // Two letters exchanged are two edits.
    let limit = match name.chars().count() {
        0..=3 => 1,
        4..=9 => 2,
        _ => 3,
    };
    known
        .into_iter()
        // Long names are not worth the quadratic table.
        .filter(|candidate| candidate.len() <= 128 && name.len() <= 128)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| format!(" (did you mean \"{candidate}\"?)"))
        .unwrap_or_default()
}

/// Levenshtein distance, upper and lower case being the same.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_file_line_column_path_message() {
        let error = TemplateError::at(12, 7, "Resources.Api".into(), "is wrong").in_file("template.yaml");
        assert_eq!(error.to_string(), "template.yaml:12:7: Resources.Api: is wrong");
        let error = TemplateError::whole("is empty").in_file("template.yaml");
        assert_eq!(error.to_string(), "template.yaml: is empty");
    }

    #[test]
    fn a_slip_of_the_finger_is_answered_with_the_nearest_name() {
        assert_eq!(did_you_mean("Stagee", ["LogLevel", "Stage"]), " (did you mean \"Stage\"?)");
        assert_eq!(did_you_mean("stage", ["Stage"]), " (did you mean \"Stage\"?)");
        assert_eq!(did_you_mean("Colour", ["Stage"]), "");
    }
}
