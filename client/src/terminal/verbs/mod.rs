//! The verbs, one file a family. They know paths, not URLs and not lines: those are worked out
//! by the command line and the prompt.

pub(crate) mod history;
pub(crate) mod inspect;
pub(crate) mod jobs;
pub(crate) mod list;
pub(crate) mod local;
pub(crate) mod namespace;
pub(crate) mod parts;
pub(crate) mod transfer;
pub(crate) mod undo;
