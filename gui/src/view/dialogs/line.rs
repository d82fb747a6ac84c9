//! A row of a dialog's list.

use crate::theme::tokens::{Tokens, size, space};
use crate::theme::{self};
use crate::widgets::words;
use egui::{Align, Color32, Layout, Ui};

/// How high a row is.
pub(super) const LINE_HEIGHT: f32 = 46.0;
/// What an icon before the words takes.
pub(super) const ICON_WIDTH: f32 = 26.0;

/// What a row shows.
pub(super) struct Line<'a> {
    /// How far it stands to the right.
    pub(super) indent: f32,
    pub(super) icon: (char, Color32),
    pub(super) title: &'a str,
    pub(super) details: &'a str,
    pub(super) details_color: Color32,
}

/// A row: an icon, two lines of words, and buttons that are drawn from the right.
pub(super) fn line_ui(ui: &mut Ui, line: &Line<'_>, buttons: impl FnOnce(&mut Ui)) {
    let (rect, _) =
        ui.allocate_exact_size(egui::vec2(ui.available_width(), LINE_HEIGHT), egui::Sense::hover());
    let border = Tokens::of(ui).border;
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, egui::Stroke::new(1.0, border));
    let inner =
        rect.shrink2(egui::vec2(space::XS, 0.0)).with_min_x(rect.left() + space::XS + line.indent);
    // Children that take no room of their own: the row has its height already.
    let layout = Layout::right_to_left(Align::Center);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(inner).layout(layout));
    ui.spacing_mut().item_spacing.x = space::XS;
    buttons(&mut ui);
    ui.add_space(space::S);
    let left = ui.available_rect_before_wrap();
    let (icon, color) = line.icon;
    let at = egui::pos2(left.left() + ICON_WIDTH / 2.0 - space::XS, left.center().y);
    ui.painter().text(at, egui::Align2::CENTER_CENTER, icon, theme::icon(size::ICON), color);
    words_ui(&mut ui, left.with_min_x(left.left() + ICON_WIDTH), line);
}

fn words_ui(ui: &mut Ui, rect: egui::Rect, line: &Line<'_>) {
    let layout = Layout::top_down(Align::Min);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(layout));
    ui.spacing_mut().item_spacing.y = 1.0;
    ui.add_space(5.0);
    words(line.title).font(theme::medium()).show(&mut ui);
    words(line.details).font(theme::small()).color(line.details_color).show(&mut ui);
}
