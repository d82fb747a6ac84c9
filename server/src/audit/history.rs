//! The newest lines of every account, in memory, for the person they belong to.

use super::Line;
use super::line::GUEST;
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Lines by account, bounded in all. Where there are too many, the account with the most loses its
/// oldest, so that nobody's past is pushed out by a busy neighbour.
#[derive(Debug, Default)]
pub(super) struct History {
    accounts: BTreeMap<String, VecDeque<(u64, Arc<Line>)>>,
    count: usize,
    last_number: u64,
}

impl History {
    /// Adds a line. What belongs to no account, or to the guest, who is anybody, is not kept.
    pub(super) fn add(&mut self, line: Arc<Line>) {
        let Some(account) = line.account.as_ref().filter(|account| *account != GUEST) else {
            return;
        };
        self.last_number += 1;
        let number = self.last_number;
        let lines = self.accounts.entry(account.clone()).or_default();
        lines.push_back((number, line));
        self.count += 1;
        if self.count > LINES_MAX {
            self.forget_one();
        }
    }

    /// Takes in what earlier runs wrote, the oldest first.
    pub(super) fn recall(&mut self, lines: Vec<Line>) {
        for line in lines {
            self.add(Arc::new(line));
        }
    }

    pub(super) fn page(
        &self,
        account: &str,
        since: Timestamp,
        before: u64,
        count_max: usize,
    ) -> (Vec<Arc<Line>>, u64) {
        let Some(lines) = self.accounts.get(account) else { return (Vec::new(), 0) };
        let own = lines.iter().rev().filter(|(_, line)| line.time >= since);
        let older = own.filter(|(number, _)| before == 0 || *number < before);
        let mut page: Vec<_> = older.take(count_max + 1).collect();
        let next = if page.len() > count_max {
            page.pop();
            page.last().map_or(0, |(number, _)| *number)
        } else {
            0
        };
        (page.into_iter().map(|(_, line)| Arc::clone(line)).collect(), next)
    }

    fn forget_one(&mut self) {
        let largest = self.accounts.iter_mut().max_by_key(|(_, lines)| lines.len());
        if let Some((_, lines)) = largest
            && lines.pop_front().is_some()
        {
            self.count -= 1;
        }
    }
}

/// Lines kept in all, about 400 bytes each.
pub(super) const LINES_MAX: usize = 20_000;
