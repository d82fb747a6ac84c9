//! Rows that came, their order, and what is chosen among them.

use super::Requests;
use crate::request::{Request, Work};
use crate::state::arrangement::{Arranged, Order};
use crate::state::pane::{Loading, Pane};
use crate::state::rows::Rows;

/// Rows that are arranged at once; more are arranged on another thread.
const AT_ONCE_MAX: usize = 5_000;

/// Rows of a folder came: all that were read so far.
pub(super) fn listed(pane: &mut Pane, rows: Rows, is_complete: bool, requests: &mut Requests) {
    if pane.loading != Loading::Again {
        pane.rows = rows;
    } else if is_complete {
        // What is shown stays until these are in order; what is under way is the order of others.
        forget(pane);
        pane.coming = Some(rows);
    } else {
        return;
    }
    if is_complete {
        pane.loading = Loading::Done;
    }
    arrange(pane, requests);
}

/// Brings the order up to date: at once, or for many rows on another thread.
pub(super) fn arrange(pane: &mut Pane, requests: &mut Requests) {
    if pane.is_arranging {
        pane.must_arrange = true;
        return;
    }
    let arranging = pane.arranging();
    if arranging.size() <= AT_ONCE_MAX {
        settle(pane, arranging.arrange());
        return;
    }
    pane.is_arranging = true;
    pane.must_arrange = false;
    pane.sorting_arranged = pane.sorting;
    pane.arrangement += 1;
    requests.push(Request::Work(Work::Arrange {
        side: pane.side,
        generation: pane.arrangement,
        arranging,
    }));
}

/// What comes of the arranging under way is of no use any more.
pub(super) fn forget(pane: &mut Pane) {
    pane.arrangement += 1;
    pane.is_arranging = false;
    pane.must_arrange = false;
}

/// Rows were arranged on another thread.
pub(super) fn arranged(
    pane: &mut Pane,
    generation: u64,
    mut arranged: Arranged,
    requests: &mut Requests,
) {
    if !pane.is_arranging || pane.arrangement != generation {
        return;
    }
    pane.is_arranging = false;
    if pane.sorting_arranged != pane.sorting {
        // An order that was changed meanwhile is of no use to the next one.
        arranged.sorted = Order::default();
    }
    settle(pane, arranged);
    if std::mem::take(&mut pane.must_arrange) {
        arrange(pane, requests);
    }
}

/// Shows rows as they were arranged.
fn settle(pane: &mut Pane, arranged: Arranged) {
    if let Some(moves) = &arranged.moves
        && let Some(rows) = pane.coming.take()
    {
        pane.replace(rows, moves);
    }
    pane.arranged = arranged;
    pane.forget_hidden();
    if let Some(named) = pane.arranged.named.take() {
        pane.choose_again.clear();
        choose_named(pane, &named);
    }
}

/// Chooses what was made or is come from, and brings it into sight.
fn choose_named(pane: &mut Pane, named: &[u32]) {
    let shown: Vec<u32> =
        named.iter().copied().filter(|row| pane.arranged.shown_set.contains(*row)).collect();
    if shown.is_empty() {
        return;
    }
    pane.choose_these(&shown);
    pane.selection.cursor = shown.first().copied();
    pane.selection.anchor = shown.first().copied();
    pane.reveal = shown.first().copied();
}
