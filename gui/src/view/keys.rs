//! Keys that hold in the whole window.

use super::list::list_id;
use super::{Actions, list_keys, pane};
use crate::action::{Action, Command, PaneAction};
use crate::state::State;
use egui::{Event, Key, Modifiers, Ui};

pub(super) fn window_keys(ui: &Ui, state: &State, actions: &mut Actions) {
    if state.dialog.is_some() {
        return;
    }
    let is_typing = ui.ctx().text_edit_focused();
    for (modifiers, key, command) in COMMANDS {
        // In a text field Ctrl with a letter belongs to the text.
        if is_typing && *modifiers == Modifiers::COMMAND {
            continue;
        }
        let is_pressed = ui.input_mut(|input| input.consume_key(*modifiers, *key));
        if is_pressed && super::bar::why_not(state, *command).is_none() {
            actions.push(Action::Command(*command));
        }
    }
    let side = state.active;
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    if pressed(Modifiers::NONE, Key::F6) {
        ui.memory_mut(|memory| memory.request_focus(list_id(list_keys::other(state))));
    }
    if pressed(Modifiers::COMMAND, Key::F) {
        ui.memory_mut(|memory| memory.request_focus(pane::filter_id(side)));
    }
    if !is_typing && pressed(Modifiers::COMMAND, Key::H) {
        actions.push(Action::Pane(side, PaneAction::ToggleHidden));
    }
    if pressed(Modifiers::COMMAND, Key::L) {
        let place = state.pane(side).place.to_string();
        actions.push(Action::Pane(side, PaneAction::Address(Some(place))));
    }
    if !is_typing {
        pasted(ui, actions);
    }
}

const COMMANDS: &[(Modifiers, Key, Command)] = &[
    (Modifiers::NONE, Key::F2, Command::Rename),
    (Modifiers::NONE, Key::F5, Command::Refresh),
    (Modifiers::NONE, Key::F7, Command::NewFolder),
    (Modifiers::COMMAND, Key::U, Command::Upload),
    (Modifiers::COMMAND, Key::D, Command::Download),
    (Modifiers::COMMAND, Key::R, Command::Refresh),
    (Modifiers::COMMAND, Key::Z, Command::BringBack),
];

/// Paths that a file manager put on the clipboard are uploaded.
fn pasted(ui: &Ui, actions: &mut Actions) {
    for event in ui.input(|input| input.events.clone()) {
        if let Event::Paste(text) = event {
            actions.push(Action::Paste(text));
        }
    }
}
