//! `cargo lab`: see `cargo lab --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    lab::cli::main()
}
