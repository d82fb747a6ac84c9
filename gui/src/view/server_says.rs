//! What stands over the list of a server: that it does not answer, and what it says on connecting.

use super::Actions;
use crate::action::{Action, ConnectAction, PaneAction};
use crate::state::connection::{Retrying, Server, Trouble};
use crate::state::side::Side;
use crate::text::{connect, panes};
use crate::theme::icons;
use crate::theme::tokens::{Tokens, size};
use crate::widgets::{Button, Look, banner, words};
use egui::{Align, CornerRadius, Frame, Id, Layout, Margin, ScrollArea, Ui};
use std::time::Duration;

pub(super) fn trouble_ui(ui: &mut Ui, server: &Server, actions: &mut Actions) {
    let Some(Trouble { problem, retry }) = &server.trouble else {
        ui.data_mut(|data| data.remove::<(Retrying, f64)>(retrying_id()));
        return;
    };
    let retry = retry.map(|retry| counted_down(ui, retry));
    let tokens = Tokens::of(ui);
    Frame::new().inner_margin(Margin { left: 10, right: 10, top: 0, bottom: 8 }).show(ui, |ui| {
        let look = (icons::WIFI_SLASH, tokens.warn, tokens.warn_soft);
        let title = panes::trouble(&server.address, retry);
        let details = match retry {
            Some(_) => problem.details.clone(),
            None => format!("{} {}", problem.details, panes::TROUBLE_REMEDY),
        };
        banner(ui, look, &title, &details, |ui| {
            ui.horizontal(|ui| {
                let again = Button::new(Look::Plain, panes::TRY_AGAIN).small();
                if retry.is_none() && again.show(ui).clicked() {
                    actions.push(Action::Pane(Side::Server, PaneAction::Refresh));
                }
                let leave = Button::new(Look::Plain, connect::DISCONNECT).small();
                if leave.show(ui).clicked() {
                    actions.push(Action::Connect(ConnectAction::Disconnect));
                }
            });
        });
    });
}

/// The attempt that is to come, by the seconds that are left now.
fn counted_down(ui: &Ui, told: Retrying) -> Retrying {
    let now = ui.input(|input| input.time);
    let (_, since) = ui.data_mut(|data| {
        let seen: Option<(Retrying, f64)> = data.get_temp(retrying_id());
        let seen = seen.filter(|(seen, _)| *seen == told).unwrap_or((told, now));
        data.insert_temp(retrying_id(), seen);
        seen
    });
    let gone = Duration::try_from_secs_f64(now - since).unwrap_or_default();
    let in_secs = told.in_secs.saturating_sub(gone.as_secs());
    if in_secs > 0 {
        ui.ctx().request_repaint_after(Duration::from_secs(1));
    }
    Retrying { in_secs, ..told }
}

fn retrying_id() -> Id {
    Id::unique("retrying")
}

/// What the server says on connecting, until it is closed.
pub(super) fn welcome_ui(ui: &mut Ui, server: &Server, actions: &mut Actions) {
    if server.welcome.is_empty() {
        return;
    }
    let outside = Margin { left: 10, right: 10, top: 0, bottom: 8 };
    let inside = Frame::new()
        .fill(Tokens::of(ui).background)
        .corner_radius(CornerRadius::same(size::CORNER))
        .inner_margin(Margin { left: 10, right: 4, top: 4, bottom: 4 });
    Frame::new().inner_margin(outside).show(ui, |ui| {
        inside.show(ui, |ui| welcome_text_ui(ui, &server.welcome, actions));
    });
}

fn welcome_text_ui(ui: &mut Ui, welcome: &str, actions: &mut Actions) {
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        let close = Button::of_icon(icons::X, connect::CLOSE_WELCOME).small();
        if close.show(ui).clicked() {
            actions.push(Action::Connect(ConnectAction::CloseWelcome));
        }
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.add_space(WELCOME_ABOVE);
            let color = Tokens::of(ui).text_weak;
            ScrollArea::vertical().max_height(WELCOME_HEIGHT_MAX).show(ui, |ui| {
                words(welcome).color(color).wrapped(ui);
            });
        });
    });
}

/// So that one line stands beside the middle of its button.
const WELCOME_ABOVE: f32 = 3.0;
/// A longer welcome is scrolled, and leaves the list its room.
const WELCOME_HEIGHT_MAX: f32 = 72.0;
