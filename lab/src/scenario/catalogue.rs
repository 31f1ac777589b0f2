//! The scenarios that come with the lab. They are part of the binary, so that a lab that was installed has them too; a file
//! of one's own is named by its path.

use std::path::Path;

use super::file::Scenario;
use crate::document::DocumentError;

/// Name and text of each, in the order in which they are best met.
const FILES: &[(&str, &str)] = &[
    ("quiet", include_str!("../../scenarios/quiet.yaml")),
    ("starved-table", include_str!("../../scenarios/starved-table.yaml")),
    ("slow-friend", include_str!("../../scenarios/slow-friend.yaml")),
    ("ride-that-never-was", include_str!("../../scenarios/ride-that-never-was.yaml")),
    ("page-that-ate-the-table", include_str!("../../scenarios/page-that-ate-the-table.yaml")),
    ("no-more-seats", include_str!("../../scenarios/no-more-seats.yaml")),
    ("throttle-button", include_str!("../../scenarios/throttle-button.yaml")),
    ("killed-mid-ride", include_str!("../../scenarios/killed-mid-ride.yaml")),
    ("late-answer", include_str!("../../scenarios/late-answer.yaml")),
    ("no-unicorn", include_str!("../../scenarios/no-unicorn.yaml")),
    ("config-gone", include_str!("../../scenarios/config-gone.yaml")),
    ("disk-full", include_str!("../../scenarios/disk-full.yaml")),
    ("bad-numbers", include_str!("../../scenarios/bad-numbers.yaml")),
    ("table-down", include_str!("../../scenarios/table-down.yaml")),
    ("year-3000", include_str!("../../scenarios/year-3000.yaml")),
    ("flaky-finance", include_str!("../../scenarios/flaky-finance.yaml")),
    ("finance-down", include_str!("../../scenarios/finance-down.yaml")),
    ("given-up", include_str!("../../scenarios/given-up.yaml")),
    ("lonely-outage", include_str!("../../scenarios/lonely-outage.yaml")),
    ("blocked-pipe", include_str!("../../scenarios/blocked-pipe.yaml")),
    ("stopped-pipe", include_str!("../../scenarios/stopped-pipe.yaml")),
    ("rush-hour", include_str!("../../scenarios/rush-hour.yaml")),
    ("broken-order", include_str!("../../scenarios/broken-order.yaml")),
    ("charged-twice", include_str!("../../scenarios/charged-twice.yaml")),
];

/// No scenario of that name.
#[derive(Debug, thiserror::Error)]
pub enum Unknown {
    /// Neither a name nor a file.
    #[error("there is no scenario \"{asked}\"; there are {known}, or the path of a file that ends in .yaml")]
    Name {
        /// What was asked for.
        asked: String,
        /// All names.
        known: String,
    },
    /// A path that cannot be read.
    #[error("could not read {path}")]
    Unreadable {
        /// The path.
        path: String,
        #[source]
        /// Cause.
        source: std::io::Error,
    },
    /// A file with a mistake.
    #[error(transparent)]
    File(#[from] DocumentError),
}

/// Names of the scenarios, in the order in which they are best met.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// A scenario by its name or by the path of its file, with its text.
///
/// # Errors
/// There is none, or it has a mistake.
pub fn find(asked: &str) -> Result<(Scenario, String), Unknown> {
    if let Some((name, text)) = FILES.iter().find(|(name, _)| *name == asked) {
        return Ok((Scenario::read(text, &format!("{name}.yaml"))?, (*text).to_owned()));
    }
    if Path::new(asked).extension().is_some_and(|extension| extension == "yaml") {
        let text =
            std::fs::read_to_string(asked).map_err(|source| Unknown::Unreadable { path: asked.to_owned(), source })?;
        return Ok((Scenario::read(&text, asked)?, text));
    }
    Err(Unknown::Name { asked: asked.to_owned(), known: names().collect::<Vec<_>>().join(", ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_reads_and_bears_the_name_of_its_file() {
        for name in names() {
            let (scenario, text) = find(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(scenario.name, name);
            assert!(!text.is_empty() && !scenario.title.is_empty() && !scenario.lesson.is_empty(), "{name}");
        }
    }

    #[test]
    fn every_file_of_the_folder_is_in_the_binary() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let mut files: Vec<String> = files.map(|name| name.to_string_lossy().into_owned()).collect();
        let mut known: Vec<String> = names().map(|name| format!("{name}.yaml")).collect();
        files.sort();
        known.sort();
        assert_eq!(files, known);
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_right_ones() {
        let error = find("quite").expect_err("no such scenario").to_string();
        assert!(error.contains("quite") && error.contains("quiet"), "{error}");
        assert!(matches!(find("nowhere.yaml"), Err(Unknown::Unreadable { .. })));
    }
}
