//! Going from folder to folder, sorting, filtering.

use super::arrange::arrange;
use super::{Requests, choose, transfer};
use crate::action::PaneAction;
use crate::request::{Request, Work};
use crate::state::State;
use crate::state::arrangement::{Column, Sorting};
use crate::state::pane::{Loading, Pane};
use crate::state::place::Place;
use crate::state::rows::Rows;
use crate::state::side::Side;
use crate::state::transfers::Direction;

/// Folders that the way back remembers.
const BACK_MAX: usize = 200;

pub(super) fn update(state: &mut State, side: Side, action: PaneAction, requests: &mut Requests) {
    if !matches!(action, PaneAction::Revealed | PaneAction::DropFiles(..)) {
        state.active = side;
    }
    match action {
        PaneAction::Open(place) => visit(state, side, place, requests),
        PaneAction::OpenRow(row) => open_row(state, side, row, requests),
        PaneAction::OpenChosen => open_chosen(state, side, requests),
        PaneAction::Up => up(state, side, requests),
        PaneAction::Back => back(state, side, requests),
        PaneAction::Forward => forward(state, side, requests),
        PaneAction::Refresh => refresh(state, side, requests),
        PaneAction::AddressDone => {
            if let Some(typed) = state.pane_mut(side).address.take() {
                let place = state.pane(side).place.resolve_shown(&typed);
                visit(state, side, place, requests);
            }
        }
        PaneAction::DropRows(onto) => {
            let direction = Direction::from(side.other());
            transfer::carry_chosen(state, direction, &folder_of(state, side, onto), requests);
        }
        PaneAction::DropFiles(places, onto) => {
            let target = folder_of(state, side, onto);
            transfer::upload(state, &places, &target, requests);
        }
        action => within(state.pane_mut(side), action, requests),
    }
}

/// Actions that change no more than the pane.
fn within(pane: &mut Pane, action: PaneAction, requests: &mut Requests) {
    match action {
        PaneAction::SortBy(column) => sort_by(pane, column, requests),
        PaneAction::Filter(text) => {
            pane.filter.text = text;
            arrange(pane, requests);
        }
        PaneAction::ToggleHidden => {
            pane.filter.shows_hidden = !pane.filter.shows_hidden;
            arrange(pane, requests);
        }
        PaneAction::Address(typed) => pane.address = typed,
        PaneAction::Revealed => pane.reveal = None,
        action => choose::update(pane, action),
    }
}

/// Shows a folder, and remembers the one before.
pub(super) fn visit(state: &mut State, side: Side, place: Place, requests: &mut Requests) {
    let pane = state.pane_mut(side);
    if pane.place != place {
        pane.back.push(pane.place.clone());
        let surplus = pane.back.len().saturating_sub(BACK_MAX);
        pane.back.drain(..surplus);
        pane.forward.clear();
    }
    show(pane, place, requests);
}

/// Shows a folder. One that is shown already is read again.
pub(super) fn show(pane: &mut Pane, place: Place, requests: &mut Requests) {
    pane.place = place;
    pane.rows = Rows::new();
    pane.rows_number += 1;
    (pane.moved, pane.coming) = (None, None);
    pane.arranged = crate::state::arrangement::Arranged::default();
    super::arrange::forget(pane);
    pane.filter.text.clear();
    pane.selection = crate::state::selection::Selection::default();
    pane.chosen_bytes = 0;
    pane.choose_again.clear();
    pane.marquee = None;
    pane.address = None;
    pane.reveal = None;
    pane.loading = Loading::Running;
    list(pane, requests);
}

/// Reads the folder again; what is shown stays until then.
pub(super) fn refresh(state: &mut State, side: Side, requests: &mut Requests) {
    if side == Side::Server && state.connection.server().is_none() {
        return;
    }
    let pane = state.pane_mut(side);
    if pane.loading == Loading::Running {
        return;
    }
    let is_first = matches!(pane.loading, Loading::Failed(_));
    pane.loading = if is_first { Loading::Running } else { Loading::Again };
    list(pane, requests);
}

fn list(pane: &mut Pane, requests: &mut Requests) {
    pane.generation += 1;
    requests.push(Request::Work(Work::List {
        side: pane.side,
        place: pane.place.clone(),
        generation: pane.generation,
    }));
}

fn sort_by(pane: &mut Pane, column: Column, requests: &mut Requests) {
    let is_same = pane.sorting.column == column;
    // The largest and the latest are what one looks for.
    let is_descending = if is_same { !pane.sorting.is_descending } else { column != Column::Name };
    pane.sorting = Sorting { column, is_descending };
    pane.forget_order();
    arrange(pane, requests);
}

fn open_row(state: &mut State, side: Side, row: u32, requests: &mut Requests) {
    let pane = state.pane_mut(side);
    if pane.is_folder(row) {
        let place = pane.place_of(row);
        visit(state, side, place, requests);
        return;
    }
    pane.choose_only(row);
    carry_over(state, side, requests);
}

/// One row is opened; of several that are chosen none is left behind.
fn open_chosen(state: &mut State, side: Side, requests: &mut Requests) {
    let selection = &state.pane(side).selection;
    let Some(row) = selection.cursor else { return };
    if selection.len() > 1 && selection.contains(row) {
        carry_over(state, side, requests);
    } else {
        open_row(state, side, row, requests);
    }
}

/// Carries what is chosen into the folder that the other side shows.
fn carry_over(state: &mut State, side: Side, requests: &mut Requests) {
    let target = state.pane(side.other()).place.clone();
    transfer::carry_chosen(state, Direction::from(side), &target, requests);
}

fn up(state: &mut State, side: Side, requests: &mut Requests) {
    let pane = state.pane(side);
    let Some(parent) = pane.place.parent() else { return };
    let name = pane.place.name().unwrap_or_default().to_vec();
    visit(state, side, parent, requests);
    // The folder one comes from is where one looks next.
    state.pane_mut(side).choose_again = vec![name];
}

fn back(state: &mut State, side: Side, requests: &mut Requests) {
    let pane = state.pane_mut(side);
    if let Some(place) = pane.back.pop() {
        pane.forward.push(pane.place.clone());
        show(pane, place, requests);
    }
}

fn forward(state: &mut State, side: Side, requests: &mut Requests) {
    let pane = state.pane_mut(side);
    if let Some(place) = pane.forward.pop() {
        pane.back.push(pane.place.clone());
        show(pane, place, requests);
    }
}

/// The folder that something is dropped into: that of the row, if it is one, else the pane's.
fn folder_of(state: &State, side: Side, onto: Option<u32>) -> Place {
    let pane = state.pane(side);
    match onto.filter(|row| pane.is_folder(*row)) {
        Some(row) => pane.place_of(row),
        None => pane.place.clone(),
    }
}
