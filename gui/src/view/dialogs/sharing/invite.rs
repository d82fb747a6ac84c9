//! One person is invited by a link.

use super::link::{link_text_ui, link_ui};
use super::people;
use crate::action::{Action, ShareAction};
use crate::state::State;
use crate::state::sharing::{Access, Draft, Invitation, Lasting, NameMistake, Share, Sharing};
use crate::text::sharing as text;
use crate::theme::tokens::{Tokens, space};
use crate::theme::{self, icons};
use crate::view::Actions;
use crate::widgets::{Button, Field, Look, banner, segments, words};
use egui::{Id, Ui, vec2};

const NAME_WIDTH: f32 = 196.0;

pub(super) fn invite_ui(ui: &mut Ui, state: &State, share: &Share, actions: &mut Actions) {
    match &state.sharing.invitation {
        Some(made) if state.sharing.has_come(made) => has_come_ui(ui, made, actions),
        Some(made) => invitation_ui(ui, state, made, actions),
        None => draft_ui(ui, &state.sharing, actions),
    }
    people::people_ui(ui, state, share, actions);
}

fn draft_ui(ui: &mut Ui, sharing: &Sharing, actions: &mut Actions) {
    let mistake = sharing.name_mistake();
    // That nothing is typed yet need not be said.
    let shown = mistake.filter(|mistake| *mistake != NameMistake::Empty);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        fields_ui(ui, &sharing.draft, shown.is_some(), actions);
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let why_not = mistake.map(text::name_mistake);
        let invite = Button::new(Look::Primary, text::INVITE).icon(icons::LINK_SIMPLE);
        if invite.why_not(why_not).show(ui).clicked() {
            actions.push(Action::Share(ShareAction::Invite));
        }
        if let Some(shown) = shown {
            words(text::name_mistake(shown)).color(Tokens::of(ui).bad).show(ui);
        }
    });
}

fn fields_ui(ui: &mut Ui, draft: &Draft, is_bad: bool, actions: &mut Actions) {
    let mut emit = |action| actions.push(Action::Share(action));
    let name = Field::new(Id::unique("invite-name"), text::NAME)
        .hint(text::NAME_HINT)
        .bad(is_bad)
        .width(NAME_WIDTH)
        .show(ui, &draft.name);
    if let Some(typed) = name.typed {
        emit(ShareAction::Name(typed));
    }
    if name.is_entered {
        emit(ShareAction::Invite);
    }
    let accesses = [Access::Read, Access::Write].map(|access| (access, text::access(access)));
    if let Some(access) = segments(ui, text::MAY, &accesses, draft.access) {
        emit(ShareAction::Allow(access));
    }
    let times = Lasting::ALL.map(|lasting| (lasting, text::lasting(lasting)));
    if let Some(lasting) = segments(ui, text::LASTS, &times, draft.lasting) {
        emit(ShareAction::Lasting(lasting));
    }
}

fn invitation_ui(ui: &mut Ui, state: &State, made: &Invitation, actions: &mut Actions) {
    let weak = Tokens::of(ui).text_weak;
    link_ui(ui, &made.link, |ui| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::S, space::XS);
            words(text::invitation_for(&made.name)).font(theme::strong()).show(ui);
            let until = text::works_until(made.until, &state.zone);
            words(until).font(theme::small()).color(weak).show(ui);
        });
        link_text_ui(ui, &made.link);
        ui.horizontal(|ui| {
            let copy = Button::new(Look::Primary, text::COPY_LINK).icon(icons::COPY);
            if copy.show(ui).clicked() {
                actions.push(Action::Share(ShareAction::CopyInvitation));
            }
            put_away_ui(ui, actions);
        });
        words(text::INVITATION_HINT).font(theme::small()).color(weak).wrapped(ui);
    });
}

fn has_come_ui(ui: &mut Ui, made: &Invitation, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    let look = (icons::CHECK_CIRCLE, tokens.good, tokens.hovered);
    let title = text::has_come(&made.name);
    banner(ui, look, &title, text::HAS_COME_DETAILS, |ui| {
        ui.add_space(space::XS);
        put_away_ui(ui, actions);
    });
}

fn put_away_ui(ui: &mut Ui, actions: &mut Actions) {
    if Button::new(Look::Plain, text::PUT_AWAY).show(ui).clicked() {
        actions.push(Action::Share(ShareAction::PutAway));
    }
}
