//! The questions over the window, one at a time.

mod conflicts;
mod failures;
mod kept;
mod keys;
mod line;
mod names;
mod obstacles;
mod questions;
mod sharing;

use super::Actions;
use crate::action::{Action, DialogAction};
use crate::state::State;
use crate::state::dialog::Dialog;
use crate::theme;
use crate::theme::tokens::{Tokens, size, space};
use crate::widgets::words;
use egui::{Align, CornerRadius, Frame, Id, Layout, Modal, Stroke, Ui};

pub(super) fn dialog_ui(ui: &Ui, state: &State, actions: &mut Actions) {
    let Some(dialog) = &state.dialog else { return };
    match dialog {
        Dialog::NewFolder { .. } | Dialog::Rename { .. } => {
            names::name_ui(ui, state, dialog, actions);
        }
        Dialog::Forget(saved) => questions::forget_ui(ui, saved, actions),
        Dialog::Delete(deletion) => questions::delete_ui(ui, deletion, actions),
        Dialog::Close => questions::close_ui(ui, actions),
        Dialog::Conflicts(id) => {
            if let Some(job) = state.transfers.job(*id) {
                conflicts::conflicts_ui(ui, state, job, actions);
            }
        }
        Dialog::Obstacles(id) => {
            if let Some(job) = state.transfers.job(*id) {
                obstacles::obstacles_ui(ui, job, actions);
            }
        }
        Dialog::Failures(id) => {
            if let Some(job) = state.transfers.job(*id) {
                failures::failures_ui(ui, job, actions);
            }
        }
        Dialog::Sharing => sharing::sharing_ui(ui, state, actions),
        Dialog::Kept => kept::kept_ui(ui, state, actions),
        Dialog::Keys => keys::keys_ui(ui, actions),
    }
}

/// A dialog with a title. Escape, and a press beside it, cancel it.
fn modal(
    ui: &Ui,
    width: f32,
    title: &str,
    actions: &mut Actions,
    contents: impl FnOnce(&mut Ui, &mut Actions),
) {
    let tokens = Tokens::of(ui);
    let frame = Frame::new()
        .fill(tokens.raised)
        .stroke(Stroke::new(1.0, tokens.border))
        .shadow(ui.visuals().window_shadow)
        .corner_radius(CornerRadius::same(size::CORNER_LARGE))
        .inner_margin(space::XL);
    let response = Modal::new(Id::unique("dialog")).frame(frame).backdrop_color(tokens.veil).show(
        ui.ctx(),
        |ui| {
            let room = ui.ctx().content_rect().width() - 4.0 * space::XL;
            ui.set_width(width.min(room));
            ui.spacing_mut().item_spacing.y = space::M;
            words(title).font(theme::heading()).show(ui);
            contents(ui, actions);
        },
    );
    if response.should_close() {
        actions.push(Action::Dialog(DialogAction::Cancel));
    }
}

/// Buttons at the right of a dialog's foot; the last that is drawn stands left.
fn foot(ui: &mut Ui, buttons: impl FnOnce(&mut Ui)) {
    ui.add_space(space::XS);
    ui.with_layout(Layout::right_to_left(Align::Center), buttons);
}
