//! Which of two different files of one name is to stay.

use super::{foot, modal};
use crate::action::{Action, DialogAction, TransferAction};
use crate::state::State;
use crate::state::place::shown;
use crate::state::transfers::{Choice, Conflict, Direction, Job};
use crate::text::{dialogs, format, transfers};
use crate::theme;
use crate::theme::tokens::{Tokens, space};
use crate::view::Actions;
use crate::widgets::{Button, Look, divider, words};
use egui::{Align, Layout, ScrollArea, Ui};

const CHOICES: [Choice; 4] = [Choice::Replace, Choice::Newer, Choice::KeepBoth, Choice::Skip];
/// Questions that are drawn at once; the others follow as these are answered.
const DRAWN_MAX: usize = 50;
/// What one question takes.
const QUESTION_HEIGHT: f32 = 92.0;
const LINE_HEIGHT: f32 = 18.0;
const SIDE_WIDTH: f32 = 92.0;

pub(super) fn conflicts_ui(ui: &Ui, state: &State, job: &Job, actions: &mut Actions) {
    let open = job.conflicts.len() as u64;
    modal(ui, 680.0, &dialogs::conflicts_title(open, job.direction), actions, |ui, actions| {
        words(dialogs::conflicts_details(job.direction))
            .color(Tokens::of(ui).text_weak)
            .wrapped(ui);
        let max_height = (ui.ctx().content_rect().height() - 300.0).max(120.0);
        let wanted =
            f32::from(u8::try_from(job.conflicts.len()).unwrap_or(u8::MAX)) * QUESTION_HEIGHT;
        let area = ScrollArea::vertical().max_height(max_height);
        let area = area.min_scrolled_height(wanted.min(max_height)).auto_shrink([false, true]);
        area.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            for conflict in job.conflicts.iter().take(DRAWN_MAX) {
                ui.push_id(conflict.id, |ui| {
                    divider(ui);
                    conflict_ui(ui, state, (job, conflict), actions);
                });
            }
        });
        divider(ui);
        ui.horizontal(|ui| {
            for choice in CHOICES {
                let hint = dialogs::choice_hint(choice, job.direction);
                let button = Button::new(Look::Plain, transfers::choice_for_all(choice));
                if button.hint(&hint).show(ui).clicked() {
                    let action = TransferAction::DecideAll(job.id, choice);
                    actions.push(Action::Transfer(action));
                }
            }
        });
        foot(ui, |ui| {
            if Button::new(Look::Quiet, dialogs::LATER).show(ui).clicked() {
                actions.push(Action::Dialog(DialogAction::Cancel));
            }
        });
    });
}

fn conflict_ui(
    ui: &mut Ui,
    state: &State,
    (job, conflict): (&Job, &Conflict),
    actions: &mut Actions,
) {
    let name = shown(conflict.target.name().unwrap_or_default());
    ui.horizontal(|ui| {
        words(name.clone()).font(theme::strong()).max_width(300.0).show(ui);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            for choice in CHOICES.into_iter().rev() {
                let text = transfers::choice(choice);
                let (label, hint) =
                    (format!("{text}: {name}"), dialogs::choice_hint(choice, job.direction));
                let button = Button::new(Look::Plain, text).small().label(&label).hint(&hint);
                if button.show(ui).clicked() {
                    let action = TransferAction::Decide(job.id, conflict.id, choice);
                    actions.push(Action::Transfer(action));
                }
            }
        });
    });
    let newer = newer_side(conflict);
    for (title, (size, time), is_newer) in [
        (dialogs::HERE, conflict.here, newer == Some(Direction::Upload)),
        (dialogs::SERVER, conflict.server, newer == Some(Direction::Download)),
    ] {
        ui.scope(|ui| {
            ui.spacing_mut().interact_size.y = LINE_HEIGHT;
            line_ui(ui, state, title, (size, time), is_newer);
        });
    }
}

fn line_ui(ui: &mut Ui, state: &State, title: &str, (size, time): (u64, i64), is_newer: bool) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let layout = Layout::left_to_right(Align::Center);
        ui.allocate_ui_with_layout(egui::vec2(SIDE_WIDTH, LINE_HEIGHT), layout, |ui| {
            ui.set_min_width(SIDE_WIDTH);
            words(title).font(theme::small()).color(tokens.text_weak).show(ui);
        });
        let time = format::time(Some(time), &state.zone);
        words(format!("{}, {time}", format::size(size))).font(theme::small()).show(ui);
        if is_newer {
            words(dialogs::NEWER).font(theme::small()).color(tokens.good).show(ui);
        }
    });
}

/// The side whose file is newer, by the direction that comes from it.
fn newer_side(conflict: &Conflict) -> Option<Direction> {
    match conflict.here.1.cmp(&conflict.server.1) {
        std::cmp::Ordering::Greater => Some(Direction::Upload),
        std::cmp::Ordering::Less => Some(Direction::Download),
        std::cmp::Ordering::Equal => None,
    }
}
