//! The legal order of messages, one state machine for each end. They hold no bytes and do no
//! input or output; each judges a header before its message is acted on.

mod client;
mod server;

pub use client::{AnswerRole, ClientSession};
pub use server::{Incoming, ServerSession};
