//! What was replaced or removed in memory. Nothing is ever too old or too much here.

use super::Memory;
use super::tree::Node;
use crate::storage::{Author, Error, ErrorKind, Result, Undo};
use ferry_protocol::{Entry, IfExists, RemotePath, Timestamp, UndoEntry, UndoId, UndoReason};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Kept things by id; ids count up.
#[derive(Default)]
pub(super) struct Kept {
    things: BTreeMap<UndoId, Thing>,
    last: u128,
}

struct Thing {
    node: Node,
    path: RemotePath,
    reason: UndoReason,
    by: Author,
    kept_at: Timestamp,
}

impl Kept {
    pub(super) fn add(
        &mut self,
        reason: UndoReason,
        path: &RemotePath,
        node: Node,
        by: &Author,
    ) -> UndoId {
        self.last += 1;
        let (path, by, id) = (path.clone(), by.clone(), UndoId(self.last.to_be_bytes()));
        let thing = Thing { node, path, reason, by, kept_at: now() };
        self.things.insert(id, thing);
        id
    }

    pub(super) fn take(&mut self, id: UndoId) -> Option<Node> {
        self.things.remove(&id).map(|thing| thing.node)
    }
}

impl Thing {
    fn entry(&self, id: UndoId) -> UndoEntry {
        let name = self.path.as_relative_bytes().to_vec();
        UndoEntry {
            id,
            group: self.by.group,
            reason: self.reason,
            kept_at: self.kept_at,
            account: self.by.account.clone(),
            entry: Entry { name, ..self.node.entry(b"") },
        }
    }
}

impl Undo for Memory {
    fn entries(&self, before: Option<UndoId>, count_max: usize) -> Result<Vec<UndoEntry>> {
        let kept = self.kept.lock();
        let older = kept.things.iter().rev().filter(|(id, _)| before.is_none_or(|at| **id < at));
        Ok(older.take(count_max).map(|(id, thing)| thing.entry(*id)).collect())
    }

    fn entry(&self, id: UndoId) -> Result<UndoEntry> {
        let kept = self.kept.lock();
        kept.things.get(&id).map(|thing| thing.entry(id)).ok_or_else(not_kept)
    }

    fn bring_back(
        &self,
        id: UndoId,
        to: &RemotePath,
        if_exists: IfExists,
        by: &Author,
    ) -> Result<()> {
        let mut root = self.root.lock();
        let (folder, name) = root.place_mut(to, ErrorKind::AlreadyExists)?;
        let mut kept = self.kept.lock();
        let thing = kept.things.get(&id).ok_or_else(not_kept)?;
        let is_folder = matches!(thing.node, Node::Folder(_));
        let if_exists = if is_folder { IfExists::Refuse } else { if_exists };
        folder.check_free(&name, if_exists, to)?;
        if let Some(thing) = kept.things.remove(&id)
            && let Some(old) = folder.children.insert(name.as_bytes().into(), thing.node)
        {
            kept.add(UndoReason::Replaced, to, old, by);
        }
        Ok(())
    }

    fn forget(&self, id: UndoId) -> Result<()> {
        self.kept.lock().things.remove(&id).map(drop).ok_or_else(not_kept)
    }

    fn sweep(&self) -> Result<u64> {
        Ok(0)
    }
}

fn not_kept() -> Error {
    Error::new(ErrorKind::NotKept, &RemotePath::root())
}

fn now() -> Timestamp {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_nanos());
    Timestamp(i64::try_from(nanos).unwrap_or(i64::MAX))
}
