//! Streams over non-blocking sockets, encrypted or, where a door allows it, plain. Nothing here
//! waits.

mod channel;
mod plain;
pub(crate) mod tls;

pub(crate) use channel::Channel;
pub(crate) use plain::PlainStream;
pub(crate) use tls::{CipherBuffer, Flow, TlsStream};
