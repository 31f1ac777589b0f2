//! The whole from outside: real binaries, the real template, HTTP.
//!
//! One test binary, so that the workspace links once.

mod access;
mod alarm_table;
mod alarms_of_the_template;
mod audit;
mod bad_input;
mod blind;
mod canaries;
mod client;
mod command_line;
mod console;
mod emitted;
mod environments;
mod failures;
mod fake_services;
mod faults;
mod front_door;
mod idempotency;
mod json_shape;
mod load;
mod observed;
mod observing_commands;
mod openapi;
mod payments;
mod payments_killed;
mod payments_redriven;
mod piped;
mod privilege;
mod queues;
mod quiet_hour;
mod quoted_commands;
mod rides;
mod scenarios;
mod signed;
mod stack;
mod starved;
mod switches;
mod time_limits;
mod traces;
