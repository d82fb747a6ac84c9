//! The folder of this computer that is shared, and with whom.

mod guests;
mod invite;
mod link;
mod people;

use super::{foot, line, modal};
use crate::action::{Action, DialogAction, ShareAction};
use crate::state::State;
use crate::state::sharing::{Circle, Share, Way};
use crate::text::{dialogs, sharing as text};
use crate::theme::tokens::{Tokens, size, space};
use crate::theme::{self, icons};
use crate::view::Actions;
use crate::widgets::{Button, Look, banner, choice_card, words};
use egui::{Align, Frame, Layout, ScrollArea, Ui, UiBuilder, vec2};

const WIDTH: f32 = 620.0;
/// What of the window's height is not the chosen way's.
const OTHER_HEIGHT: f32 = 336.0;
const HEIGHT_MAX: f32 = 286.0;
const HEAD_HEIGHT: f32 = 40.0;
/// Room for the ring around what the keyboard is at.
const RING: f32 = 4.0;

pub(super) fn sharing_ui(ui: &Ui, state: &State, actions: &mut Actions) {
    let Some(share) = &state.sharing.share else { return };
    modal(ui, WIDTH, text::TITLE, actions, |ui, actions| {
        head_ui(ui, share, actions);
        ways_ui(ui, state, actions);
        way_ui(ui, state, share, actions);
        keep_ui(ui, share, actions);
        foot(ui, |ui| foot_ui(ui, state, share, actions));
    });
}

/// What is shared, who reaches it, and the button that changes this at once.
fn head_ui(ui: &mut Ui, share: &Share, actions: &mut Actions) {
    let layout = Layout::right_to_left(Align::Center);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), HEAD_HEIGHT), layout, |ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        circle_button_ui(ui, share, actions);
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing = vec2(space::S, space::XS);
            words(share.folder.display().to_string()).font(theme::strong()).show(ui);
            circle_ui(ui, share.circle);
        });
    });
}

fn circle_button_ui(ui: &mut Ui, share: &Share, actions: &mut Actions) {
    let (label, circle) = match share.circle {
        Circle::Window if share.people.is_empty() => return,
        Circle::Window => (text::LET_IN_AGAIN, Circle::Invited),
        Circle::Invited | Circle::Everybody(_) => (text::NARROW, Circle::Window),
    };
    if Button::new(Look::Plain, label).show(ui).clicked() {
        actions.push(Action::Share(ShareAction::LetIn(circle)));
    }
}

fn circle_ui(ui: &mut Ui, circle: Circle) {
    let tokens = Tokens::of(ui);
    let (icon, color) = match circle {
        Circle::Window => (icons::LOCK_SIMPLE, tokens.text_weak),
        Circle::Invited => (icons::SHIELD_CHECK, tokens.good),
        Circle::Everybody(_) => (icons::GLOBE, tokens.warn),
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = size::ICON;
        words(icon).font(theme::icon(size::ICON)).color(color).show_silently(ui);
        words(text::circle(circle)).color(tokens.text_weak).show(ui);
    });
}

fn ways_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let width = (ui.available_width() - space::M) / 2.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        for (way, icon) in [(Way::Invite, icons::USER), (Way::Guests, icons::USERS)] {
            let is_on = state.sharing.way == way;
            let words = (text::way(way), text::way_hint(way));
            if choice_card(ui, width, icon, words, is_on).clicked() && !is_on {
                actions.push(Action::Share(ShareAction::Show(way)));
            }
        }
    });
}

/// As high for either way, so that nothing jumps when the other is looked at.
fn way_ui(ui: &mut Ui, state: &State, share: &Share, actions: &mut Actions) {
    let height = (ui.ctx().content_rect().height() - OTHER_HEIGHT).clamp(140.0, HEIGHT_MAX);
    let (rect, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), egui::Sense::hover());
    // Wider, so that rings around what the keyboard is at are not cut at the sides.
    let builder = UiBuilder::new().max_rect(rect.expand2(vec2(RING, 0.0)));
    let mut ui = ui.new_child(builder.layout(Layout::top_down(Align::Min)));
    let area = ScrollArea::vertical().id_salt(state.sharing.way).auto_shrink(false);
    area.show(&mut ui, |ui| {
        Frame::new().inner_margin(RING).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::M;
            problem_ui(ui, state);
            match state.sharing.way {
                Way::Invite => invite::invite_ui(ui, state, share, actions),
                Way::Guests => guests::guests_ui(ui, state, share, actions),
            }
        });
    });
}

fn problem_ui(ui: &mut Ui, state: &State) {
    if let Some(problem) = &state.sharing.problem {
        let tokens = Tokens::of(ui);
        let look = (icons::WARNING_CIRCLE, tokens.bad, tokens.bad_soft);
        banner(ui, look, &problem.summary, &problem.details, |_| {});
    }
}

fn keep_ui(ui: &mut Ui, share: &Share, actions: &mut Actions) {
    let mut keeps_running = share.keeps_running;
    ui.spacing_mut().icon_spacing = space::S;
    if ui.checkbox(&mut keeps_running, text::KEEP_RUNNING).changed() {
        actions.push(Action::Share(ShareAction::KeepRunning(keeps_running)));
    }
}

fn foot_ui(ui: &mut Ui, state: &State, share: &Share, actions: &mut Actions) {
    if Button::new(Look::Plain, dialogs::CLOSE).show(ui).clicked() {
        actions.push(Action::Dialog(DialogAction::Cancel));
    }
    let is_there =
        state.connection.server().is_some_and(|server| server.address == share.address());
    if !is_there && Button::new(Look::Plain, text::SHOW).show(ui).clicked() {
        actions.push(Action::Share(ShareAction::Open));
    }
    if Button::new(Look::Danger, text::STOP).show(ui).clicked() {
        actions.push(Action::Share(ShareAction::Stop));
    }
}
