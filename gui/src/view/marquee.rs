//! Choosing rows with a rectangle, which scrolls the list at its edges, and the begin of a drag.

use super::Actions;
use super::list::{self, Memory};
use super::row::is_on_name;
use crate::action::{Action, Extend, PaneAction};
use crate::state::pane::Pane;
use crate::theme::tokens::{Tokens, size};
use egui::{
    CornerRadius, DragAndDrop, Key, PointerButton, Pos2, Rect, Response, Stroke, StrokeKind, Ui,
    pos2,
};

/// Points a second that the list scrolls for each point the pointer is past its edge.
const SCROLL_RATE: f32 = 10.0;

/// Goes on with a rectangle; returns how far the list is to be scrolled for it.
pub(super) fn marquee_ui(
    ui: &Ui,
    pane: &Pane,
    ground: &Response,
    memory: &mut Memory,
    actions: &mut Actions,
) -> Option<f32> {
    if ground.drag_started_by(PointerButton::Primary)
        && let Some(press) = ui.input(|input| input.pointer.press_origin())
        && memory.body.contains(press)
    {
        begin(ui, pane, press, memory, actions);
        ground.request_focus();
    }
    let start = memory.marquee?;
    let is_escaped = ui.input(|input| input.key_pressed(Key::Escape));
    if is_escaped || !ui.input(|input| input.pointer.primary_down()) {
        memory.marquee = None;
        actions.push(Action::Pane(pane.side, PaneAction::MarqueeEnd));
        return None;
    }
    let pointer = ui.input(|input| input.pointer.latest_pos())?;
    let scrolled = scroll_at_edges(ui, pane, pointer, memory);
    let now = memory.to_content(pointer);
    let (top, bottom) = (start.y.min(now.y), start.y.max(now.y));
    let covered = if bottom < 0.0 { 0..0 } else { list::position(top)..list::position(bottom) + 1 };
    actions.push(Action::Pane(pane.side, PaneAction::MarqueeOver(covered)));
    scrolled
}

/// A drag that begins on a chosen row or on a name carries rows; any other is a rectangle.
fn begin(ui: &Ui, pane: &Pane, press: Pos2, memory: &mut Memory, actions: &mut Actions) {
    let modifiers = ui.input(|input| input.modifiers);
    let row = memory.position_at(press).and_then(|at| Some((at, *pane.shown().get(at)?)));
    if let Some((at, row)) = row {
        let is_chosen = pane.selection.contains(row);
        let is_name = is_on_name(ui, pane, row, memory.row_rect(at), press.x);
        if is_chosen || (is_name && !modifiers.any()) {
            let count = if is_chosen { pane.selection.len() } else { 1 };
            if !is_chosen {
                actions.push(Action::Pane(pane.side, PaneAction::Click(row, Extend::No)));
            }
            DragAndDrop::set_payload(ui.ctx(), list::drag_payload(pane, count));
            return;
        }
    }
    memory.marquee = Some(memory.to_content(press));
    let extend = list::extend(modifiers);
    actions.push(Action::Pane(pane.side, PaneAction::MarqueeBegin(extend)));
}

fn scroll_at_edges(ui: &Ui, pane: &Pane, pointer: Pos2, memory: &mut Memory) -> Option<f32> {
    let past =
        (pointer.y - memory.body.bottom()).max(0.0) - (memory.body.top() - pointer.y).max(0.0);
    if past.abs() < f32::EPSILON {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "the height of a scroll bar's content")]
    let height = pane.shown().len() as f32 * size::ROW;
    let last = (height - memory.body.height()).max(0.0);
    let elapsed = ui.input(|input| input.stable_dt).min(0.1);
    memory.offset = (memory.offset + past * SCROLL_RATE * elapsed).clamp(0.0, last);
    ui.ctx().request_repaint();
    Some(memory.offset)
}

pub(super) fn paint(ui: &Ui, memory: Memory) {
    let Some(start) = memory.marquee else { return };
    let Some(pointer) = ui.input(|input| input.pointer.latest_pos()) else { return };
    let start = pos2(start.x + memory.body.left(), start.y + memory.body.top() - memory.offset);
    let rect = Rect::from_two_pos(start, pointer);
    let accent = Tokens::of(ui).accent;
    ui.painter().with_clip_rect(memory.body).rect(
        rect,
        CornerRadius::same(2),
        accent.gamma_multiply(0.14),
        Stroke::new(1.0, accent),
        StrokeKind::Inside,
    );
}
