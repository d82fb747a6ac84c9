//! What the server keeps, in three lists: undo, unfinished uploads, history.

mod history;
mod parts;
mod undo;

use super::line::{ICON_WIDTH, LINE_HEIGHT, Line, line_ui};
use super::{foot, modal};
use crate::action::{Action, DialogAction, KeptAction};
use crate::state::State;
use crate::state::kept::{Shelf, Tab};
use crate::state::pane::Loading;
use crate::state::problem::Problem;
use crate::text::{dialogs, kept as text};
use crate::theme::icons;
use crate::theme::tokens::{Tokens, space};
use crate::view::Actions;
use crate::widgets::{Button, Look, banner, divider, empty, words};
use egui::{Align, Layout, ScrollArea, Ui};

const WIDTH: f32 = 720.0;
/// What of the window's height is not the list's.
const OTHER_HEIGHT: f32 = 268.0;
const HEIGHT_MAX: f32 = 440.0;

pub(super) fn kept_ui(ui: &Ui, state: &State, actions: &mut Actions) {
    modal(ui, WIDTH, text::TITLE, actions, |ui, actions| {
        let tab = state.kept.tab;
        tabs_ui(ui, state, actions);
        words(text::about(tab)).color(Tokens::of(ui).text_weak).wrapped(ui);
        let room = (ui.ctx().content_rect().height() - OTHER_HEIGHT).clamp(120.0, HEIGHT_MAX);
        // As high for every list, so that nothing jumps when another is looked at.
        let (width, height) = (ui.available_width(), room);
        ui.allocate_ui(egui::vec2(width, height), |ui| {
            ui.set_min_size(egui::vec2(width, height));
            ui.spacing_mut().item_spacing.y = 0.0;
            match tab {
                Tab::Undo => shelf_ui(ui, state, &state.kept.undo, actions, undo::list_ui),
                Tab::Parts => shelf_ui(ui, state, &state.kept.parts, actions, parts::list_ui),
                Tab::History => shelf_ui(ui, state, &state.kept.history, actions, history::list_ui),
            }
        });
        foot(ui, |ui| {
            if Button::new(Look::Plain, dialogs::CLOSE).show(ui).clicked() {
                actions.push(Action::Dialog(DialogAction::Cancel));
            }
            if tab == Tab::History {
                history::foot_ui(ui, state, actions);
            }
        });
    });
}

fn tabs_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (tab, icon) in Tab::ALL.into_iter().zip(ICONS) {
            let is_on = state.kept.tab == tab;
            let button = Button::new(Look::Quiet, text::tab(tab)).icon(icon).is_on(is_on);
            if button.show(ui).clicked() && !is_on {
                actions.push(Action::Kept(KeptAction::Show(tab)));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if Button::of_icon(icons::ARROWS_CLOCKWISE, text::RELOAD).show(ui).clicked() {
                actions.push(Action::Kept(KeptAction::Reload));
            }
        });
    });
}

/// The icons of the lists, as [`Tab::ALL`] orders them.
const ICONS: [char; 3] = [icons::ARROW_COUNTER_CLOCKWISE, icons::HOURGLASS, icons::CLOCK];

/// A list, or what stands in its place while there is none.
fn shelf_ui<T>(
    ui: &mut Ui,
    state: &State,
    shelf: &Shelf<T>,
    actions: &mut Actions,
    list_ui: impl FnOnce(&mut Ui, &State, &mut Actions),
) {
    let tab = state.kept.tab;
    match &shelf.loading {
        Some(Loading::Failed(problem)) if shelf.list.is_empty() => {
            failed_ui(ui, problem, actions);
        }
        Some(Loading::Done) if shelf.list.is_empty() => {
            let is_guest =
                state.connection.server().is_some_and(|server| server.account.is_empty());
            let (title, remedy) = text::empty(tab, is_guest);
            let [undo, parts, history] = ICONS;
            let icon = match tab {
                Tab::Undo => undo,
                Tab::Parts => parts,
                Tab::History => history,
            };
            empty(ui, icon, title, remedy, |_| {});
        }
        _ if shelf.list.is_empty() => {
            ui.add_space(space::L);
            words(text::LOADING).color(Tokens::of(ui).text_weak).show(ui);
        }
        loading => {
            if let Some(Loading::Failed(problem)) = loading {
                let tokens = Tokens::of(ui);
                let look = (icons::WARNING_CIRCLE, tokens.bad, tokens.bad_soft);
                banner(ui, look, &problem.summary, &problem.details, |_| {});
                ui.add_space(space::S);
            }
            divider(ui);
            list_ui(ui, state, actions);
        }
    }
}

fn failed_ui(ui: &mut Ui, problem: &Problem, actions: &mut Actions) {
    empty(ui, icons::WARNING_CIRCLE, &problem.summary, &problem.details, |ui| {
        if Button::new(Look::Plain, text::TRY_AGAIN).show(ui).clicked() {
            actions.push(Action::Kept(KeptAction::Reload));
        }
    });
}

/// Rows of one height, of which those in sight are drawn.
fn rows_ui(ui: &mut Ui, count: usize, mut row_ui: impl FnMut(&mut Ui, usize)) {
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, LINE_HEIGHT, count, |ui, range| {
        range.for_each(|at| row_ui(ui, at));
    });
}
