//! What a frame costs over as many rows as the folder that is named holds: processor time of the
//! app's `logic` and `ui` with egui's own bookkeeping, time from a typed filter to its rows, and
//! memory. Needs no display. Prints one JSON object.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench may panic")]

use egui_kittest::Harness;
use ferry_gui::Options;
use ferry_gui::action::{Action, Extend, PaneAction};
use ferry_gui::app::App;
use ferry_gui::state::place::Place;
use ferry_gui::state::side::Side;
use std::path::Path;
use std::time::{Duration, Instant};

/// Frames that are measured, each scrolled to another place.
const FRAMES: u32 = 200;
const PATIENCE: Duration = Duration::from_mins(2);

fn main() {
    let folder = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let folder = folder.expect("name a folder with many entries");
    let state = tempfile::tempdir().unwrap();
    let options = Options { state_folder: Some(state.path().to_owned()), ..Options::default() };
    let mut harness = Harness::builder()
        .with_size([1180.0, 760.0])
        .allow_missing_glyphs()
        .build_eframe(|cc| App::new(options, &cc.egui_ctx));
    let place = Place::from_path(Path::new(&folder));
    harness.state_mut().act(Action::Pane(Side::Here, PaneAction::Open(place.clone())));
    let rows = wait(&mut harness, |app| {
        let pane = app.state().pane(Side::Here);
        let is_here = pane.place == place && !pane.is_loading() && !pane.is_arranging;
        let (rows, shown) = (pane.rows.len(), pane.shown().len());
        (is_here && rows > 0 && shown == rows).then_some(rows)
    });

    let frame_ms = frame_ms(&mut harness);
    let filter_ms = filter_ms(&mut harness);
    let memory_mb = memory_mb();
    println!(
        "{{\"rows\":{rows},\"frame_ms\":{frame_ms:.3},\"filter_ms\":{filter_ms:.3},\
         \"memory_mb\":{memory_mb:.1}}}"
    );
}

/// Steps until the app says so, and returns what it says.
fn wait<T>(harness: &mut Harness<'_, App>, is_so: impl Fn(&App) -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        harness.step();
        if let Some(found) = is_so(harness.state()) {
            return found;
        }
        let here = harness.state().state().pane(Side::Here);
        assert!(
            begun.elapsed() < PATIENCE,
            "the rows of {} did not come: {} are there, {} are shown, {:?}",
            here.place,
            here.rows.len(),
            here.shown().len(),
            here.loading,
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Processor time of one frame, with other rows in sight in each.
fn frame_ms(harness: &mut Harness<'_, App>) -> f64 {
    let begun = cpu_time();
    for _ in 0..FRAMES {
        let step = Action::Pane(Side::Here, PaneAction::Move(JUMP, Extend::No));
        harness.state_mut().act(step);
        harness.step();
    }
    millis(cpu_time().saturating_sub(begun)) / f64::from(FRAMES)
}

/// Rows that the cursor jumps over between two frames.
const JUMP: i64 = 997;

/// Time from a typed filter to the rows that it leaves.
fn filter_ms(harness: &mut Harness<'_, App>) -> f64 {
    let before = harness.state().pane_rows();
    let begun = Instant::now();
    let filter = Action::Pane(Side::Here, PaneAction::Filter("77".to_owned()));
    harness.state_mut().act(filter);
    wait(harness, |app| (app.pane_rows() < before).then_some(()));
    millis(begun.elapsed())
}

trait PaneRows {
    /// Rows that this computer's list shows.
    fn pane_rows(&self) -> usize;
}

impl PaneRows for App {
    fn pane_rows(&self) -> usize {
        self.state().pane(Side::Here).shown().len()
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Processor time of this thread, which is the one that draws.
fn cpu_time() -> Duration {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(line.split_whitespace().next().unwrap().parse().unwrap())
}

/// The most memory that this process ever held.
fn memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
