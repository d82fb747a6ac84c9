//! The panel of transfers at the foot of the window.

use super::{Actions, job};
use crate::action::{Action, TransferAction, WindowAction};
use crate::state::State;
use crate::state::transfers::{Job, Transfers};
use crate::text::{dialogs, format, transfers as text};
use crate::theme::tokens::{Tokens, space};
use crate::theme::{self, icons};
use crate::widgets::{Button, Look, progress_bar, words};
use egui::{Align, Frame, Id, Layout, Margin, Panel, ScrollArea, Ui};

pub(super) fn transfers_panel(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let transfers = &state.transfers;
    let tokens = Tokens::of(ui);
    let frame = Frame::new().fill(tokens.surface);
    let list_height = if transfers.is_open { list_height(ui) } else { 0.0 };
    let panel = Panel::bottom("transfers").exact_size(HEAD_HEIGHT + list_height);
    panel.frame(frame).show_separator_line(true).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let margin = Margin { left: 16, right: 12, top: 4, bottom: 4 };
        Frame::new().inner_margin(margin).show(ui, |ui| head_ui(ui, state, actions));
        if transfers.is_open {
            list_ui(ui, state, actions);
        }
    });
}

const HEAD_HEIGHT: f32 = 38.0;
/// The part of the window that the list takes at the most.
const LIST_PART: f32 = 0.36;

/// As high as the list was in the last frame, as far as there is room.
fn list_height(ui: &Ui) -> f32 {
    let wanted: f32 = ui.data(|data| data.get_temp(list_id())).unwrap_or(0.0);
    wanted.clamp(56.0, (ui.ctx().content_rect().height() * LIST_PART).max(120.0))
}

fn list_id() -> Id {
    Id::unique("transfers-height")
}

fn head_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let transfers = &state.transfers;
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let icon = if transfers.is_open { icons::CARET_DOWN } else { icons::CARET_UP };
        let label = if transfers.is_open { text::HIDE } else { text::SHOW };
        if Button::of_icon(icon, label).small().show(ui).clicked() {
            actions.push(Action::Transfer(TransferAction::TogglePanel));
        }
        words(text::TITLE).font(theme::strong()).show(ui);
        summary_ui(ui, transfers);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let has_settled = transfers.jobs.iter().any(Job::is_over);
            if transfers.is_open && has_settled {
                let clear = Button::new(Look::Quiet, text::DISMISS_ALL).small();
                if clear.show(ui).clicked() {
                    actions.push(Action::Transfer(TransferAction::DismissAll));
                }
            }
            if state.closes_when_done.is_some() {
                let stay = Button::new(Look::Plain, dialogs::STAY_OPEN).small();
                if stay.show(ui).clicked() {
                    actions.push(Action::Window(WindowAction::StayOpen));
                }
                words(dialogs::CLOSES_WHEN_DONE).font(theme::small()).color(tokens.warn).show(ui);
            }
            questions_ui(ui, transfers, actions);
            if !transfers.is_open && transfers.live_count() > 0 {
                ui.scope(|ui| {
                    ui.set_max_width(160.0);
                    progress_bar(ui, text::ALL, transfers.fraction(), tokens.accent);
                });
            }
        });
    });
}

fn summary_ui(ui: &mut Ui, transfers: &Transfers) {
    let tokens = Tokens::of(ui);
    let live = transfers.live_count();
    if live > 0 {
        let mut summary = text::live(live);
        let speed = transfers.bytes_per_sec();
        if speed > 0 {
            summary = format!("{summary} · {}", format::speed(speed));
        }
        words(summary).font(theme::small()).color(tokens.text_weak).show(ui);
    }
    let failed = transfers.failed_count();
    if failed > 0 {
        let text = dialogs::failures_title(failed);
        words(text).font(theme::small()).color(tokens.bad).show(ui);
    }
}

/// The tray of questions: they wait here while everything else goes on.
fn questions_ui(ui: &mut Ui, transfers: &Transfers, actions: &mut Actions) {
    let Some(job) = transfers.jobs.iter().find(|job| !job.conflicts.is_empty()) else { return };
    let text = text::questions(transfers.question_count() as u64);
    let button = Button::new(Look::Primary, &text).icon(icons::QUESTION).small();
    if button.show(ui).clicked() {
        actions.push(Action::Transfer(TransferAction::ShowConflicts(job.id)));
    }
}

fn list_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    crate::widgets::divider(ui);
    let output = ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let margin = Margin { left: 16, right: 16, top: 8, bottom: 10 };
        Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            if state.transfers.jobs.is_empty() {
                words(text::NONE).color(tokens.text_weak).wrapped(ui);
            }
            for (at, job) in state.transfers.jobs.iter().rev().enumerate() {
                if at > 0 {
                    crate::widgets::divider(ui);
                }
                job::job_ui(ui, job, actions);
            }
        });
    });
    let wanted = output.content_size.y + 1.0;
    let before = ui.data_mut(|data| {
        let before: Option<f32> = data.get_temp(list_id());
        data.insert_temp(list_id(), wanted);
        before.unwrap_or(0.0)
    });
    if (before - wanted).abs() > 0.5 {
        ui.ctx().request_repaint();
    }
}
