//! One saved server on the connect screen.

use super::Actions;
use crate::action::{Action, ConnectAction};
use crate::state::servers::{SavedServer, Servers};
use crate::text::connect as text;
use crate::theme::tokens::{Tokens, size, space};
use crate::theme::{self, icons};
use crate::widgets::{Button, Field, words};
use egui::{Align, Id, Layout, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2};

const HEIGHT: f32 = 46.0;

pub(super) fn saved_ui(ui: &mut Ui, servers: &Servers, index: usize, actions: &mut Actions) {
    let Some(saved) = servers.list.get(index) else { return };
    if let Some((renamed, title)) = &servers.renaming
        && *renamed == index
    {
        title_ui(ui, index, title, actions);
        return;
    }
    let buttons_width = 84.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let open = Rect::from_min_max(rect.min, rect.max - vec2(buttons_width, 0.0));
    let response = ui.interact(open, Id::unique(("saved", index)), Sense::click());
    let label = name_of(saved);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    let tokens = Tokens::of(ui);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, f32::from(size::CORNER), tokens.hovered);
    }
    if response.clicked() {
        actions.push(Action::Connect(ConnectAction::OpenSaved(index)));
    }
    let builder = UiBuilder::new().max_rect(open.shrink2(vec2(space::S, 4.0)));
    ui.scope_builder(builder, |ui| words_ui(ui, saved));
    let buttons = Rect::from_min_max(open.right_top(), rect.max);
    let layout = Layout::right_to_left(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(buttons).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        buttons_ui(ui, saved, index, actions);
    });
}

fn name_of(saved: &SavedServer) -> &str {
    if saved.title.is_empty() { place_of(saved) } else { &saved.title }
}

fn place_of(saved: &SavedServer) -> &str {
    saved.address.trim_start_matches("ferry://").trim_end_matches('/')
}

fn words_ui(ui: &mut Ui, saved: &SavedServer) {
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing = vec2(10.0, 0.0);
    ui.horizontal_centered(|ui| {
        let (icon, color) = if saved.is_bookmarked {
            (icons::HARD_DRIVES, tokens.accent)
        } else {
            (icons::CLOCK, tokens.text_weak)
        };
        words(icon).font(theme::icon(18.0)).color(color).show_silently(ui);
        ui.vertical(|ui| {
            let lines = if saved.title.is_empty() { 1.0 } else { 2.0 };
            ui.add_space((ui.available_height() - lines * 17.0) / 2.0);
            let place = text::server(place_of(saved));
            let name = if saved.title.is_empty() { &place } else { &saved.title };
            words(name).font(theme::medium()).show(ui);
            if !saved.title.is_empty() {
                words(place).font(theme::small()).color(tokens.text_weak).show(ui);
            }
        });
    });
}

fn buttons_ui(ui: &mut Ui, saved: &SavedServer, index: usize, actions: &mut Actions) {
    let name = name_of(saved);
    let pin = if saved.is_bookmarked { text::UNPIN } else { text::PIN };
    let pinned_icon = icons::STAR;
    for (icon, label, is_on, action) in [
        (icons::X, text::FORGET, false, ConnectAction::Forget(index)),
        (
            icons::PENCIL_SIMPLE,
            text::GIVE_NAME,
            false,
            ConnectAction::Title(index, saved.title.clone()),
        ),
        (pinned_icon, pin, saved.is_bookmarked, ConnectAction::Bookmark(index)),
    ] {
        let label = format!("{label}: {name}");
        if Button::of_icon(icon, &label).small().is_on(is_on).show(ui).clicked() {
            actions.push(Action::Connect(action));
        }
    }
}

fn title_ui(ui: &mut Ui, index: usize, title: &str, actions: &mut Actions) {
    let id = Id::unique("saved-title");
    let output = Field::new(id, text::NAME_FIELD).without_title().show(ui, title);
    if let Some(typed) = output.typed {
        actions.push(Action::Connect(ConnectAction::Title(index, typed)));
    }
    let lost = output.response.lost_focus();
    if lost {
        actions.push(Action::Connect(ConnectAction::TitleDone));
    } else if !output.response.has_focus() {
        output.response.request_focus();
    }
}
