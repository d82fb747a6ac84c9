//! The files of a job that failed, with their reasons.

use super::{foot, modal};
use crate::action::{Action, DialogAction, TransferAction};
use crate::state::transfers::{FailedFile, Job};
use crate::text::dialogs as text;
use crate::theme;
use crate::theme::icons;
use crate::theme::tokens::{Tokens, space};
use crate::view::Actions;
use crate::widgets::{Button, Look, words};
use egui::{ScrollArea, Ui};

const ROW_HEIGHT: f32 = 40.0;

pub(super) fn failures_ui(ui: &Ui, job: &Job, actions: &mut Actions) {
    modal(ui, 620.0, &text::failures_title(job.failed_count), actions, |ui, actions| {
        let max_height = (ui.ctx().content_rect().height() - 260.0).max(120.0);
        let count = u16::try_from(job.failed.len()).unwrap_or(u16::MAX);
        let wanted = f32::from(count) * (ROW_HEIGHT + ui.spacing().item_spacing.y);
        let area = ScrollArea::vertical()
            .max_height(max_height)
            .min_scrolled_height(wanted.min(max_height))
            .auto_shrink([false, true]);
        area.show_rows(ui, ROW_HEIGHT, job.failed.len(), |ui, range| {
            for failed in job.failed.get(range).unwrap_or_default() {
                failure_ui(ui, job, failed);
            }
        });
        ui.add_space(space::XS);
        foot(ui, |ui| {
            let retry = Button::new(Look::Primary, text::RETRY);
            if job.is_over() && retry.icon(icons::ARROW_COUNTER_CLOCKWISE).show(ui).clicked() {
                actions.push(Action::Transfer(TransferAction::Retry(job.id)));
            }
            if Button::new(Look::Plain, text::CLOSE).show(ui).clicked() {
                actions.push(Action::Dialog(DialogAction::Cancel));
            }
        });
    });
}

fn failure_ui(ui: &mut Ui, job: &Job, failed: &FailedFile) {
    ui.allocate_ui(egui::vec2(ui.available_width(), ROW_HEIGHT), |ui| {
        ui.set_min_height(ROW_HEIGHT);
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.vertical(|ui| {
            let source = failed.item.source(job.direction).to_string();
            words(source).font(theme::medium()).show(ui);
            let reason = text::reason(&failed.problem);
            words(reason).font(theme::small()).color(Tokens::of(ui).bad).show(ui);
        });
    });
}
