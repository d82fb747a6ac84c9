//! The record's thread: many lines to one write, and a failing disk is somebody else's problem.

use super::file::AuditFile;
use super::{Line, Message, Shared};
use crossbeam_channel::Receiver;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Writes until it is told to stop, or nobody is left who could record anything.
pub(super) fn run(messages: &Receiver<Message>, mut file: AuditFile, shared: &Shared) {
    let mut warned_at = None;
    while let Ok(first) = messages.recv() {
        // Whoever records meanwhile has nobody to wake, and many lines share one write.
        std::thread::sleep(GATHER_TIME);
        let mut lines: Vec<Arc<Line>> = Vec::new();
        let mut is_last = false;
        for message in std::iter::once(first).chain(messages.try_iter().take(LINES_AT_ONCE)) {
            match message {
                Message::Line(line) => lines.push(line),
                Message::Stop => is_last = true,
            }
        }
        write(&mut file, &lines, shared, &mut warned_at);
        if is_last {
            return;
        }
    }
}

fn write(
    file: &mut AuditFile,
    lines: &[Arc<Line>],
    shared: &Shared,
    warned_at: &mut Option<Instant>,
) {
    if lines.is_empty() {
        return;
    }
    let failure = file.write(lines).err().map(|err| err.to_string());
    if let Some(failure) = &failure {
        shared.lose(lines.len() as u64);
        if warned_at.is_none_or(|at| at.elapsed() >= WARN_INTERVAL) {
            *warned_at = Some(Instant::now());
            tracing::warn!("the record of who did what cannot be written: {failure}");
        }
    }
    *shared.failure.lock() = failure;
}

/// How long a line waits for others.
const GATHER_TIME: Duration = Duration::from_millis(5);

/// Lines that share one write.
const LINES_AT_ONCE: usize = 512;

/// How often a record that cannot be written is complained about.
const WARN_INTERVAL: Duration = Duration::from_mins(1);
