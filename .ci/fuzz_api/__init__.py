"""Schemathesis against `cargo lab up`."""
