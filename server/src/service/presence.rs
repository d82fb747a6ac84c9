//! Somebody's being here, recorded at both ends.

use crate::audit::{Action, AuditLog, Deed, Line, Origin, Who};
use ferry_protocol::RemotePath;
use std::sync::Arc;

/// A login that holds. What it began holds on to it, so that the end of it comes last.
#[derive(Debug)]
pub(super) struct Presence {
    who: Who,
    log: AuditLog,
}

impl Presence {
    pub(super) fn begin(who: Who, log: &AuditLog) -> Arc<Self> {
        log.record(Line::new(&who, Action::LogIn));
        Arc::new(Self { who, log: log.clone() })
    }

    pub(super) fn origin(&self) -> Origin {
        self.who.origin
    }

    pub(super) fn deed(&self, action: Action, path: &RemotePath) -> Deed {
        Deed::begin(&self.log, &self.who, action, path)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.log.record(Line::new(&self.who, Action::LogOut));
    }
}
