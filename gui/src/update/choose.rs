//! Choosing rows: clicks, keys, rectangles.

use crate::action::{End, Extend, PaneAction};
use crate::state::pane::{Marquee, Pane};
use std::ops::Range;
use std::sync::Arc;

pub(super) fn update(pane: &mut Pane, action: PaneAction) {
    match action {
        PaneAction::Click(row, extend) => click(pane, row, extend),
        PaneAction::ClickForMenu(row) if !pane.selection.contains(row) => pane.choose_only(row),
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
        PaneAction::SelectAll => pane.choose_all(),
        PaneAction::SelectNone => pane.choose_none(),
        PaneAction::MarqueeBegin(extend) => {
            if extend == Extend::No {
                pane.choose_none();
            }
            let base = pane.selection.clone();
            pane.marquee = Some(Marquee { base, covered: 0..0 });
        }
        PaneAction::MarqueeOver(covered) => marquee_over(pane, covered),
        PaneAction::MarqueeEnd => pane.marquee = None,
        _ => {}
    }
}

fn click(pane: &mut Pane, row: u32, extend: Extend) {
    match extend {
        Extend::No => pane.choose_only(row),
        Extend::Toggle => {
            if pane.selection.contains(row) {
                pane.unchoose(row);
            } else {
                pane.choose(row);
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
    let shown = Arc::clone(&pane.arranged.shown);
    pane.choose_these(shown.get(anchor.min(at)..anchor.max(at) + 1).unwrap_or_default());
    pane.selection.cursor = Some(row);
    if pane.selection.anchor.is_none() {
        pane.selection.anchor = shown.first().copied();
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
        Extend::No => pane.choose_only(row),
        Extend::Toggle => pane.selection.cursor = Some(row),
        Extend::Range => choose_range(pane, row),
    }
    pane.reveal = Some(row);
}

/// Chooses what the rectangle covers now and leaves out what it covered before: no more rows are
/// gone through than it has grown or shrunk by.
fn marquee_over(pane: &mut Pane, covered: Range<usize>) {
    let Some(marquee) = pane.marquee.take() else { return };
    let shown = Arc::clone(&pane.arranged.shown);
    let now = covered.start.min(shown.len())..covered.end.min(shown.len());
    let rows = |range: Range<usize>| shown.get(range).unwrap_or_default();
    for range in beyond(&marquee.covered, &now) {
        for row in rows(range).iter().filter(|row| !marquee.base.contains(**row)) {
            pane.unchoose(*row);
        }
    }
    for range in beyond(&now, &marquee.covered) {
        for row in rows(range) {
            pane.choose(*row);
        }
    }
    let (first, last) = (rows(now.clone()).first(), rows(now.clone()).last());
    pane.selection.cursor = last.copied().or(marquee.base.cursor);
    pane.selection.anchor = first.copied().or(marquee.base.anchor);
    pane.marquee = Some(Marquee { covered: now, ..marquee });
}

/// What of a range lies outside another, before it and behind it.
fn beyond(range: &Range<usize>, other: &Range<usize>) -> [Range<usize>; 2] {
    let before = range.start..range.end.min(other.start);
    let behind = range.start.max(other.end)..range.end;
    [before, behind]
}
