//! The keys that the window knows.

use super::{foot, modal};
use crate::action::{Action, DialogAction};
use crate::text::dialogs as text;
use crate::theme::tokens::space;
use crate::view::Actions;
use crate::widgets::{Button, Look, key_cap, words};
use egui::{Grid, ScrollArea, Ui};

/// Height of the title, the foot, the margins and some of the window around them.
const BESIDE_THE_LIST: f32 = 180.0;
const ROW_HEIGHT: f32 = 22.0;

pub(super) fn keys_ui(ui: &Ui, actions: &mut Actions) {
    modal(ui, 460.0, text::KEYS_TITLE, actions, |ui, actions| {
        let max_height = (ui.ctx().content_rect().height() - BESIDE_THE_LIST).max(120.0);
        let area = ScrollArea::vertical().max_height(max_height).min_scrolled_height(max_height);
        area.auto_shrink([false, true]).show(ui, list_ui);
        foot(ui, |ui| {
            if Button::new(Look::Plain, text::CLOSE).show(ui).clicked() {
                actions.push(Action::Dialog(DialogAction::Cancel));
            }
        });
    });
}

fn list_ui(ui: &mut Ui) {
    // Else the caps of the first row are as tall as a button.
    ui.spacing_mut().interact_size.y = 0.0;
    let grid = Grid::new("keys").num_columns(2).spacing([space::L, space::XS]);
    grid.min_row_height(ROW_HEIGHT).show(ui, |ui| {
        for (key, meaning) in text::KEYS {
            key_cap(ui, key);
            words(*meaning).show(ui);
            ui.end_row();
        }
    });
}
