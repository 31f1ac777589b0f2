//! What the engine leaves undone in its table of stream records.
//!
//! It looks for the last record of a table by reading all of them, at every write, and never removes one: ten thousand
//! writes to one table took 40 s of processor time in a debug build, and take 13 s with the index, reading them all included. So the lab lays an index and
//! takes old records out itself, over a connection of its own to the engine's database.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

/// "All data in DynamoDB Streams is subject to a 24-hour lifetime."
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html#Streams.DataRetention>
pub(super) const RETENTION: Duration = Duration::from_secs(24 * 3600);

/// How long to wait while the engine writes.
const BUSY: Duration = Duration::from_secs(5);

/// The order in which records are asked for. Its second column is the engine's own expression, word for word: else SQLite would
/// not know that the index answers the question.
const INDEX: &str = "CREATE INDEX IF NOT EXISTS lab_stream_order \
                     ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// A second connection to the engine's database. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::dynamodb) struct Upkeep(Arc<Mutex<Connection>>);

impl Upkeep {
    /// Opens a database that the engine has open, and lays the index.
    pub(in crate::dynamodb) fn open(path: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch(INDEX)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Removes the records whose time is over.
    pub(in crate::dynamodb) fn trim(&self, now: Timestamp) -> rusqlite::Result<usize> {
        let retention = SignedDuration::try_from(RETENTION).unwrap_or(SignedDuration::MAX);
        let oldest = now.checked_sub(retention).unwrap_or(Timestamp::MIN).as_second();
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connection.execute("DELETE FROM _stream_records WHERE created_at < ?1", [oldest])
    }
}
