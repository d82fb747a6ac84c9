//! The client of Ferry: typed, blocking calls to a server, and jobs that move files and trees.
//!
//! Start with [`Client::connect`]. One [`Client`] holds one connection and is used by one thread
//! at a time; [`Client::another`] opens more on the same login. [`job::upload`] and
//! [`job::download`] move files over several connections and say how each of them ended.
//!
//! Nothing is sent before the server's key was judged (see [`trust`]), every wait has a deadline,
//! and whatever a server says of names, sizes and digests is checked before it is acted on.

// Tests of what only this crate sees use what the tests around it use.
#[cfg(test)]
extern crate self as ferry_client;

pub mod address;
pub mod cancel;
pub mod client;
mod connection;
mod connector;
pub mod error;
#[doc(hidden)]
pub mod fuzz;
pub mod job;
pub mod jobs;
mod journal;
mod local_file;
mod local_folders;
mod login;
pub mod preflight;
pub mod progress;
pub mod questions;
mod random;
mod site;
mod sources;
pub mod state_folder;
mod sync;
mod sys;
pub mod terminal;
pub mod trust;

pub use address::Address;
pub use cancel::Cancel;
pub use client::{Client, Listing, Opener, Parents, UndoPages};
pub use connector::tls::TlsError;
pub use error::{Error, Stage};
/// The types of the protocol that calls of this crate take and give.
pub use ferry_protocol as protocol;
pub use progress::Progress;
pub use questions::{Choice, Conflict, NoQuestions, Questions, Resolution, Retry};
pub use site::{ConnectOptions, Credentials, Deadlines};
pub use sys::rename_new;
