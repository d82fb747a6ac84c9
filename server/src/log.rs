//! Where events go: one line each on standard error, with the time in UTC.
//!
//! Whoever emits an event escapes names and peer text first; nothing is escaped here.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::time::SystemTime;

/// Sends events from now on to standard error. A process that set its own subscriber keeps it.
pub(crate) fn to_stderr() {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .with_timer(SystemTime)
        .with_target(false)
        .with_ansi(false)
        // A terminal that went away must not make the logger panic on its own complaint.
        .log_internal_errors(false)
        .with_writer(std::io::stderr)
        .try_init()
        .ok();
}
