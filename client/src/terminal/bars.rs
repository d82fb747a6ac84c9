//! Progress bars, drawn by their own thread from a job's numbers. Without a terminal there are
//! none, and no thread.

use super::person::Person;
use super::size::grouped;
use crate::Progress;
use crate::progress::Snapshot;
use ferry_protocol::escape;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use parking_lot::{Condvar, Mutex};
use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Bars of one job; dropping it takes them away.
#[derive(Debug)]
pub(crate) struct Bars {
    person: Arc<Person>,
    drawing: Option<Drawing>,
}

#[derive(Debug)]
struct Drawing {
    is_over: Arc<(Mutex<bool>, Condvar)>,
    thread: JoinHandle<()>,
}

impl Bars {
    /// Draws `progress` until dropped, if a terminal shows it.
    pub(crate) fn draw(progress: &Arc<Progress>, person: &Arc<Person>, json: bool) -> Self {
        let is_shown = !json && io::stderr().is_terminal();
        let drawing = is_shown.then(|| start(progress, person)).flatten();
        Self { person: Arc::clone(person), drawing }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        let Some(drawing) = self.drawing.take() else {
            return;
        };
        *drawing.is_over.0.lock() = true;
        drawing.is_over.1.notify_all();
        // A thread that drew badly is no reason to fail what it drew.
        drop(drawing.thread.join());
        self.person.set_bars(None);
    }
}

/// `None` when no thread can be had: the job goes on unseen.
fn start(progress: &Arc<Progress>, person: &Arc<Person>) -> Option<Drawing> {
    let is_over = Arc::new((Mutex::new(false), Condvar::new()));
    let all = MultiProgress::new();
    person.set_bars(Some(all.clone()));
    let (progress, own_is_over) = (Arc::clone(progress), Arc::clone(&is_over));
    let thread = std::thread::Builder::new()
        .name("ferry-bars".to_owned())
        .spawn(move || draw_until(&own_is_over, &progress, &all))
        .ok()?;
    Some(Drawing { is_over, thread })
}

fn draw_until(is_over: &(Mutex<bool>, Condvar), progress: &Progress, all: &MultiProgress) {
    let overall = all.add(ProgressBar::no_length().with_style(style(OVERALL_PLANNING)));
    let current = all.add(ProgressBar::new_spinner().with_style(style(CURRENT)));
    let mut is_planned = false;
    let mut over = is_over.0.lock();
    while !*over {
        is_over.1.wait_for(&mut over, FRAME);
        let now = progress.snapshot();
        if now.is_planned && !is_planned {
            is_planned = true;
            overall.set_style(style(OVERALL));
        }
        overall.set_length(now.bytes_total.max(1));
        overall.set_position(now.bytes_done);
        current.set_message(describe(&now));
        current.tick();
    }
    drop(over);
    overall.finish_and_clear();
    current.finish_and_clear();
    // Lines that could not be cleared do no harm.
    drop(all.clear());
}

/// `12 of 10,000 files  name`
fn describe(now: &Snapshot) -> String {
    let more = if now.is_planned { "" } else { "+" };
    let (done, total) = (grouped(now.files_done), grouped(now.files_total));
    let name = now.current.first().map(|file| escape(&file.name)).unwrap_or_default();
    format!("{done} of {total}{more} files  {name}")
}

/// A template that cannot be read is a plain bar.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

const FRAME: Duration = Duration::from_millis(100);
const OVERALL: &str = "{percent:>3}% [{bar:30}] {binary_bytes} of {binary_total_bytes}  {binary_bytes_per_sec}  {eta} left";
const OVERALL_PLANNING: &str =
    "     [{bar:30}] {binary_bytes} of {binary_total_bytes}+  {binary_bytes_per_sec}";
const CURRENT: &str = "     {wide_msg}";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::FileProgress;

    #[test]
    fn totals_that_still_grow_are_marked() {
        let mut now = Snapshot {
            files_done: 3,
            files_total: 12_000,
            current: vec![FileProgress { name: b"a\nb".to_vec(), ..FileProgress::default() }],
            ..Snapshot::default()
        };
        assert_eq!(describe(&now), "3 of 12,000+ files  a\\nb");
        now.is_planned = true;
        now.current.clear();
        assert_eq!(describe(&now), "3 of 12,000 files  ");
    }
}
