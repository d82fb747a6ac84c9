//! Notices in the corner of the window.

use super::Actions;
use crate::action::{Action, NoticeAction};
use crate::state::State;
use crate::state::notice::{Notice, Remedy};
use crate::text::dialogs;
use crate::theme::tokens::{Tokens, size, space};
use crate::theme::{self, icons};
use crate::widgets::{Button, Look, words};
use egui::{Align, Align2, Area, CornerRadius, Frame, Id, Layout, Margin, Order, Stroke, Ui};

const WIDTH: f32 = 380.0;

pub(super) fn notices_ui(ui: &Ui, state: &State, actions: &mut Actions) {
    if state.notices.list.is_empty() {
        return;
    }
    Area::new(Id::unique("notices"))
        .order(Order::Middle)
        .anchor(Align2::RIGHT_BOTTOM, egui::vec2(-space::XL, -64.0))
        .show(ui.ctx(), |ui| {
            ui.set_max_width(WIDTH);
            for notice in &state.notices.list {
                notice_ui(ui, notice, actions);
            }
        });
}

fn notice_ui(ui: &mut Ui, notice: &Notice, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    let problem = &notice.problem;
    Frame::new()
        .fill(tokens.raised)
        .stroke(Stroke::new(1.0, tokens.bad))
        .shadow(ui.visuals().popup_shadow)
        .corner_radius(CornerRadius::same(size::CORNER_LARGE))
        .inner_margin(Margin::symmetric(14, 12))
        .show(ui, |ui| {
            ui.set_width(WIDTH - 28.0);
            ui.spacing_mut().item_spacing.y = space::XS;
            ui.horizontal(|ui| {
                let icon = icons::WARNING_CIRCLE;
                words(icon).font(theme::icon_filled(18.0)).color(tokens.bad).show_silently(ui);
                let fault = dialogs::fault(problem.fault);
                words(fault).font(theme::small()).color(tokens.text_weak).show(ui);
                if notice.count > 1 {
                    let times = dialogs::times(notice.count);
                    words(times).font(theme::small()).color(tokens.text_weak).show(ui);
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let close = Button::of_icon(icons::X, dialogs::NOTICE_DISMISS).small();
                    if close.show(ui).clicked() {
                        actions.push(Action::Notice(NoticeAction::Dismiss(notice.id)));
                    }
                });
            });
            words(&problem.summary).font(theme::strong()).wrapped(ui);
            if !problem.details.is_empty() {
                words(&problem.details).wrapped(ui);
            }
            if let Some(remedy) = notice.remedy {
                let text = match remedy {
                    Remedy::Refresh => dialogs::NOTICE_REFRESH,
                    Remedy::Reconnect => dialogs::NOTICE_RECONNECT,
                };
                if Button::new(Look::Plain, text).small().label(text).show(ui).clicked() {
                    actions.push(Action::Notice(NoticeAction::Remedy(notice.id, remedy)));
                }
            }
        });
}
