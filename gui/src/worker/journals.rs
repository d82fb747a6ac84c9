//! What is done to jobs by their journals, without their server: on a thread of its own, so that
//! neither a disk that is slow to answer nor a large folder that is removed lets it wait.

use super::server::Link;
use crate::action::{Event, JobEnd};
use crate::request::Work;
use crate::state::transfers::JobId;
use std::sync::Arc;

/// Does what was asked, and tells the window. Called by the journals' own thread.
pub(super) fn perform(link: &Arc<Link>, work: Work) {
    match work {
        Work::NoteJob(order) => {
            if let Some(key) = link.begin_journal(order.id) {
                link.outbox.send(Event::JobBegun(order.id, key));
            }
        }
        Work::PauseJob(id) => withdrawn(link, id),
        Work::CancelJob(id, key) => {
            if !link.desk.is_busy(id) {
                link.cancel_journal(id, key);
            }
            withdrawn(link, id);
        }
        Work::ForgetJob(key) => link.forget_journal(key),
        _ => {}
    }
}

/// Tells the window of a job that was taken back before it began.
fn withdrawn(link: &Link, id: JobId) {
    if link.desk.take_withdrawn(id) {
        link.outbox.send(Event::JobEnded(id, JobEnd::Cancelled));
    }
}
