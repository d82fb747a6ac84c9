//! The keys that the window knows.

use super::{foot, modal};
use crate::action::{Action, DialogAction};
use crate::text::dialogs as text;
use crate::theme::tokens::space;
use crate::view::Actions;
use crate::widgets::{Button, Look, key_cap, words};
use egui::{Grid, Ui};

pub(super) fn keys_ui(ui: &Ui, actions: &mut Actions) {
    modal(ui, 460.0, text::KEYS_TITLE, actions, |ui, actions| {
        Grid::new("keys").num_columns(2).spacing([space::L, space::S]).show(ui, |ui| {
            for (key, meaning) in text::KEYS {
                key_cap(ui, key);
                words(*meaning).show(ui);
                ui.end_row();
            }
        });
        foot(ui, |ui| {
            if Button::new(Look::Plain, text::CLOSE).show(ui).clicked() {
                actions.push(Action::Dialog(DialogAction::Cancel));
            }
        });
    });
}
