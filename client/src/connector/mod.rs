//! From a host name to an encrypted stream whose other end has shown its key. Whether that key
//! is the right one is judged elsewhere.

pub(crate) mod tcp;
pub(crate) mod tls;
