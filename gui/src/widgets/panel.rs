//! Cards, banners, empty places.

use super::{label_width, words};
use crate::theme::tokens::{Tokens, size, space};
use crate::theme::{self};
use egui::{Align, Color32, CornerRadius, Frame, InnerResponse, Layout, Margin, Stroke, Ui};

/// A card: a surface with a thin line around it.
pub fn card<R>(ui: &mut Ui, margin: f32, contents: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    let tokens = Tokens::of(ui);
    Frame::new()
        .fill(tokens.surface)
        .stroke(Stroke::new(1.0, tokens.border))
        .corner_radius(CornerRadius::same(size::CORNER_LARGE))
        .inner_margin(margin)
        .show(ui, contents)
}

/// A line over the whole width.
pub fn divider(ui: &mut Ui) {
    let (rect, _) =
        ui.allocate_exact_size(egui::vec2(ui.available_width(), 1.0), egui::Sense::hover());
    let stroke = Stroke::new(1.0, Tokens::of(ui).border);
    ui.painter().hline(rect.x_range(), rect.center().y, stroke);
}

/// A coloured strip with an icon, a title, a text, and what else belongs there.
pub fn banner(
    ui: &mut Ui,
    (icon, color, fill): (char, Color32, Color32),
    title: &str,
    details: &str,
    buttons: impl FnOnce(&mut Ui),
) {
    Frame::new()
        .fill(fill)
        .corner_radius(CornerRadius::same(size::CORNER))
        .inner_margin(Margin::symmetric(12, 10))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = space::S;
                words(icon).font(theme::icon_filled(18.0)).color(color).show_silently(ui);
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = space::XS;
                    words(title).font(theme::strong()).wrapped(ui);
                    if !details.is_empty() {
                        words(details).wrapped(ui);
                    }
                    buttons(ui);
                });
            });
        });
}

/// An empty place that says why it is, and what to do.
pub fn empty(ui: &mut Ui, icon: char, title: &str, remedy: &str, button: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::of(ui);
    let height = 130.0;
    let above = ((ui.available_height() - height) / 2.2).max(space::M);
    ui.with_layout(Layout::top_down(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        ui.add_space(above);
        words(icon)
            .font(theme::icon(size::ICON_LARGE))
            .color(tokens.text_weak.gamma_multiply(0.7))
            .show_silently(ui);
        words(title).font(theme::strong()).show(ui);
        ui.scope(|ui| {
            ui.set_max_width(340.0_f32.min(ui.available_width() - 2.0 * space::L));
            ui.label(egui::RichText::new(remedy).color(tokens.text_weak));
        });
        ui.add_space(space::XS);
        button(ui);
    });
}

/// A key, as it is drawn in lists of keys.
pub fn key_cap(ui: &mut Ui, key: &str) {
    let tokens = Tokens::of(ui);
    Frame::new()
        .fill(tokens.background)
        .stroke(Stroke::new(1.0, tokens.control_border))
        .corner_radius(CornerRadius::same(4))
        .inner_margin(Margin::symmetric(6, 2))
        .show(ui, |ui| {
            // A grid gives its cells no room before it knows what they need.
            ui.set_min_width(label_width(ui, key, theme::small()).ceil());
            words(key).font(theme::small()).show(ui)
        });
}
