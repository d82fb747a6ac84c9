//! A person's own past as the wire has it.

use crate::audit::{self, Action, Line};
use ferry_protocol::{Answer, History, HistoryAction, HistoryEntry, HistoryResult, Timestamp};
use std::sync::Arc;

/// The answer to a request for a page of it.
pub(super) fn answer(lines: &[Arc<Line>], next: u64) -> Answer {
    Answer::HistoryIs(History { entries: lines.iter().map(|line| entry(line)).collect(), next })
}

fn entry(line: &Line) -> HistoryEntry {
    HistoryEntry {
        time: Timestamp::from_parts(
            line.time.as_second(),
            u32::try_from(line.time.subsec_nanosecond()).unwrap_or(0),
        ),
        action: action(line.action),
        result: match line.result {
            audit::Result::Done => HistoryResult::DONE,
            audit::Result::Failed => HistoryResult::FAILED,
            audit::Result::Interrupted => HistoryResult::INTERRUPTED,
        },
        size: line.size.unwrap_or_default(),
        peer: line.peer.clone().unwrap_or_default(),
        path: line.path.clone().unwrap_or_default(),
        to: line.to.clone().unwrap_or_default(),
        text: line.text.clone().unwrap_or_default(),
    }
}

fn action(action: Action) -> HistoryAction {
    match action {
        Action::LogIn => HistoryAction::LOG_IN,
        Action::LogOut => HistoryAction::LOG_OUT,
        Action::Upload => HistoryAction::UPLOAD,
        Action::Download => HistoryAction::DOWNLOAD,
        Action::Remove => HistoryAction::REMOVE,
        Action::Rename => HistoryAction::RENAME,
        Action::MakeDirectory => HistoryAction::MAKE_DIRECTORY,
        Action::SetAttributes => HistoryAction::SET_ATTRIBUTES,
        Action::Copy => HistoryAction::COPY,
        Action::Undo => HistoryAction::UNDO,
        Action::UndoForget => HistoryAction::UNDO_FORGET,
        Action::Accounts | Action::ShutOut => HistoryAction::OTHER,
    }
}
