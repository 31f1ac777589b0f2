//! How far a pipe has come, kept beside the tables: a lab that is started again with the same directory goes on where it was.
//! What reached the queue after the last note is sent again, as it can happen in AWS: "at least once".

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::PipeError;
use crate::dynamodb::streams::Sequence;

/// Where one pipe's place is kept; nowhere without a directory.
#[derive(Debug)]
pub(super) struct Checkpoint {
    file: Option<PathBuf>,
    stream: String,
    kept: Option<Sequence>,
}

impl Checkpoint {
    /// The note of this pipe about that stream, if there is one.
    ///
    /// # Errors
    /// When there is a file that cannot be read: to begin anew would send everything again.
    pub(super) fn open(directory: Option<&Path>, pipe: &str, stream: &str) -> Result<Self, PipeError> {
        let file = directory.map(|directory| directory.join(format!("pipe-{pipe}.json")));
        let mut kept = None;
        if let Some(file) = file.as_ref().filter(|file| file.exists()) {
            let unreadable = |reason: String| PipeError::Checkpoint { path: file.clone(), reason };
            let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
            let note: Value = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
            if note["stream"] == stream {
                let through = note["through"].as_str().and_then(Sequence::parse);
                kept = Some(through.ok_or_else(|| unreadable("it has no sequence number".to_owned()))?);
            }
        }
        Ok(Self { file, stream: stream.to_owned(), kept })
    }

    /// Up to where everything was done.
    pub(super) fn kept(&self) -> Option<Sequence> {
        self.kept
    }

    /// Notes a place; does nothing while it is the one that is noted.
    ///
    /// # Errors
    /// When the file cannot be written. The pipe goes on, and sends more again after a restart.
    pub(super) fn keep(&mut self, through: Option<Sequence>) -> std::io::Result<()> {
        let Some(through) = through.filter(|through| Some(*through) != self.kept) else { return Ok(()) };
        if let Some(file) = &self.file {
            let note = json!({"stream": self.stream, "through": through.to_string()});
            // A note that is half written would stop the next start.
            let draft = file.with_extension("new");
            std::fs::write(&draft, note.to_string())?;
            std::fs::rename(&draft, file)?;
        }
        self.kept = Some(through);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_outlives_the_lab_and_belongs_to_one_stream() {
        let directory = tempfile::tempdir().expect("a directory");
        let place = Sequence::at(jiff::Timestamp::now());
        let open = |stream| Checkpoint::open(Some(directory.path()), "payments", stream).expect("opens");
        let mut checkpoint = open("one");
        assert_eq!(checkpoint.kept(), None);
        checkpoint.keep(None).expect("nothing to keep");
        checkpoint.keep(Some(place)).expect("kept");
        assert_eq!(open("one").kept(), Some(place));
        assert_eq!(open("another").kept(), None);
    }

    #[test]
    fn a_note_that_nobody_can_read_is_an_error_with_its_file() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("pipe-payments.json"), "{\"stream\": \"one\"").expect("written");
        let error = Checkpoint::open(Some(directory.path()), "payments", "one").expect_err("refused").to_string();
        assert!(error.contains("pipe-payments.json"), "{error}");
    }
}
