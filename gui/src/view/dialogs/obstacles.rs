//! What stands in the way of a job, and whether to go on.

use super::{foot, modal};
use crate::action::{Action, DialogAction, TransferAction};
use crate::state::problem::Problem;
use crate::state::transfers::Job;
use crate::text::{dialogs, obstacles as text};
use crate::theme;
use crate::theme::tokens::{Tokens, space};
use crate::view::Actions;
use crate::widgets::{Button, Look, divider, words};
use egui::{ScrollArea, Ui};

/// Those that are drawn at once; the rest is counted.
const DRAWN_MAX: usize = 50;

pub(super) fn obstacles_ui(ui: &Ui, job: &Job, actions: &mut Actions) {
    modal(ui, 560.0, text::title(job.direction), actions, |ui, actions| {
        words(text::DETAILS).color(Tokens::of(ui).text_weak).wrapped(ui);
        let max_height = (ui.ctx().content_rect().height() - 260.0).max(120.0);
        let area = ScrollArea::vertical().max_height(max_height).auto_shrink([false, true]);
        area.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            for problem in job.obstacles.listed.iter().take(DRAWN_MAX) {
                divider(ui);
                obstacle_ui(ui, problem);
            }
            let drawn = job.obstacles.listed.len().min(DRAWN_MAX) as u64;
            let more = job.obstacles.count.saturating_sub(drawn);
            if more > 0 {
                divider(ui);
                words(dialogs::and_more(more)).color(Tokens::of(ui).text_weak).show(ui);
            }
        });
        divider(ui);
        foot(ui, |ui| {
            for (look, label, hint, action) in [
                (Look::Primary, text::LOOK_AGAIN, None, TransferAction::Retry(job.id)),
                (Look::Plain, text::GO_ON, Some(text::GO_ON_HINT), TransferAction::GoOn(job.id)),
            ] {
                let button = Button::new(look, label);
                let button = hint.map_or(button, |hint| button.hint(hint));
                if button.show(ui).clicked() {
                    actions.push(Action::Transfer(action));
                }
            }
            if Button::new(Look::Quiet, dialogs::LATER).show(ui).clicked() {
                actions.push(Action::Dialog(DialogAction::Cancel));
            }
        });
    });
}

fn obstacle_ui(ui: &mut Ui, problem: &Problem) {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        words(&problem.summary).font(theme::strong()).wrapped(ui);
        words(&problem.details).wrapped(ui);
    });
}
