//! Those who were invited.

use super::line::{Line, line_ui};
use crate::action::{Action, ShareAction};
use crate::state::State;
use crate::state::sharing::{Person, Share};
use crate::text::{kept::button_for, sharing as text};
use crate::theme::tokens::{Tokens, space};
use crate::theme::{self, icons};
use crate::view::Actions;
use crate::widgets::{Button, Look, divider, words};
use egui::Ui;

pub(super) fn people_ui(ui: &mut Ui, state: &State, share: &Share, actions: &mut Actions) {
    let weak = Tokens::of(ui).text_weak;
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        words(text::PEOPLE).font(theme::small()).color(weak).show(ui);
        ui.add_space(space::XS);
        divider(ui);
        if share.people.is_empty() {
            ui.add_space(space::S);
            words(text::NOBODY).color(weak).wrapped(ui);
        }
        for person in &share.people {
            person_ui(ui, state, person, actions);
        }
    });
}

fn person_ui(ui: &mut Ui, state: &State, person: &Person, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    let is_asked = state.sharing.asked.as_deref() == Some(person.name.as_str());
    let (details, details_color) = if is_asked {
        (text::SHUT_OUT_DETAILS.to_owned(), tokens.warn)
    } else {
        (text::person(person, &state.zone), tokens.text_weak)
    };
    let icon = if has_come(person) {
        (icons::USER, tokens.accent)
    } else {
        (icons::HOURGLASS, tokens.text_weak)
    };
    let line = Line { indent: 0.0, icon, title: &person.name, details: &details, details_color };
    line_ui(ui, &line, |ui| buttons_ui(ui, person, is_asked, actions));
}

fn buttons_ui(ui: &mut Ui, person: &Person, is_asked: bool, actions: &mut Actions) {
    let mut button = |look, words: &str, action| {
        let label = button_for(words, &person.name);
        if Button::new(look, words).small().label(&label).show(ui).clicked() {
            actions.push(Action::Share(action));
        }
    };
    let name = || person.name.clone();
    if is_asked {
        button(Look::Plain, text::KEEP, ShareAction::Keep);
        button(Look::Danger, text::SHUT_OUT_NOW, ShareAction::ShutOut(name()));
    } else if has_come(person) {
        button(Look::Plain, text::SHUT_OUT, ShareAction::AskShutOut(name()));
    } else {
        // Nobody loses anything by it.
        let words = if person.invited_until.is_some() { text::REVOKE } else { text::REMOVE };
        button(Look::Plain, words, ShareAction::ShutOut(name()));
    }
}

fn has_come(person: &Person) -> bool {
    !person.devices.is_empty() || person.has_password
}
