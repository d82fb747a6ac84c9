//! The keyboard at a list.

use super::list::{Memory, extend, position};
use super::{Actions, bar};
use crate::action::{Action, Command, End, Extend, PaneAction};
use crate::state::State;
use crate::state::pane::Pane;
use crate::state::side::Side;
use egui::{Event, EventFilter, Key, Modifiers, Response, Ui};

pub(super) fn list_keys(
    ui: &Ui,
    state: &State,
    pane: &Pane,
    ground: &Response,
    actions: &mut Actions,
) {
    if ground.gained_focus() && state.active != pane.side {
        actions.push(Action::Pane(pane.side, PaneAction::Focus));
    }
    if !ground.has_focus() || state.dialog.is_some() {
        return;
    }
    let filter =
        EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: true };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(ground.id, filter));
    let page = position(Memory::load(ui, pane.side).body.height()).saturating_sub(1).max(1);
    let page = i64::try_from(page).unwrap_or(1);
    for event in ui.input(|input| input.events.clone()) {
        let action = match event {
            Event::Key { key, pressed: true, modifiers, .. } => {
                key_pressed(state, pane, (key, modifiers), page)
            }
            Event::Text(text) => typed(pane, &text),
            Event::Copy => Some(Action::Command(Command::CopyPath)),
            _ => None,
        };
        actions.extend(action);
    }
}

fn key_pressed(
    state: &State,
    pane: &Pane,
    (key, modifiers): (Key, Modifiers),
    page: i64,
) -> Option<Action> {
    let held = extend(modifiers);
    let filter = &pane.filter.text;
    let action = match key {
        Key::ArrowUp if modifiers.alt => PaneAction::Up,
        Key::ArrowLeft if modifiers.alt => PaneAction::Back,
        Key::ArrowRight if modifiers.alt => PaneAction::Forward,
        Key::ArrowUp => PaneAction::Move(-1, held),
        Key::ArrowDown => PaneAction::Move(1, held),
        Key::PageUp => PaneAction::Move(-page, held),
        Key::PageDown => PaneAction::Move(page, held),
        Key::Home => PaneAction::MoveToEnd(End::First, held),
        Key::End => PaneAction::MoveToEnd(End::Last, held),
        Key::A if modifiers.command => PaneAction::SelectAll,
        Key::Space if filter.is_empty() || held == Extend::Toggle => PaneAction::Toggle,
        Key::Enter => PaneAction::OpenChosen,
        Key::Backspace if filter.is_empty() => PaneAction::Up,
        Key::Backspace => {
            let mut shorter = filter.clone();
            shorter.pop();
            PaneAction::Filter(shorter)
        }
        Key::Escape if filter.is_empty() => PaneAction::SelectNone,
        Key::Escape => PaneAction::Filter(String::new()),
        Key::Delete => return command(state, Command::Delete),
        _ => return None,
    };
    Some(Action::Pane(pane.side, action))
}

/// A command, unless its button can do nothing now.
fn command(state: &State, command: Command) -> Option<Action> {
    bar::why_not(state, command).is_none().then_some(Action::Command(command))
}

/// What is typed at the list goes into its filter.
fn typed(pane: &Pane, text: &str) -> Option<Action> {
    if pane.filter.text.is_empty() && text.trim().is_empty() {
        return None;
    }
    let longer = format!("{}{text}", pane.filter.text);
    Some(Action::Pane(pane.side, PaneAction::Filter(longer)))
}

/// The side that keys of the whole window mean.
pub(super) fn other(state: &State) -> Side {
    state.active.other()
}
