//! Choosing rows: clicks, keys, rectangles.

use crate::action::{End, Extend, PaneAction};
use crate::state::pane::Pane;
use std::ops::Range;

pub(super) fn update(pane: &mut Pane, action: PaneAction) {
    match action {
        PaneAction::Click(row, extend) => click(pane, row, extend),
        PaneAction::ClickForMenu(row) if !pane.selection.contains(row) => {
            pane.selection.only(row);
        }
        PaneAction::Move(by, extend) => move_by(pane, by, extend),
        PaneAction::MoveToEnd(end, extend) => {
            let last = pane.shown().len().saturating_sub(1);
            move_to(pane, if end == End::First { 0 } else { last }, extend);
        }
        PaneAction::Toggle => {
            if let Some(row) = pane.selection.cursor {
                click(pane, row, Extend::Toggle);
            }
        }
        PaneAction::SelectAll => {
            let all = std::sync::Arc::clone(&pane.arranged.shown);
            pane.selection.set(all.iter().copied());
        }
        PaneAction::SelectNone => pane.selection.clear(),
        PaneAction::MarqueeBegin(extend) => {
            if extend == Extend::No {
                pane.selection.clear();
            }
            pane.marquee_base = Some(pane.selection.clone());
        }
        PaneAction::MarqueeOver(covered) => marquee_over(pane, covered),
        PaneAction::MarqueeEnd => pane.marquee_base = None,
        _ => {}
    }
    pane.recount();
}

fn click(pane: &mut Pane, row: u32, extend: Extend) {
    match extend {
        Extend::No => pane.selection.only(row),
        Extend::Toggle => {
            if pane.selection.contains(row) {
                pane.selection.remove(row);
            } else {
                pane.selection.insert(row);
            }
            pane.selection.cursor = Some(row);
            pane.selection.anchor = Some(row);
        }
        Extend::Range => choose_range(pane, row),
    }
}

/// Chooses all from the anchor to a row, and no others.
fn choose_range(pane: &mut Pane, row: u32) {
    let anchor = pane.selection.anchor.and_then(|anchor| pane.position(anchor)).unwrap_or(0);
    let Some(at) = pane.position(row) else { return };
    let range = anchor.min(at)..anchor.max(at) + 1;
    let rows = pane.shown().get(range).unwrap_or_default().to_vec();
    pane.selection.set(rows);
    pane.selection.cursor = Some(row);
    if pane.selection.anchor.is_none() {
        pane.selection.anchor = pane.shown().first().copied();
    }
}

fn move_by(pane: &mut Pane, by: i64, extend: Extend) {
    let last = i64::try_from(pane.shown().len()).unwrap_or(i64::MAX) - 1;
    let at = pane.selection.cursor.and_then(|row| pane.position(row));
    let to = match at {
        Some(at) => i64::try_from(at).unwrap_or(i64::MAX).saturating_add(by),
        None if by < 0 => last,
        None => 0,
    };
    if let Ok(to) = usize::try_from(to.clamp(0, last.max(0))) {
        move_to(pane, to, extend);
    }
}

fn move_to(pane: &mut Pane, position: usize, extend: Extend) {
    let Some(row) = pane.shown().get(position).copied() else { return };
    match extend {
        Extend::No => pane.selection.only(row),
        Extend::Toggle => pane.selection.cursor = Some(row),
        Extend::Range => choose_range(pane, row),
    }
    pane.reveal = Some(row);
}

fn marquee_over(pane: &mut Pane, covered: Range<usize>) {
    let Some(base) = pane.marquee_base.clone() else { return };
    let shown = std::sync::Arc::clone(&pane.arranged.shown);
    let covered = covered.start.min(shown.len())..covered.end.min(shown.len());
    let rows = shown.get(covered).unwrap_or_default();
    let mut selection = base;
    for row in rows {
        selection.insert(*row);
    }
    selection.cursor = rows.last().copied().or(selection.cursor);
    selection.anchor = rows.first().copied().or(selection.anchor);
    pane.selection = selection;
}
