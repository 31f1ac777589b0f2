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

/// The order in which they grow old: to look for the first of them among all of them would keep writers waiting.
const AGE_INDEX: &str = "CREATE INDEX IF NOT EXISTS lab_stream_age ON _stream_records (created_at)";

/// Removes the oldest, some at a time, so that no write waits for a whole day's records to go.
const TRIM: &str = "DELETE FROM _stream_records WHERE id IN \
                    (SELECT id FROM _stream_records WHERE created_at < ?1 ORDER BY created_at LIMIT 1000)";

/// A second connection to the engine's database. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::dynamodb) struct Upkeep(Arc<Mutex<Connection>>);

impl Upkeep {
    /// Opens a database that the engine has open, and lays the index.
    pub(in crate::dynamodb) fn open(path: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch(INDEX)?;
        connection.execute_batch(AGE_INDEX)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Removes the records whose time is over.
    pub(in crate::dynamodb) fn trim(&self, now: Timestamp) -> rusqlite::Result<usize> {
        let retention = SignedDuration::try_from(RETENTION).unwrap_or(SignedDuration::MAX);
        let oldest = now.checked_sub(retention).unwrap_or(Timestamp::MIN).as_second();
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut trimmed = 0;
        loop {
            match connection.execute(TRIM, [oldest])? {
                0 => return Ok(trimmed),
                some => trimmed += some,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The engine's table as far as the lab uses it, with a record of each of so many seconds.
    fn records(seconds: i64) -> Upkeep {
        let connection = Connection::open_in_memory().expect("opens");
        let table = "CREATE TABLE _stream_records (id INTEGER PRIMARY KEY AUTOINCREMENT, created_at INTEGER NOT NULL)";
        connection.execute_batch(table).and_then(|()| connection.execute_batch(AGE_INDEX)).expect("made");
        for second in 0..seconds {
            connection.execute("INSERT INTO _stream_records (created_at) VALUES (?1)", [second]).expect("written");
        }
        Upkeep(Arc::new(Mutex::new(connection)))
    }

    #[test]
    fn what_is_too_old_goes_however_much_it_is() {
        let upkeep = records(2_600);
        let retention = i64::try_from(RETENTION.as_secs()).expect("in range");
        let at = |second| Timestamp::from_second(second + retention).expect("in range");
        assert_eq!(upkeep.trim(at(2_500)).expect("trimmed"), 2_500);
        assert_eq!(upkeep.trim(at(2_500)).expect("trimmed"), 0);
        assert_eq!(upkeep.trim(at(2_501)).expect("trimmed"), 1);
    }

    #[test]
    fn the_old_are_found_without_reading_all() {
        let upkeep = records(1);
        let connection = upkeep.0.lock().expect("whole");
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {TRIM}")).expect("a statement");
        let steps = plan.query_map([0], |row| row.get::<_, String>(3)).expect("a plan");
        let steps: Vec<String> = steps.map(|step| step.expect("a step")).collect();
        assert!(steps.iter().any(|step| step.contains("lab_stream_age (created_at<?)")), "{steps:?}");
        assert!(!steps.iter().any(|step| step.contains("SCAN")), "{steps:?}");
    }
}
