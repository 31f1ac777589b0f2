//! What can go wrong with the database itself.

/// Why the database did not open, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum DynamoDbError {
    /// The file is no database, or cannot be written.
    #[error("could not open the database at {path}: {reason}; is another lab using this directory?")]
    Open {
        /// The file, or `memory`.
        path: String,
        /// What the engine said.
        reason: String,
    },
    /// No loopback listener.
    #[error("could not listen on loopback for DynamoDB")]
    Listen(#[source] std::io::Error),
    /// The engine answered with an error.
    #[error("DynamoDB refused {operation}: {kind}: {message}")]
    Refused {
        /// Operation.
        operation: String,
        /// Error type without its namespace.
        kind: String,
        /// The engine's words.
        message: String,
    },
    /// The engine did not answer.
    #[error("DynamoDB did not answer {operation}")]
    Silent {
        /// Operation.
        operation: String,
    },
    /// The directory holds this table with other keys.
    #[error(
        "table {table} exists in the data directory with other keys than the template's; use another --data directory"
    )]
    OtherKeys {
        /// Physical name.
        table: String,
    },
}
