//! Encrypted streams over non-blocking sockets. Nothing here waits.

pub(crate) mod tls;

pub(crate) use tls::{CipherBuffer, Flow, TlsStream};
