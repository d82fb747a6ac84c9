//! The list of a pane: titles of columns, and as many rows as fit, out of as many as there are.

use super::drop::{self, DragRows};
use super::row::{self, Columns};
use super::{Actions, Seen, list_keys, marquee, menu};
use crate::action::{Action, Extend, PaneAction};
use crate::state::arrangement::Column;
use crate::state::pane::Pane;
use crate::state::side::Side;
use crate::text::panes;
use crate::theme::tokens::{Tokens, size};
use crate::theme::{self, icons};
use egui::scroll_area::{DragScroll, ScrollSource};
use egui::{
    Align2, Id, Modifiers, PointerButton, Rect, Response, Role, ScrollArea, Sense, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

/// What a list remembers from one frame to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    /// Where rows are drawn.
    pub(super) body: Rect,
    /// How far it is scrolled, in points.
    pub(super) offset: f32,
    /// Where a rectangle was begun, from the first row's top left corner.
    pub(super) marquee: Option<egui::Pos2>,
    /// The row at the top, with the number of the rows that it belongs to.
    top: Option<(u64, u32)>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { body: Rect::NOTHING, offset: 0.0, marquee: None, top: None }
    }
}

impl Memory {
    pub(super) fn load(ui: &Ui, side: Side) -> Self {
        ui.data(|data| data.get_temp(list_id(side))).unwrap_or_default()
    }

    fn store(self, ui: &Ui, side: Side) {
        ui.data_mut(|data| data.insert_temp(list_id(side), self));
    }

    /// A point of the window, from the first row's top left corner.
    pub(super) fn to_content(self, point: egui::Pos2) -> egui::Pos2 {
        pos2(point.x - self.body.left(), point.y - self.body.top() + self.offset)
    }

    /// Where the row that is shown at a point stands.
    pub(super) fn position_at(self, point: egui::Pos2) -> Option<usize> {
        self.body.contains(point).then(|| position(self.to_content(point).y))
    }

    /// The place of a row in the window.
    pub(super) fn row_rect(self, position: usize) -> Rect {
        let top = self.body.top() + row_top(position, self.offset);
        Rect::from_min_size(pos2(self.body.left(), top), vec2(self.body.width(), size::ROW))
    }
}

/// The list of a side, which the keyboard can be at.
pub(super) fn list_id(side: Side) -> Id {
    Id::unique(("list", side))
}

/// The row at a height from the first row's top.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "negative heights are held to the first row, and the float is far below the limit"
)]
pub(super) fn position(height: f32) -> usize {
    (height.max(0.0) / size::ROW) as usize
}

/// Top of a row below the list's top. Counted in f64, since a million rows are taller than f32
/// can tell.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the difference is small, and rows are fewer than 2^52"
)]
fn row_top(position: usize, offset: f32) -> f32 {
    (position as f64 * f64::from(size::ROW) - f64::from(offset)) as f32
}

#[expect(clippy::cast_precision_loss, reason = "the height of a scroll bar's content")]
fn content_height(rows: usize) -> f32 {
    rows as f32 * size::ROW
}

pub(super) fn list_ui(ui: &mut Ui, seen: Seen<'_>, actions: &mut Actions) {
    let Seen { state, pane, .. } = seen;
    let side = pane.side;
    let mut memory = Memory::load(ui, side);
    let columns = Columns::of_width(ui.available_width());
    titles_ui(ui, pane, columns, actions);
    let below = ui.available_rect_before_wrap();
    let ground = ui.interact(below, list_id(side), Sense::click_and_drag());
    ground.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, panes::list(side)));
    if ground.clicked_by(PointerButton::Primary) {
        ground.request_focus();
        actions.push(Action::Pane(side, PaneAction::SelectNone));
    }
    list_keys::list_keys(ui, state, pane, &ground, actions);
    let revealed = reveal(pane, memory, actions);
    let scrolled = marquee::marquee_ui(ui, pane, &ground, &mut memory, actions);
    let drawn = Drawn { seen, ground: &ground, columns };
    let kept = kept_in_sight(pane, memory);
    drawn.scroll_ui(ui, scrolled.or(revealed).or(kept), &mut memory, actions);
    marquee::paint(ui, memory);
    drop::targets_ui(ui, seen, &ground, memory, actions);
    ground.context_menu(|ui| menu::ground_menu(ui, state, pane, actions));
    memory.store(ui, side);
}

/// Where the list has to be scrolled to so that a row is in sight.
fn reveal(pane: &Pane, memory: Memory, actions: &mut Actions) -> Option<f32> {
    let row = pane.reveal?;
    actions.push(Action::Pane(pane.side, PaneAction::Revealed));
    let top = row_top(pane.position(row)?, 0.0);
    let height = memory.body.height().max(size::ROW);
    if top < memory.offset {
        Some(top)
    } else if top + size::ROW > memory.offset + height {
        Some(top + size::ROW - height)
    } else {
        None
    }
}

/// Where the list has to be scrolled to so that the rows in sight stay there when the folder was
/// read again. One that was at its top stays at its top.
fn kept_in_sight(pane: &Pane, memory: Memory) -> Option<f32> {
    let (number, row) = memory.top.filter(|(number, _)| *number != pane.rows_number)?;
    let (before, moves) = pane.moved.as_ref()?;
    if *before != number || memory.offset < 1.0 {
        return None;
    }
    let at = pane.position(moves.of(row)?)?;
    Some(row_top(at, 0.0) + memory.offset % size::ROW)
}

/// The rows of a list, as one frame draws them.
#[derive(Clone, Copy)]
struct Drawn<'a> {
    seen: Seen<'a>,
    /// The list behind its rows.
    ground: &'a Response,
    columns: Columns,
}

impl Drawn<'_> {
    fn scroll_ui(
        self,
        ui: &mut Ui,
        forced: Option<f32>,
        memory: &mut Memory,
        actions: &mut Actions,
    ) {
        let pane = self.seen.pane;
        let source = ScrollSource { drag: DragScroll::Never, ..ScrollSource::ALL };
        // A folder that is opened begins at its top.
        let mut area = ScrollArea::vertical()
            .id_salt(("rows", pane.side, &pane.place))
            .auto_shrink(false)
            .scroll_source(source);
        if let Some(offset) = forced {
            area = area.vertical_scroll_offset(offset);
        }
        let builder = UiBuilder::new().accessibility_parent(self.ground.id);
        let output = ui.scope_builder(builder, |ui| {
            area.show_viewport(ui, |ui, viewport| {
                ui.set_height(content_height(pane.shown().len()));
                let now = Memory { body: self.ground.rect, offset: viewport.top(), ..*memory };
                self.rows_ui(ui, now, actions);
            })
        });
        memory.body = output.inner.inner_rect;
        memory.offset = output.inner.state.clamped_offset().y;
        let top = pane.shown().get(position(memory.offset));
        memory.top = top.map(|row| (pane.rows_number, *row));
    }

    fn rows_ui(self, ui: &Ui, memory: Memory, actions: &mut Actions) {
        let Seen { state, pane, .. } = self.seen;
        let first = position(memory.offset);
        let last = position(memory.offset + memory.body.height()) + 1;
        for at in first..last.min(pane.shown().len()) {
            let Some(row) = pane.shown().get(at).copied() else { continue };
            let rect = memory.row_rect(at);
            // A menu that is open for a row must not be taken over by another one.
            let id = list_id(pane.side).with((pane.rows_number, row));
            let response = ui.interact(rect, id, Sense::CLICK);
            let look = (&response, self.columns, self.ground.has_focus());
            row::row_ui(ui, state, pane, row, look);
            row_clicks(pane.side, row, &response, self.ground, actions);
            response.context_menu(|ui| menu::row_menu(ui, state, pane, row, actions));
        }
    }
}

fn row_clicks(side: Side, row: u32, response: &Response, ground: &Response, actions: &mut Actions) {
    if response.double_clicked() {
        actions.push(Action::Pane(side, PaneAction::OpenRow(row)));
    } else if response.clicked() {
        ground.request_focus();
        let extend = extend(response.ctx.input(|input| input.modifiers));
        actions.push(Action::Pane(side, PaneAction::Click(row, extend)));
    } else if response.secondary_clicked() {
        ground.request_focus();
        actions.push(Action::Pane(side, PaneAction::ClickForMenu(row)));
    }
}

/// What the keys that are held do to what is chosen already.
pub(super) fn extend(modifiers: Modifiers) -> Extend {
    if modifiers.shift {
        Extend::Range
    } else if modifiers.command {
        Extend::Toggle
    } else {
        Extend::No
    }
}

/// The payload of a drag that begins at a row.
pub(super) fn drag_payload(pane: &Pane, count: usize) -> DragRows {
    DragRows { from: pane.side, count }
}

fn titles_ui(ui: &mut Ui, pane: &Pane, columns: Columns, actions: &mut Actions) {
    let wanted = vec2(ui.available_width(), size::COLUMN_TITLES);
    let (rect, _) = ui.allocate_exact_size(wanted, Sense::hover());
    let tokens = Tokens::of(ui);
    for (column, range) in columns.ranges(rect) {
        let cell = Rect::from_x_y_ranges(range, rect.y_range());
        let id = list_id(pane.side).with(("title", panes::column(column)));
        let response = ui.interact(cell, id, Sense::click());
        let label = panes::sort_by(column, pane.side);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        let is_sorted = pane.sorting.column == column;
        let is_lit = response.hovered() || response.has_focus() || is_sorted;
        let color = if is_lit { tokens.text } else { tokens.text_weak };
        title_paint(ui, (column, cell), color, is_sorted.then_some(pane.sorting.is_descending));
        if response.clicked() {
            actions.push(Action::Pane(pane.side, PaneAction::SortBy(column)));
        }
    }
    let stroke = egui::Stroke::new(1.0, tokens.border);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, stroke);
}

fn title_paint(
    ui: &Ui,
    (column, cell): (Column, Rect),
    color: egui::Color32,
    is_descending: Option<bool>,
) {
    let font = theme::small();
    let is_number = column == Column::Size;
    let (align, at) = if is_number {
        (Align2::RIGHT_CENTER, cell.right_center())
    } else {
        (Align2::LEFT_CENTER, cell.left_center())
    };
    let text = ui.painter().text(at, align, panes::column(column), font, color);
    let Some(is_descending) = is_descending else { return };
    let icon = if is_descending { icons::CARET_DOWN } else { icons::CARET_UP };
    let x = if is_number { text.left() - 10.0 } else { text.right() + 10.0 };
    let at = pos2(x, cell.center().y);
    ui.painter().text(at, Align2::CENTER_CENTER, icon, theme::icon(11.0), color);
}
