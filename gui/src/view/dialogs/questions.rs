//! Whether to remove, and whether to close while transfers run.

use super::{foot, modal};
use crate::action::{Action, DialogAction};
use crate::state::dialog::Deletion;
use crate::state::servers::SavedServer;
use crate::text::dialogs as text;
use crate::theme;
use crate::theme::tokens::{Tokens, space};
use crate::view::Actions;
use crate::widgets::{Button, Look, words};
use egui::Ui;

/// Names that are listed before the rest is counted.
const LISTED_MAX: usize = 6;

pub(super) fn delete_ui(ui: &Ui, deletion: &Deletion, actions: &mut Actions) {
    modal(ui, 440.0, &text::delete_title(deletion), actions, |ui, actions| {
        words(text::delete_details(deletion)).wrapped(ui);
        if deletion.places.len() > 1 {
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = space::XS;
                let weak = Tokens::of(ui).text_weak;
                for (place, _) in deletion.places.iter().take(LISTED_MAX) {
                    let name = crate::state::place::shown(place.name().unwrap_or_default());
                    words(name).font(theme::small()).color(weak).show(ui);
                }
                let more = deletion.places.len().saturating_sub(LISTED_MAX);
                if more > 0 {
                    words(text::and_more(more as u64)).font(theme::small()).color(weak).show(ui);
                }
            });
        }
        foot(ui, |ui| {
            if Button::new(Look::Danger, text::delete(deletion.side)).show(ui).clicked() {
                actions.push(Action::Dialog(DialogAction::Confirm));
            }
            let cancel = Button::new(Look::Plain, text::CANCEL).show(ui);
            focus_safe(ui, &cancel);
            if cancel.clicked() {
                actions.push(Action::Dialog(DialogAction::Cancel));
            }
        });
    });
}

pub(super) fn forget_ui(ui: &Ui, saved: &SavedServer, actions: &mut Actions) {
    modal(ui, 440.0, &text::forget_title(saved.server()), actions, |ui, actions| {
        words(text::FORGET_DETAILS).wrapped(ui);
        words(text::FORGET_THEN).color(Tokens::of(ui).text_weak).wrapped(ui);
        foot(ui, |ui| {
            if Button::new(Look::Danger, text::FORGET).show(ui).clicked() {
                actions.push(Action::Dialog(DialogAction::Confirm));
            }
            let cancel = Button::new(Look::Plain, text::CANCEL).show(ui);
            focus_safe(ui, &cancel);
            if cancel.clicked() {
                actions.push(Action::Dialog(DialogAction::Cancel));
            }
        });
    });
}

/// The keyboard begins at the button that changes nothing.
fn focus_safe(ui: &Ui, button: &egui::Response) {
    if ui.memory(|memory| memory.focused().is_none()) {
        button.request_focus();
    }
}

pub(super) fn close_ui(ui: &Ui, actions: &mut Actions) {
    modal(ui, 560.0, text::CLOSE_TITLE, actions, |ui, actions| {
        words(text::CLOSE_DETAILS).wrapped(ui);
        foot(ui, |ui| {
            for (look, label, action) in [
                (Look::Primary, text::CLOSE_WAIT, DialogAction::CloseWhenDone),
                (Look::Plain, text::CLOSE_HIDE, DialogAction::Hide),
                (Look::Danger, text::CLOSE_NOW, DialogAction::CloseNow),
                (Look::Quiet, text::CANCEL, DialogAction::Cancel),
            ] {
                if Button::new(look, label).show(ui).clicked() {
                    actions.push(Action::Dialog(action));
                }
            }
        });
    });
}
