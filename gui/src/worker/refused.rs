//! Orders that no thread could take, because too many wait before them already: each is answered
//! all the same, so that nothing the window asked for is lost without a word.

use crate::action::{AttemptEvent, Event, JobEnd, KeptEvent};
use crate::request::{KeptWork, Work};
use crate::state::kept::Tab;
use crate::state::side::Side;
use crate::text::problems as text;

/// What comes of an order that nobody takes. A job that was taken back before it began is over.
pub(super) fn event(work: Work, was_withdrawn: bool) -> Option<Event> {
    let changed = |side: Side, summary: String| {
        let problem = Some(text::too_much(summary));
        Some(Event::Changed { side, made: None, problem })
    };
    match work {
        Work::List { side, place, generation } => {
            let problem = text::too_much(text::cannot_list(&place.to_string()));
            Some(Event::ListFailed { side, generation, problem })
        }
        Work::Arrange { side, generation, arranging } => {
            // A frame that takes long is better than a list that never comes.
            Some(Event::Arranged { side, generation, arranged: arranging.arrange() })
        }
        Work::MakeFolder(side, place) => changed(side, text::cannot_make(&place.to_string())),
        Work::Rename { side, from, .. } => changed(side, text::cannot_rename(&from.to_string())),
        Work::Remove(side, places) => {
            let first = places.first().map(|(place, _)| place.to_string()).unwrap_or_default();
            changed(side, text::cannot_remove(&first))
        }
        Work::Connect(login) => {
            let server = login.address.split('#').next().unwrap_or_default().to_owned();
            let problem = text::too_much(text::no_connection(&server));
            Some(Event::Attempt(login.attempt, AttemptEvent::Failed(problem)))
        }
        Work::StartJob(order) => {
            let problem = text::too_much(text::JOB_STOPPED.to_owned());
            Some(Event::JobEnded(order.id, JobEnd::Stopped(problem)))
        }
        Work::PauseJob(id) | Work::CancelJob(id, _) => {
            // The wish itself went to the job past the queue.
            was_withdrawn.then_some(Event::JobEnded(id, JobEnd::Cancelled))
        }
        Work::Kept { generation, work } => Some(kept(generation, &work)),
        Work::SaveServers(_) => changed(Side::Here, text::CANNOT_SAVE.to_owned()),
        Work::ForgetServer(_) => {
            Some(Event::Noticed(text::too_much(text::CANNOT_FORGET.to_owned())))
        }
        Work::ForgetJob(_) | Work::Load => changed(Side::Here, text::CANNOT_NOTE.to_owned()),
        // The session ends with the next one, a journal is begun with the job itself, and the rest
        // goes past the queues.
        Work::Disconnect
        | Work::NoteJob(_)
        | Work::CancelConnect
        | Work::Trust(_)
        | Work::Decide(..)
        | Work::DecideAll(..) => None,
    }
}

fn kept(generation: u64, work: &KeptWork) -> Event {
    let problem = |summary: &str| text::too_much(summary.to_owned());
    let event = match work {
        KeptWork::Undo => KeptEvent::Failed(Tab::Undo, problem(text::CANNOT_LIST_UNDO)),
        KeptWork::Parts => KeptEvent::Failed(Tab::Parts, problem(text::CANNOT_LIST_PARTS)),
        KeptWork::History { .. } => {
            KeptEvent::Failed(Tab::History, problem(text::CANNOT_LIST_HISTORY))
        }
        KeptWork::BringBack { group, .. } => {
            let problem = Some(problem(text::CANNOT_BRING_BACK));
            KeptEvent::Returned { group: *group, problem }
        }
        KeptWork::Abandon(id) => KeptEvent::Abandoned(*id, Some(problem(text::CANNOT_ABANDON))),
    };
    Event::Kept { generation, event }
}
