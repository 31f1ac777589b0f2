use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// The temporary directory, and what was written there to fill it.
///
/// The file has no name any more when it is written: its space is free again as soon as nobody holds it, also when the
/// process is killed, and no other process can be hit by it or clear it away.
#[derive(Debug)]
pub(super) struct Disk {
    directory: PathBuf,
    held: Mutex<Option<File>>,
}

/// Written at once.
static CHUNK: [u8; 64 * 1024] = [0; 64 * 1024];

impl Disk {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory, held: Mutex::default() }
    }

    /// Gives back what the last invocation took.
    pub(super) async fn clear(&self) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(file) = held {
            // The last handle of gigabytes: the kernel frees them while it closes. Nothing can be done about a failure.
            let _ = tokio::task::spawn_blocking(move || drop(file)).await;
        }
    }

    /// Takes so many bytes, or all that there are. Returns how many were taken.
    ///
    /// # Errors
    /// The directory cannot be written for another reason than that it is full.
    pub(super) async fn fill(&self, bytes: u64) -> Result<u64> {
        let path = self.directory.join(format!("diskspace-failure-{}.tmp", Uuid::new_v4()));
        let written = tokio::task::spawn_blocking(move || {
            let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
            std::fs::remove_file(&path)?;
            let mut written = 0;
            while written < bytes {
                let chunk = usize::try_from(bytes - written).unwrap_or(usize::MAX).min(CHUNK.len());
                match file.write(&CHUNK[..chunk]) {
                    Ok(0) => break,
                    Ok(length) => written += length as u64,
                    // That is what was asked for.
                    Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => break,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            Ok((file, written))
        });
        let (file, written) = written.await.map_err(std::io::Error::other)??;
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        Ok(written)
    }

    /// How much is taken.
    #[cfg(test)]
    pub(super) fn taken(&self) -> u64 {
        let held = self.held.lock().expect("no poison");
        held.as_ref().map_or(0, |file| file.metadata().expect("a file").len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn space_is_taken_under_no_name_and_given_back() {
        let directory = std::env::temp_dir().join(format!("disk-{}", Uuid::new_v4()));
        std::fs::create_dir(&directory).expect("a directory");
        let disk = Disk::new(directory.clone());
        assert_eq!(disk.fill(100_000).await.expect("written"), 100_000);
        assert_eq!(disk.taken(), 100_000);
        assert_eq!(std::fs::read_dir(&directory).expect("readable").count(), 0);
        disk.clear().await;
        assert_eq!(disk.taken(), 0);
        std::fs::remove_dir(&directory).expect("it is empty");
        assert!(disk.fill(1).await.is_err(), "nowhere to write");
    }
}
