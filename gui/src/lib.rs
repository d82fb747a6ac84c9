//! Ferry's desktop app: two panes, this computer and the server, and the transfers between them.
//!
//! Data flows one way. Views read the [`state`] and emit [`action`]s; `update`, a pure function of
//! both, changes the state and asks for work by [`request`]s; workers do the work on threads of
//! their own and come back with actions. The frame loop carries these about and never waits.
//!
//! The crate is a library so that its tests, its pictures and its program share it.

pub mod action;
pub mod app;
pub mod desktop;
pub mod file_dialog;
pub mod request;
pub mod share;
pub mod start;
pub mod state;
mod sys;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;
pub mod widgets;
pub mod worker;

pub use app::{Options, run};
