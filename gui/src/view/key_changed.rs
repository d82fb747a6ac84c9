//! The hard stop: a server that has another key than the one that is known. There is no way on
//! from here but back.

use super::{Actions, connect};
use crate::action::{Action, ConnectAction};
use crate::state::connection::KeyChange;
use crate::text::connect as text;
use crate::theme::tokens::{Tokens, space};
use crate::theme::{self, icons};
use crate::widgets::{Button, Look, card, words};
use egui::{ScrollArea, Ui};

const WIDTH: f32 = 560.0;

pub(super) fn key_changed_ui(ui: &mut Ui, change: &KeyChange, actions: &mut Actions) {
    let whole = ui.available_size();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.add_space(((whole.y - 440.0) / 2.4).max(space::XL));
        ui.horizontal_top(|ui| {
            ui.add_space(((whole.x - WIDTH) / 2.0).max(space::L));
            ui.vertical(|ui| {
                ui.set_width(WIDTH.min(whole.x - 2.0 * space::L));
                card(ui, space::XL, |ui| {
                    ui.spacing_mut().item_spacing.y = space::M;
                    card_ui(ui, change, actions);
                });
            });
        });
    });
}

fn card_ui(ui: &mut Ui, change: &KeyChange, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    ui.set_width(ui.available_width());
    ui.horizontal(|ui| {
        let icon = icons::WARNING_OCTAGON;
        words(icon).font(theme::icon_filled(28.0)).color(tokens.bad).show_silently(ui);
        words(text::KEY_CHANGED_TITLE).font(theme::heading()).show(ui);
    });
    words(text::key_changed(&change.server, change.was_in_link)).wrapped(ui);
    let known = text::key_known(change.was_in_link);
    for (title, fingerprint) in [(known, &change.known), (text::KEY_PRESENTED, &change.presented)] {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            words(title).font(theme::small()).color(tokens.text_weak).show(ui);
            connect::fingerprint_ui(ui, fingerprint);
        });
    }
    words(text::key_changed_remedy(change.was_in_link)).wrapped(ui);
    if Button::new(Look::Primary, text::KEY_STOP).show(ui).clicked() {
        actions.push(Action::Connect(ConnectAction::Back));
    }
}
