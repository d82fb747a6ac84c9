//! The connect screen: an address, and the servers that were connected before.

use super::{Actions, saved_servers};
use crate::action::{Action, Command, ConnectAction, ShareAction};
use crate::state::State;
use crate::state::connection::{Connecting, Phase, TrustQuestion};
use crate::text::{APP, connect as text, panes, sharing};
use crate::theme::tokens::{Tokens, size, space};
use crate::theme::{self, icons};
use crate::widgets::{Button, Field, Look, banner, card, divider, words};
use egui::{Id, ScrollArea, Ui};

const FORM_WIDTH: f32 = 400.0;
const SAVED_WIDTH: f32 = 320.0;

pub(super) fn connect_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let whole = ui.available_size();
    let is_wide = whole.x > FORM_WIDTH + SAVED_WIDTH + 3.0 * space::XL;
    let width = if is_wide { FORM_WIDTH + SAVED_WIDTH + space::XL } else { FORM_WIDTH };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let above = ((whole.y - 460.0) / 2.4).max(space::XL);
        ui.add_space(above);
        ui.horizontal_top(|ui| {
            ui.add_space(((whole.x - width) / 2.0).max(space::L));
            ui.vertical(|ui| {
                ui.set_width(width.min(whole.x - 2.0 * space::L));
                mark_ui(ui);
                ui.add_space(space::L);
                columns_ui(ui, is_wide, state, actions);
                ui.add_space(space::XL);
            });
        });
    });
}

/// The form and the saved servers, beside each other where there is room.
fn columns_ui(ui: &mut Ui, is_wide: bool, state: &State, actions: &mut Actions) {
    if is_wide {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = space::XL;
            form_column(ui, state, actions);
            saved_column(ui, state, actions);
        });
    } else {
        form_column(ui, state, actions);
        ui.add_space(space::L);
        saved_column(ui, state, actions);
    }
}

fn mark_ui(ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        words(icons::BOAT).font(theme::icon_filled(30.0)).color(tokens.accent).show_silently(ui);
        words(APP).font(theme::heading()).show(ui);
    });
}

fn form_column(ui: &mut Ui, state: &State, actions: &mut Actions) {
    ui.vertical(|ui| {
        ui.set_width(FORM_WIDTH.min(ui.available_width()));
        card(ui, space::XL, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing = egui::vec2(space::S, space::M);
            match &state.connection.phase {
                Phase::Connecting(connecting) => connecting_ui(ui, connecting, actions),
                _ => form_ui(ui, state, actions),
            }
        });
        ui.add_space(space::M);
        share_ui(ui, state, actions);
    });
}

/// The folder that this computer shares, or how to share one.
fn share_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let weak = Tokens::of(ui).text_weak;
    let share = state.sharing.share.as_ref();
    let about = match share {
        Some(share) => sharing::shared_now(&share.folder.display().to_string()),
        None => text::OR_SHARE.to_owned(),
    };
    words(about).color(weak).wrapped(ui);
    ui.horizontal(|ui| {
        if share.is_some() && Button::new(Look::Primary, sharing::SHOW).show(ui).clicked() {
            actions.push(Action::Share(ShareAction::Open));
        }
        let button = Button::new(Look::Plain, panes::command(Command::ShareFolder));
        if button.icon(icons::SHARE_NETWORK).show(ui).clicked() {
            actions.push(Action::Command(Command::ShareFolder));
        }
    });
}

fn form_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let form = &state.connection.form;
    let mut emit = |action| actions.push(Action::Connect(action));
    words(text::TITLE).font(theme::heading()).show(ui);
    words(text::INTRO).color(Tokens::of(ui).text_weak).wrapped(ui);
    if let Some(problem) = &form.problem {
        let tokens = Tokens::of(ui);
        let look = (icons::WARNING_CIRCLE, tokens.bad, tokens.bad_soft);
        banner(ui, look, &problem.summary, &problem.details, |_| {});
    }
    let address_id = Id::unique("connect-address");
    let address =
        Field::new(address_id, text::ADDRESS).hint(text::ADDRESS_HINT).show(ui, &form.address);
    focus_once(ui, address_id);
    let mut is_entered = address.is_entered;
    if let Some(typed) = address.typed {
        emit(ConnectAction::Address(typed));
    }
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let width = (ui.available_width() - space::M) / 2.0;
        let account = Field::new(Id::unique("connect-account"), text::ACCOUNT)
            .hint(text::ACCOUNT_HINT)
            .width(width)
            .show(ui, &form.account);
        let password = Field::new(Id::unique("connect-password"), text::PASSWORD)
            .password(true)
            .width(width)
            .show(ui, form.password.reveal());
        is_entered |= account.is_entered || password.is_entered;
        account.typed.into_iter().for_each(|typed| emit(ConnectAction::Account(typed)));
        password.typed.into_iter().for_each(|typed| emit(ConnectAction::Password(typed)));
    });
    ui.add_space(space::XS);
    let is_online = state.connection.server().is_some();
    ui.horizontal(|ui| {
        let connect = Button::new(Look::Primary, text::CONNECT).min_width(120.0);
        if connect.show(ui).clicked() || is_entered {
            emit(ConnectAction::Submit);
        }
        if is_online && Button::new(Look::Plain, text::BACK).show(ui).clicked() {
            emit(ConnectAction::Back);
        }
    });
}

/// The address is where one types first.
fn focus_once(ui: &Ui, id: Id) {
    let was_shown = ui.data_mut(|data| {
        let was_shown = data.get_temp(id).unwrap_or(false);
        data.insert_temp(id, true);
        was_shown
    });
    if !was_shown {
        ui.memory_mut(|memory| memory.request_focus(id));
    }
}

fn connecting_ui(ui: &mut Ui, connecting: &Connecting, actions: &mut Actions) {
    if let Some(question) = &connecting.question {
        trust_ui(ui, question, actions);
        return;
    }
    let text = text::connecting(&connecting.server);
    words(text).font(theme::strong()).wrapped(ui);
    if Button::new(Look::Plain, text::CANCEL).show(ui).clicked() {
        actions.push(Action::Connect(ConnectAction::Cancel));
    }
}

fn trust_ui(ui: &mut Ui, question: &TrustQuestion, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let icon = icons::SHIELD_CHECK;
        words(icon).font(theme::icon(24.0)).color(tokens.accent).show_silently(ui);
        words(text::TRUST_TITLE).font(theme::heading()).show(ui);
    });
    words(text::trust(&question.server)).wrapped(ui);
    fingerprint_ui(ui, &question.fingerprint);
    words(text::TRUST_THEN).color(tokens.text_weak).wrapped(ui);
    ui.horizontal(|ui| {
        if Button::new(Look::Primary, text::TRUST_YES).show(ui).clicked() {
            actions.push(Action::Connect(ConnectAction::Trust(true)));
        }
        if Button::new(Look::Plain, text::TRUST_NO).show(ui).clicked() {
            actions.push(Action::Connect(ConnectAction::Trust(false)));
        }
    });
}

/// A fingerprint that can be compared and copied.
pub(super) fn fingerprint_ui(ui: &mut Ui, fingerprint: &str) {
    let tokens = Tokens::of(ui);
    egui::Frame::new()
        .fill(tokens.background)
        .corner_radius(egui::CornerRadius::same(size::CORNER))
        .inner_margin(space::M)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            let text = egui::RichText::new(text::grouped(fingerprint)).monospace();
            ui.add(egui::Label::new(text).wrap().selectable(true));
        });
}

fn saved_column(ui: &mut Ui, state: &State, actions: &mut Actions) {
    ui.vertical(|ui| {
        ui.set_width(SAVED_WIDTH.min(ui.available_width()));
        card(ui, space::L, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing = egui::vec2(space::S, 0.0);
            words(text::SAVED).font(theme::strong()).show(ui);
            ui.add_space(space::XS);
            if state.servers.list.is_empty() {
                divider(ui);
                ui.add_space(space::XS);
                words(text::SAVED_NONE).color(Tokens::of(ui).text_weak).wrapped(ui);
            }
            for index in 0..state.servers.list.len() {
                saved_servers::saved_ui(ui, &state.servers, index, actions);
            }
        });
    });
}
