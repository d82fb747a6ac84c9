//! The window's behaviour, by the labels that a screen reader finds. No display is needed: the
//! harness draws into nothing, the workers, dialogs and the embedded server are doubles, and some
//! tests talk to a real server on a port of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod browse;
mod choose;
mod close;
mod conflicts;
mod connect;
mod dialogs;
mod drop;
mod kept;
mod keyboard;
mod menus;
mod notices;
mod obstacles;
#[cfg(feature = "pictures")]
mod pictures;
#[cfg(feature = "pictures")]
mod pictures_kept;
#[cfg(feature = "pictures")]
mod pictures_sharing;
mod real_busy;
mod real_delete;
mod real_kept;
mod real_obstacles;
mod real_server;
mod real_sharing;
mod settle;
mod sharing;
mod support;
mod transfers;
mod world;
