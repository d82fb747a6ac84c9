//! What the server keeps: looking at it, bringing back, giving up.

use super::{Requests, browse};
use crate::action::{KeptAction, KeptEvent};
use crate::request::{KeptWork, Request, Work};
use crate::state::State;
use crate::state::dialog::Dialog;
use crate::state::kept::{Fate, Group, IfTaken, Kept, KeptId, PartStage, Returned, Tab};
use crate::state::side::Side;

pub(super) fn update(state: &mut State, action: KeptAction, requests: &mut Requests) {
    match action {
        KeptAction::Show(tab) => {
            if state.connection.server().is_some() {
                state.kept.tab = tab;
                state.dialog = Some(Dialog::Kept);
                read(&mut state.kept, requests);
            }
        }
        KeptAction::Reload => read(&mut state.kept, requests),
        KeptAction::Open(id) => {
            if let Some(group) = state.kept.group_mut(id) {
                group.is_open = !group.is_open;
            }
        }
        KeptAction::BringBack { group, thing, if_taken } => {
            bring_back(&mut state.kept, (group, thing), if_taken, requests);
        }
        KeptAction::AskAbandon(id) => stage(&mut state.kept, id, PartStage::Asked),
        KeptAction::KeepPart(id) => stage(&mut state.kept, id, PartStage::Kept),
        KeptAction::Abandon(id) => {
            stage(&mut state.kept, id, PartStage::Going);
            ask(&state.kept, KeptWork::Abandon(id), requests);
        }
        KeptAction::Older => older(&mut state.kept, requests),
        KeptAction::ShowLogins(shows) => state.kept.shows_logins = shows,
    }
}

fn ask(kept: &Kept, work: KeptWork, requests: &mut Requests) {
    requests.push(Request::Work(Work::Kept { generation: kept.generation, work }));
}

/// Reads what is looked at, unless that is under way.
fn read(kept: &mut Kept, requests: &mut Requests) {
    let (is_busy, work) = match kept.tab {
        Tab::Undo => {
            let is_returning = kept.undo.list.iter().any(Group::is_returning);
            (kept.undo.is_loading() || is_returning, KeptWork::Undo)
        }
        Tab::Parts => (kept.parts.is_loading(), KeptWork::Parts),
        Tab::History => (kept.history.is_loading(), KeptWork::History { before: 0 }),
    };
    if is_busy {
        return;
    }
    match kept.tab {
        Tab::Undo => kept.undo.ask(),
        Tab::Parts => kept.parts.ask(),
        Tab::History => kept.history.ask(),
    }
    ask(kept, work, requests);
}

fn older(kept: &mut Kept, requests: &mut Requests) {
    let Some(before) = kept.older else { return };
    if !kept.history.is_loading() {
        kept.history.ask();
        ask(kept, KeptWork::History { before }, requests);
    }
}

fn bring_back(
    kept: &mut Kept,
    (id, thing): (KeptId, Option<KeptId>),
    if_taken: IfTaken,
    requests: &mut Requests,
) {
    let Some(group) = kept.group_mut(id).filter(|group| !group.is_returning()) else { return };
    if let Some(thing) = thing {
        let Some(thing) = group.thing_mut(thing) else { return };
        thing.fate = Fate::Returning;
    } else {
        // What is back already is not counted again; all else is tried anew.
        let back = group.returned.as_ref().map_or(0, |returned| returned.back);
        group.returned = Some(Returned { is_running: true, back, ..Returned::default() });
    }
    ask(kept, KeptWork::BringBack { group: id, thing, if_taken }, requests);
}

fn stage(kept: &mut Kept, id: KeptId, stage: PartStage) {
    if let Some(part) = kept.part_mut(id) {
        part.stage = stage;
    }
}

pub(super) fn event(state: &mut State, generation: u64, event: KeptEvent, requests: &mut Requests) {
    let kept = &mut state.kept;
    if kept.generation != generation {
        return;
    }
    match event {
        KeptEvent::Undo(groups) => kept.undo.fill(groups),
        KeptEvent::Parts(parts) => kept.parts.fill(parts),
        KeptEvent::History { before, deeds, older } => {
            let mut list = std::mem::take(&mut kept.history.list);
            if before == 0 {
                list.clear();
            }
            list.extend(deeds);
            kept.history.fill(list);
            kept.older = older;
        }
        KeptEvent::Failed(tab, problem) => match tab {
            Tab::Undo => kept.undo.fail(problem),
            Tab::Parts => kept.parts.fail(problem),
            Tab::History => kept.history.fail(problem),
        },
        KeptEvent::Fates { group, is_whole, fates } => {
            if let Some(group) = kept.group_mut(group) {
                for (id, fate) in fates {
                    note(group, id, fate, is_whole);
                }
            }
        }
        KeptEvent::Returned { group, problem } => {
            if let Some(group) = kept.group_mut(group) {
                returned(group, problem.map(Fate::Failed));
            }
            browse::refresh(state, Side::Server, requests);
        }
        KeptEvent::Abandoned(id, None) => kept.parts.list.retain(|part| part.id != id),
        KeptEvent::Abandoned(id, Some(problem)) => stage(kept, id, PartStage::Failed(problem)),
    }
}

fn note(group: &mut Group, id: KeptId, fate: Fate, is_whole: bool) {
    if let Some(returned) = group.returned.as_mut().filter(|_| is_whole) {
        returned.count(&fate);
    }
    if let Some(thing) = group.thing_mut(id) {
        thing.fate = fate;
    }
}

/// It is over; what was not told of is where it was, or failed as all of it did.
fn returned(group: &mut Group, failed: Option<Fate>) {
    let fate = failed.unwrap_or_default();
    if let Some(returned) = group.returned.as_mut().filter(|returned| returned.is_running) {
        returned.is_running = false;
        returned.count(&fate);
    }
    for thing in group.things.iter_mut().filter(|thing| thing.fate == Fate::Returning) {
        thing.fate = fate.clone();
    }
}
