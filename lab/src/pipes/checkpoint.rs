//! How far a pipe has come, kept beside the tables: a lab that is started again with the same directory goes on where it was.
//! What reached the queue after the last note is sent again, as it can happen in AWS: "at least once".

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::PipeError;
use crate::dynamodb::streams::Sequence;

/// A place in a stream: after that record, or before the oldest.
type Place = Option<Sequence>;

/// Where one pipe's place is kept; nowhere without a directory.
#[derive(Debug)]
pub(super) struct Checkpoint {
    file: Option<PathBuf>,
    stream: String,
    kept: Option<Place>,
}

impl Checkpoint {
    /// The note of this pipe about that stream, if there is one.
    ///
    /// # Errors
    /// When there is a file that cannot be read: to begin anew could leave something out.
    pub(super) fn open(directory: Option<&Path>, pipe: &str, stream: &str) -> Result<Self, PipeError> {
        let file = directory.map(|directory| directory.join(format!("pipe-{pipe}.json")));
        let mut kept = None;
        if let Some(file) = file.as_ref().filter(|file| file.exists()) {
            let unreadable = |reason: String| PipeError::Checkpoint { path: file.clone(), reason };
            let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
            let note: Value = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
            if note["stream"] == stream {
                let number = |text: &str| Sequence::parse(text).map(Some);
                let place =
                    if note["through"].is_null() { Some(None) } else { note["through"].as_str().and_then(number) };
                kept = Some(place.ok_or_else(|| unreadable("it has no sequence number".to_owned()))?);
            }
        }
        Ok(Self { file, stream: stream.to_owned(), kept })
    }

    /// Up to where everything was done; `None` of a pipe without a past.
    pub(super) fn kept(&self) -> Option<Place> {
        self.kept
    }

    /// Notes a place; does nothing while it is the one that is noted.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) async fn keep(&mut self, place: Place) -> Result<(), PipeError> {
        if self.kept == Some(place) {
            return Ok(());
        }
        if let Some(file) = &self.file {
            let through = place.map(|sequence| sequence.to_string());
            let note = json!({"stream": self.stream, "through": through}).to_string();
            let path = file.clone();
            // A disk may take its time, and whoever shares the thread should not wait for it.
            let written = tokio::task::spawn_blocking(move || write(&path, &note)).await;
            let written = written.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
            written.map_err(|error| PipeError::Checkpoint { path: file.clone(), reason: error.to_string() })?;
        }
        self.kept = Some(place);
        Ok(())
    }
}

/// A note that is half written would stop the next start: so it has its name only when the disk has it, also when the machine
/// loses its power.
fn write(file: &Path, note: &str) -> std::io::Result<()> {
    let draft = file.with_extension("new");
    let mut written = File::create(&draft)?;
    written.write_all(note.as_bytes())?;
    written.sync_all()?;
    std::fs::rename(&draft, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_place_outlives_the_lab_and_belongs_to_one_stream() {
        let directory = tempfile::tempdir().expect("a directory");
        let place = Sequence::at(jiff::Timestamp::now());
        let open = |stream| Checkpoint::open(Some(directory.path()), "payments", stream).expect("opens");
        let mut checkpoint = open("one");
        assert_eq!(checkpoint.kept(), None);
        checkpoint.keep(None).await.expect("kept");
        assert_eq!(open("one").kept(), Some(None), "it began before the oldest record");
        checkpoint.keep(Some(place)).await.expect("kept");
        assert_eq!(open("one").kept(), Some(Some(place)));
        assert_eq!(open("another").kept(), None);
        let left = std::fs::read_dir(directory.path()).expect("a directory").count();
        assert_eq!(left, 1, "no draft is left behind");
    }

    #[tokio::test]
    async fn a_note_that_cannot_be_written_is_an_error_and_is_tried_again() {
        let parent = tempfile::tempdir().expect("a directory");
        let directory = parent.path().join("later");
        let mut checkpoint = Checkpoint::open(Some(&directory), "payments", "one").expect("opens");
        let error = checkpoint.keep(None).await.expect_err("there is no directory").to_string();
        assert!(error.contains("pipe-payments.json"), "{error}");
        assert_eq!(checkpoint.kept(), None);
        std::fs::create_dir(&directory).expect("made");
        checkpoint.keep(None).await.expect("kept");
        assert_eq!(Checkpoint::open(Some(&directory), "payments", "one").expect("opens").kept(), Some(None));
    }

    #[test]
    fn a_note_that_nobody_can_read_is_an_error_with_its_file() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("pipe-payments.json"), "{\"stream\": \"one\"").expect("written");
        let error = Checkpoint::open(Some(directory.path()), "payments", "one").expect_err("refused").to_string();
        assert!(error.contains("pipe-payments.json"), "{error}");
    }
}
