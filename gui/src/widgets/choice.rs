//! One of several: as cards that say what they are, or as words beside each other.

use super::{label_width, words};
use crate::theme::tokens::{Tokens, size, space};
use crate::theme::{self};
use egui::{
    Align, Align2, Color32, CornerRadius, Layout, Rect, Response, Role, Sense, Stroke, StrokeKind,
    Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

const CARD_HEIGHT: f32 = 58.0;

/// A card of this width with an icon, a title and a line that says what it is.
pub fn choice_card(
    ui: &mut Ui,
    width: f32,
    icon: char,
    (title, hint): (&str, &str),
    is_on: bool,
) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, CARD_HEIGHT), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_on, title));
    let tokens = Tokens::of(ui);
    let (fill, border, tint) = match (is_on, response.hovered()) {
        (true, _) => (tokens.chosen, Stroke::new(1.5, tokens.accent), tokens.accent),
        (false, true) => (tokens.hovered, plain_border(tokens), tokens.text_weak),
        (false, false) => (tokens.surface, plain_border(tokens), tokens.text_weak),
    };
    ui.painter().rect(rect, CornerRadius::same(size::CORNER), fill, border, StrokeKind::Inside);
    focus_ring(ui, &response, rect);
    let at = pos2(rect.left() + space::L + size::ICON / 2.0, rect.center().y);
    ui.painter().text(at, Align2::CENTER_CENTER, icon, theme::icon(20.0), tint);
    let text = rect.shrink2(vec2(space::M, 11.0)).with_min_x(at.x + size::ICON / 2.0 + space::M);
    let layout = Layout::top_down(Align::Min);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(text).layout(layout));
    ui.spacing_mut().item_spacing.y = 2.0;
    words(title).font(theme::medium()).show_silently(&mut ui);
    let room = text.width();
    words(hint).font(theme::small()).color(tokens.text_weak).max_width(room).show_silently(&mut ui);
    response
}

/// Words beside each other under a title, one of which is chosen. Returns what is pressed.
pub fn segments<T: Copy + PartialEq>(
    ui: &mut Ui,
    title: &str,
    choices: &[(T, &str)],
    chosen: T,
) -> Option<T> {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, space::XS);
        words(title).font(theme::small()).color(Tokens::of(ui).text_weak).show(ui);
        ui.horizontal(|ui| row_ui(ui, title, choices, chosen)).inner
    })
    .inner
}

fn row_ui<T: Copy + PartialEq>(
    ui: &mut Ui,
    title: &str,
    choices: &[(T, &str)],
    chosen: T,
) -> Option<T> {
    let tokens = Tokens::of(ui);
    let widths: Vec<f32> = choices
        .iter()
        .map(|(_, text)| (label_width(ui, text, theme::medium()) + 2.0 * space::M).ceil())
        .collect();
    let whole = vec2(widths.iter().sum(), size::CONTROL);
    let (rect, _) = ui.allocate_exact_size(whole, Sense::hover());
    let corner = CornerRadius::same(size::CORNER);
    ui.painter().rect(rect, corner, tokens.surface, plain_border(tokens), StrokeKind::Inside);
    let mut left = rect.left();
    let mut pressed = None;
    for (&(choice, text), width) in choices.iter().zip(widths) {
        let own = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        left += width;
        if segment_ui(ui, own, (title, text), choice == chosen).clicked() && choice != chosen {
            pressed = Some(choice);
        }
    }
    pressed
}

fn segment_ui(ui: &Ui, rect: Rect, (title, text): (&str, &str), is_on: bool) -> Response {
    let label = format!("{title}: {text}");
    let response = ui.interact(rect, ui.scope_id().with(&label), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_on, &label));
    let tokens = Tokens::of(ui);
    let corner = CornerRadius::same(size::CORNER);
    let (fill, border, color) = match (is_on, response.hovered()) {
        (true, _) => (tokens.chosen, Stroke::new(1.5, tokens.accent), tokens.text),
        (false, true) => (tokens.hovered, Stroke::NONE, tokens.text),
        (false, false) => (Color32::TRANSPARENT, Stroke::NONE, tokens.text_weak),
    };
    let inner = if is_on { rect } else { rect.shrink(1.0) };
    ui.painter().rect(inner, corner, fill, border, StrokeKind::Inside);
    focus_ring(ui, &response, rect);
    let center = rect.center();
    ui.painter().text(center, Align2::CENTER_CENTER, text, theme::medium(), color);
    response
}

fn plain_border(tokens: &Tokens) -> Stroke {
    Stroke::new(1.0, tokens.control_border)
}

fn focus_ring(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        let ring = Stroke::new(2.0, Tokens::of(ui).accent);
        let corner = CornerRadius::same(size::CORNER);
        ui.painter().rect_stroke(rect.expand(1.5), corner, ring, StrokeKind::Outside);
    }
}
