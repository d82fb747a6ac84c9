//! What an upload has learned about the file that it becomes.

use super::{Certainty, FileState, KeptValues, Kind};
use ferry_protocol::SegmentValues;
use std::fmt;
use std::sync::Arc;

/// The values of all segments of an upload, and where to keep them once it is stored.
pub(crate) struct Learned {
    kept: Arc<KeptValues>,
    values: SegmentValues,
}

impl Learned {
    pub(crate) fn new(kept: &Arc<KeptValues>, values: SegmentValues) -> Self {
        Self { kept: Arc::clone(kept), values }
    }

    /// Keeps the values of the stored file; over a restart only if it is on stable storage.
    pub(crate) fn keep(self, state: FileState, is_durable: bool) {
        let lasting = if is_durable { Certainty::Lasting } else { Certainty::UntilRestart };
        let state = FileState { certainty: state.certainty.min(lasting), ..state };
        let all: Vec<u8> = self.values.iter().flat_map(|(_, value)| *value.as_bytes()).collect();
        self.kept.keep(state, Kind::Segments, &all);
    }
}

impl fmt::Debug for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Learned({} values)", self.values.len())
    }
}
