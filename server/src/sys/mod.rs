//! What only the operating system can answer or do. The one home of direct system calls: files
//! below an open folder, this process and others, sockets in a poller.

#[cfg(target_os = "linux")]
pub(crate) mod epoll;
#[cfg(test)]
pub(crate) mod fault;
mod files;
pub(crate) mod process;
pub(crate) mod sandbox;
mod sockets;

pub(crate) use files::*;
pub(crate) use sockets::{
    is_closed_by_peer, is_closed_by_peer_within, is_out_of_descriptors, is_under_way, register,
    wake_acceptor,
};
