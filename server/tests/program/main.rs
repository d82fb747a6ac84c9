//! Drives the built `ferry-server` as a person or a script does: verbs, texts, exit codes.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test program: whatever fails here fails the test that called it"
)]

mod background;
mod links;
mod penalties;
mod place;
mod refusals;
mod sandbox;
mod settings;
mod sharing;
