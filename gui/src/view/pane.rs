//! One side of the window: its head, its list, its line of status.

use super::{Actions, Seen, crumbs, list, server_says};
use crate::action::{Action, Command, PaneAction};
use crate::state::State;
use crate::state::pane::{Loading, Pane};
use crate::state::problem::Problem;
use crate::state::side::Side;
use crate::text::panes;
use crate::theme::tokens::{Tokens, size, space};
use crate::theme::{self, icons};
use crate::widgets::{Button, Field, Look, divider, empty, hint, words};
use egui::{Align, CornerRadius, Frame, Id, Layout, Margin, Stroke, Ui};

pub(super) fn pane_ui(ui: &mut Ui, seen: Seen<'_>, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    let Seen { state, pane, .. } = seen;
    let whole = ui.available_rect_before_wrap();
    Frame::new()
        .fill(tokens.surface)
        .stroke(Stroke::new(1.0, tokens.border))
        .corner_radius(CornerRadius::same(size::CORNER_LARGE))
        .show(ui, |ui| {
            ui.set_min_size(whole.size() - egui::vec2(2.0, 2.0));
            ui.spacing_mut().item_spacing.y = 0.0;
            Frame::new()
                .inner_margin(Margin { left: 10, right: 8, top: 8, bottom: 6 })
                .show(ui, |ui| head_ui(ui, state, pane, actions));
            if pane.side == Side::Server
                && let Some(server) = state.connection.server()
            {
                server_says::trouble_ui(ui, server, actions);
                server_says::welcome_ui(ui, server, actions);
            }
            divider(ui);
            let status_height = 26.0;
            let body = ui.available_height() - status_height;
            ui.allocate_ui(egui::vec2(ui.available_width(), body), |ui| {
                ui.set_min_height(body);
                body_ui(ui, seen, actions);
            });
            divider(ui);
            ui.add_space(4.0);
            ui.horizontal(|ui| {
                ui.add_space(space::M);
                let status = panes::status(pane);
                words(status).font(theme::small()).color(tokens.text_weak).show(ui);
            });
        });
}

fn head_ui(ui: &mut Ui, state: &State, pane: &Pane, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    let side = pane.side;
    let emit = |actions: &mut Actions, action| actions.push(Action::Pane(side, action));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let icon = if side == Side::Here { icons::DESKTOP } else { icons::HARD_DRIVES };
        let is_active = state.active == side;
        let color = if is_active { tokens.accent } else { tokens.text_weak };
        ui.add_space(2.0);
        words(icon).font(theme::icon(size::ICON)).color(color).show_silently(ui);
        ui.add_space(2.0);
        words(panes::side(side)).font(theme::strong()).show(ui);
        if side == Side::Server {
            server_name(ui, state, tools_width(pane));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let hidden_icon = if pane.filter.shows_hidden { icons::EYE } else { icons::EYE_SLASH };
            let hidden = Button::of_icon(hidden_icon, panes::hidden(side))
                .small()
                .is_on(pane.filter.shows_hidden);
            if hidden.show(ui).clicked() {
                emit(actions, PaneAction::ToggleHidden);
            }
            filter_ui(ui, pane, actions);
        });
    });
    ui.add_space(space::XS);
    crumbs::crumbs_ui(ui, pane, actions);
}

/// Who is connected to what, and whether it answers.
fn server_name(ui: &mut Ui, state: &State, tools_width: f32) {
    let Some(server) = state.connection.server() else { return };
    let room = ui.available_width() - tools_width - LOCK_WIDTH;
    if room < NAME_WIDTH_MIN {
        return;
    }
    let tokens = Tokens::of(ui);
    let (icon, color) = match &server.trouble {
        Some(_) => (icons::WIFI_SLASH, tokens.warn),
        None => (icons::LOCK_SIMPLE, tokens.good),
    };
    let title = state.servers.title_of(&state.connection.saved_as);
    let who = panes::who_at(&server.account, title.unwrap_or(&server.address));
    let details = format!("{}, {}", server.address, server.name);
    words(icon).font(theme::icon(14.0)).color(color).show_silently(ui);
    let who = words(who).font(theme::small()).color(tokens.text_weak).max_width(room);
    hint(who.show(ui), &details);
}

/// What the filter and the buttons beside it take of a pane's head.
fn tools_width(pane: &Pane) -> f32 {
    let buttons = if pane.filter.text.is_empty() { 1.0 } else { 2.0 };
    FILTER_WIDTH + buttons * (TOOL_WIDTH + space::XS) + space::S
}

const FILTER_WIDTH: f32 = 110.0;
const TOOL_WIDTH: f32 = 24.0;
/// The icon before a server's name, with what is around it.
const LOCK_WIDTH: f32 = 14.0 + 3.0 * space::XS;
/// In less room than this a server's name says nothing.
const NAME_WIDTH_MIN: f32 = 40.0;

fn filter_ui(ui: &mut Ui, pane: &Pane, actions: &mut Actions) {
    let side = pane.side;
    if !pane.filter.text.is_empty() {
        let clear = Button::of_icon(icons::X, panes::FILTER_CLEAR).small();
        if clear.show(ui).clicked() {
            actions.push(Action::Pane(side, PaneAction::Filter(String::new())));
        }
    }
    let output = Field::new(filter_id(side), panes::filter(side))
        .without_title()
        .hint(panes::FILTER_HINT)
        .width(FILTER_WIDTH)
        .small()
        .show(ui, &pane.filter.text);
    if let Some(typed) = output.typed {
        actions.push(Action::Pane(side, PaneAction::Filter(typed)));
    }
    if output.is_left {
        actions.push(Action::Pane(side, PaneAction::Filter(String::new())));
    }
    if output.is_left || output.is_entered {
        ui.memory_mut(|memory| memory.request_focus(list::list_id(side)));
    }
}

/// The filter's field.
pub(super) fn filter_id(side: Side) -> Id {
    Id::unique(("filter", side))
}

fn body_ui(ui: &mut Ui, seen: Seen<'_>, actions: &mut Actions) {
    let Seen { state, pane, .. } = seen;
    let whole = ui.available_rect_before_wrap();
    list::list_ui(ui, seen, actions);
    if !pane.shown().is_empty() {
        return;
    }
    let below_titles = whole.with_min_y(whole.top() + size::COLUMN_TITLES);
    let builder = egui::UiBuilder::new().max_rect(below_titles);
    ui.scope_builder(builder, |ui| no_rows_ui(ui, state, pane, actions));
}

/// What stands where no row does, and why.
fn no_rows_ui(ui: &mut Ui, state: &State, pane: &Pane, actions: &mut Actions) {
    let no_button = |_: &mut Ui| {};
    match &pane.loading {
        Loading::Failed(problem) => failed_ui(ui, pane, problem, actions),
        Loading::Running | Loading::Again => {
            empty(ui, icons::HOURGLASS, panes::LOADING, "", no_button);
        }
        Loading::Done if pane.is_arranging => {
            empty(ui, icons::HOURGLASS, panes::SORTING, "", no_button);
        }
        Loading::Done if !pane.filter.text.trim().is_empty() => {
            let title = panes::nothing_found(pane.filter.text.trim());
            empty(ui, icons::MAGNIFYING_GLASS, &title, panes::NOTHING_FOUND_REMEDY, no_button);
        }
        Loading::Done if !pane.rows.is_empty() => {
            empty(ui, icons::EYE_SLASH, panes::ALL_HIDDEN, panes::ALL_HIDDEN_REMEDY, no_button);
        }
        Loading::Done => {
            let can_write = state.connection.server().is_some_and(|server| server.can_write);
            let (title, remedy) = panes::empty(pane.side, can_write);
            empty(ui, icons::FOLDER_OPEN, title, remedy, |ui| {
                if pane.side == Side::Server && can_write {
                    let label = panes::command(Command::UploadFiles);
                    let button = Button::new(Look::Plain, label).icon(icons::UPLOAD_SIMPLE);
                    if button.show(ui).clicked() {
                        actions.push(Action::Command(Command::UploadFiles));
                    }
                }
            });
        }
    }
}

fn failed_ui(ui: &mut Ui, pane: &Pane, problem: &Problem, actions: &mut Actions) {
    empty(ui, icons::WARNING_CIRCLE, &problem.summary, &problem.details, |ui| {
        let again = Button::new(Look::Plain, panes::TRY_AGAIN).icon(icons::ARROWS_CLOCKWISE);
        if again.show(ui).clicked() {
            actions.push(Action::Pane(pane.side, PaneAction::Refresh));
        }
    });
}
