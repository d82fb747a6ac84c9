//! A big file on its way up by segments, as the lanes that send it share it.

use super::item::Item;
use crate::job::striped::Striped;
use ferry_protocol::Put;
use std::path::PathBuf;
use std::sync::Arc;

/// A big file, what a helping lane joins with, and how far it is.
pub(super) struct Outgoing {
    pub(super) local: PathBuf,
    pub(super) put: Put,
    pub(super) segments: Striped,
}

impl Outgoing {
    /// `None` for a file of more segments than can be counted.
    pub(super) fn new(item: &mut Item) -> Option<Arc<Self>> {
        let values = std::mem::take(&mut item.values);
        let segments = Striped::new(&item.local, item.source(), item.size, values)?;
        let put = Put { resume: true, ..item.put() };
        Some(Arc::new(Self { local: item.local.clone(), put, segments }))
    }
}
