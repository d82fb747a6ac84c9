//! Everybody on the network is let in.

use super::link::{link_text_ui, link_ui};
use crate::action::{Action, ShareAction};
use crate::state::State;
use crate::state::sharing::{Access, Circle, Share};
use crate::text::sharing as text;
use crate::theme::tokens::Tokens;
use crate::theme::{self, icons};
use crate::view::Actions;
use crate::widgets::{Button, Look, segments, words};
use egui::Ui;

pub(super) fn guests_ui(ui: &mut Ui, state: &State, share: &Share, actions: &mut Actions) {
    let weak = Tokens::of(ui).text_weak;
    let Some(link) = &share.link else {
        words(text::GUESTS_ABOUT).color(weak).wrapped(ui);
        rights_ui(ui, state, actions);
        if Button::new(Look::Primary, text::WIDEN).icon(icons::USERS).show(ui).clicked() {
            let circle = Circle::Everybody(state.sharing.rights);
            actions.push(Action::Share(ShareAction::LetIn(circle)));
        }
        return;
    };
    link_ui(ui, link, |ui| {
        link_text_ui(ui, link);
        ui.horizontal(|ui| {
            let copy = Button::new(Look::Primary, text::COPY_LINK).icon(icons::COPY);
            if copy.show(ui).clicked() {
                actions.push(Action::Share(ShareAction::CopyLink));
            }
            if Button::new(Look::Plain, text::NO_GUESTS).show(ui).clicked() {
                actions.push(Action::Share(ShareAction::LetIn(without_guests(share))));
            }
        });
        words(text::LINK_HINT).font(theme::small()).color(weak).wrapped(ui);
        rights_ui(ui, state, actions);
    });
}

/// Those who were invited stay, if there are any.
fn without_guests(share: &Share) -> Circle {
    if share.people.is_empty() { Circle::Window } else { Circle::Invited }
}

fn rights_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let accesses = [Access::Read, Access::Write].map(|access| (access, text::access(access)));
    if let Some(rights) = segments(ui, text::GUESTS_MAY, &accesses, state.sharing.rights) {
        actions.push(Action::Share(ShareAction::Rights(rights)));
    }
}
