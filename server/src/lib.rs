//! The Ferry server: a bounded pool of blocking workers behind parked connections, one service
//! with accounts and rights, and storage that shows a file whole or not at all.
//!
//! The public face is small: [`Server`], what it is started with ([`config`], [`accounts`],
//! [`identity`]), the program around it ([`daemon`]), and [`storage`] for those who bring their
//! own. `ARCHITECTURE.md` has the map.

pub mod accounts;
mod admission;
mod audit;
mod committer;
pub mod config;
pub mod daemon;
mod door;
mod ftp;
#[doc(hidden)]
pub mod fuzz;
pub mod identity;
mod listener;
mod log;
mod metrics;
mod native;
mod penalties;
mod pool;
pub mod qr;
mod server;
mod service;
mod stall;
mod state_folder;
pub mod storage;
mod sweeper;
mod sync;
mod sys;
mod transport;
mod values;
mod wake;

pub use server::{Counters, Server, StartError, Stopped};
pub use state_folder::{Error as StateError, STATE_DIR_VARIABLE};
