//! The path of a pane: crumbs to press, or a field to type into.

use super::{Actions, list};
use crate::action::{Action, PaneAction};
use crate::state::pane::Pane;
use crate::state::place::{Place, shown};
use crate::state::side::Side;
use crate::text::panes;
use crate::theme::tokens::{Tokens, size};
use crate::theme::{self, icons};
use crate::widgets::{Button, Field, Look, label_width, words};
use egui::{Align, Id, Layout, Ui};

pub(super) fn crumbs_ui(ui: &mut Ui, pane: &Pane, actions: &mut Actions) {
    let side = pane.side;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.set_height(size::CONTROL);
        let up = Button::of_icon(icons::ARROW_UP, panes::up(side)).small();
        let why_not = pane.place.is_root().then_some(panes::root(side));
        if up.why_not(why_not).show(ui).clicked() {
            actions.push(Action::Pane(side, PaneAction::Up));
        }
        ui.add_space(2.0);
        match &pane.address {
            Some(typed) => address_ui(ui, pane, typed, actions),
            None => line_ui(ui, pane, actions),
        }
    });
}

fn address_ui(ui: &mut Ui, pane: &Pane, typed: &str, actions: &mut Actions) {
    let side = pane.side;
    let id = address_id(side);
    let output = Field::new(id, panes::address(side)).without_title().small().show(ui, typed);
    let is_new = ui.data_mut(|data| {
        let was_open = data.get_temp(id).unwrap_or(false);
        data.insert_temp(id, true);
        !was_open
    });
    if is_new {
        output.response.request_focus();
    }
    if let Some(typed) = output.typed {
        actions.push(Action::Pane(side, PaneAction::Address(Some(typed))));
    }
    if output.is_entered {
        actions.push(Action::Pane(side, PaneAction::AddressDone));
        ui.memory_mut(|memory| memory.request_focus(list::list_id(side)));
    } else if output.response.lost_focus() {
        actions.push(Action::Pane(side, PaneAction::Address(None)));
    }
}

fn address_id(side: Side) -> Id {
    Id::unique(("address", side))
}

fn line_ui(ui: &mut Ui, pane: &Pane, actions: &mut Actions) {
    ui.data_mut(|data| data.insert_temp(address_id(pane.side), false));
    let side = pane.side;
    let places = pane.place.line();
    let room = ui.available_width() - 40.0;
    let first_shown = first_that_fits(ui, &places, room);
    for (at, place) in places.iter().enumerate() {
        let is_last = at + 1 == places.len();
        if at > 0 && at < first_shown {
            continue;
        }
        if at == first_shown && first_shown > 1 {
            separator(ui);
            words("…").color(Tokens::of(ui).text_weak).show(ui);
        }
        if at > 0 {
            separator(ui);
        }
        if crumb(ui, side, place, is_last).clicked() {
            actions.push(Action::Pane(side, PaneAction::Open(place.clone())));
        }
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let edit = Button::of_icon(icons::PENCIL_SIMPLE, panes::edit_address(side)).small();
        if edit.show(ui).clicked() {
            let typed = pane.place.to_string();
            actions.push(Action::Pane(side, PaneAction::Address(Some(typed))));
        }
    });
}

/// The first of the crumbs after the root that there is room for, seen from the last.
fn first_that_fits(ui: &Ui, places: &[Place], room: f32) -> usize {
    let mut left = room - ROOT_WIDTH;
    let mut first = places.len().saturating_sub(1);
    for (at, place) in places.iter().enumerate().skip(1).rev() {
        left -= label_width(ui, &name_of(place), theme::medium()).min(CRUMB_MAX) + CRUMB_EXTRA;
        if left < 0.0 {
            break;
        }
        first = at;
    }
    first
}

/// A longer name is cut.
const CRUMB_MAX: f32 = 220.0;
/// What a crumb takes beside its name.
const CRUMB_EXTRA: f32 = 28.0;
const ROOT_WIDTH: f32 = 44.0;

fn name_of(place: &Place) -> String {
    shown(place.name().unwrap_or_default())
}

fn crumb(ui: &mut Ui, side: Side, place: &Place, is_last: bool) -> egui::Response {
    if place.is_root() {
        let icon = if side == Side::Here { icons::DESKTOP } else { icons::HARD_DRIVES };
        let button = Button::new(Look::Quiet, if is_last { panes::TOP } else { "" }).icon(icon);
        let label = panes::root(side);
        return button.label(label).hint(label).small().show(ui);
    }
    let name = name_of(place);
    let text = words(name.clone()).font(theme::medium());
    let tokens = Tokens::of(ui);
    let color = if is_last { tokens.text } else { tokens.text_weak };
    let galley = text.color(color).galley(ui, CRUMB_MAX);
    let wanted = egui::vec2(galley.size().x + 12.0, 24.0);
    let (rect, response) = ui.allocate_exact_size(wanted, egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 5.0, tokens.hovered);
    }
    let top = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(egui::pos2(rect.left() + 6.0, top), galley, color);
    response
}

fn separator(ui: &mut Ui) {
    let color = Tokens::of(ui).text_weak.gamma_multiply(0.7);
    words(icons::CARET_RIGHT).font(theme::icon(11.0)).color(color).show_silently(ui);
}
