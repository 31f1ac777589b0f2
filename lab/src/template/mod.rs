//! Reads a SAM template and resolves it into a [`Stack`].
mod model;
pub use model::*;
