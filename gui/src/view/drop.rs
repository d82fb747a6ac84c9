//! Dropping: rows of the other side, and files of other programs.

use super::list::Memory;
use super::{Actions, Seen, Surroundings};
use crate::action::{Action, PaneAction, WindowAction};
use crate::state::State;
use crate::state::pane::Pane;
use crate::state::place::{Place, shown};
use crate::state::side::Side;
use crate::text::panes;
use crate::theme;
use crate::theme::tokens::{Tokens, size};
use crate::widgets::line;
use egui::{
    CornerRadius, CursorIcon, DragAndDrop, Id, LayerId, Order, Pos2, Rect, Response, Stroke,
    StrokeKind, Ui, vec2,
};

/// Rows that are dragged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DragRows {
    /// The side that they come from.
    pub from: Side,
    /// How many they are.
    pub count: usize,
}

/// Shows where what is dragged would go, and takes it.
pub(super) fn targets_ui(
    ui: &Ui,
    seen: Seen<'_>,
    ground: &Response,
    memory: Memory,
    actions: &mut Actions,
) {
    let Seen { state, pane, surroundings } = seen;
    let is_foreign = ui.input(|input| !input.raw.hovered_files.is_empty());
    if is_foreign && pane.side == Side::Server && can_write(state) {
        let pointer = surroundings.foreign_pointer;
        target_paint(ui, pane, ground, folder_at(pane, memory, pointer), memory);
    }
    let is_welcome =
        |rows: &DragRows| rows.from != pane.side && (pane.side == Side::Here || can_write(state));
    let pointer = ui.input(|input| input.pointer.latest_pos());
    if ground.dnd_hover_payload::<DragRows>().is_some_and(|rows| is_welcome(&rows)) {
        target_paint(ui, pane, ground, folder_at(pane, memory, pointer), memory);
    }
    if ground.dnd_release_payload::<DragRows>().is_some_and(|rows| is_welcome(&rows)) {
        let onto = folder_at(pane, memory, pointer);
        actions.push(Action::Pane(pane.side, PaneAction::DropRows(onto)));
    }
}

fn can_write(state: &State) -> bool {
    state.connection.server().is_some_and(|server| server.can_write)
}

/// The folder's row at a point.
fn folder_at(pane: &Pane, memory: Memory, pointer: Option<Pos2>) -> Option<u32> {
    let at = memory.position_at(pointer?)?;
    pane.shown().get(at).copied().filter(|row| pane.is_folder(*row))
}

fn target_paint(ui: &Ui, pane: &Pane, ground: &Response, onto: Option<u32>, memory: Memory) {
    let tokens = Tokens::of(ui);
    let position = onto.and_then(|row| pane.position(row));
    let (rect, corner) = match position {
        Some(at) => (memory.row_rect(at).shrink2(vec2(4.0, 1.0)), 5),
        None => (ground.rect.shrink(3.0), size::CORNER),
    };
    ui.painter().rect(
        rect.intersect(ground.rect),
        CornerRadius::same(corner),
        tokens.accent.gamma_multiply(0.10),
        Stroke::new(2.0, tokens.accent),
        StrokeKind::Inside,
    );
}

/// What is drawn over the whole window while something is dragged, and the drops of other programs.
pub(super) fn drops_ui(ui: &Ui, state: &State, surroundings: Surroundings, actions: &mut Actions) {
    let ctx = ui.ctx();
    if let Some(rows) = DragAndDrop::payload::<DragRows>(ctx)
        && let Some(pointer) = ctx.input(|input| input.pointer.latest_pos())
    {
        ctx.set_cursor_icon(CursorIcon::Grabbing);
        tag_paint(ui, pointer, &panes::dragged(rows.count));
    }
    let memory = Memory::load(ui, Side::Server);
    let pane = &state.server;
    let is_hovered = ctx.input(|input| !input.raw.hovered_files.is_empty());
    if is_hovered && state.dialog.is_none() {
        let onto = folder_at(pane, memory, surroundings.foreign_pointer);
        let folder = onto.map_or_else(|| pane.place.to_string(), |row| shown(pane.rows.name(row)));
        let text =
            if can_write(state) { panes::drop_here(&folder) } else { panes::READ_ONLY.to_owned() };
        let bottom = Memory::load(ui, Side::Server).body.center_bottom();
        tag_paint(ui, bottom - vec2(80.0, 60.0), &text);
    }
    let dropped: Vec<Place> = ctx.input(|input| {
        input.raw.dropped_files.iter().map(|file| Place::from_path(file.path())).collect()
    });
    if !dropped.is_empty() && state.dialog.is_none() {
        let pointer =
            surroundings.foreign_pointer.or_else(|| ctx.input(|input| input.pointer.latest_pos()));
        let onto = folder_at(pane, memory, pointer);
        actions.push(Action::Pane(Side::Server, PaneAction::DropFiles(dropped, onto)));
    }
}

/// Files of another program that are dropped where nothing can take them.
pub(super) fn in_vain_ui(ui: &Ui, actions: &mut Actions) {
    if ui.input(|input| !input.raw.dropped_files.is_empty()) {
        actions.push(Action::Window(WindowAction::DroppedInVain));
    }
}

/// A word beside the pointer. Painted only: something to press there would be in the pointer's way.
fn tag_paint(ui: &Ui, pointer: Pos2, text: &str) {
    let tokens = Tokens::of(ui);
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Tooltip, Id::unique("dragged")));
    let galley = line(ui, text, theme::medium());
    let rect =
        Rect::from_min_size(pointer + vec2(14.0, 12.0), galley.size()).expand2(vec2(10.0, 6.0));
    painter.rect_filled(rect, CornerRadius::same(size::CORNER), tokens.accent);
    painter.galley(rect.center() - galley.size() / 2.0, galley, tokens.on_accent);
}
