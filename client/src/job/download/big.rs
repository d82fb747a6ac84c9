//! A big file on its way down by segments: its part, and the lanes that fill it.

use super::incoming::{Incoming, changed};
use super::part::{Item, Part};
use super::segments::{Fetched, Stripe};
use crate::Error;
use crate::connection::Connection;
use crate::job::lanes::Job;
use crate::journal::Held;
use ferry_protocol::feature;
use std::sync::Arc;

/// Fetches a file into its part, or what the part lacks.
pub(super) fn fetch(
    connection: &mut Connection,
    job: &Job<'_>,
    item: &mut Item,
    invite: impl FnOnce(&Arc<Incoming>),
) -> Result<Fetched, Error> {
    if item.part.is_none() {
        match Part::create(&item.local, &job.part_prefix(), item.content()) {
            Ok(part) => {
                let held = Held::InPart(part.path().to_path_buf());
                job.note_begun(item.target(), item.size, item.modified, held);
                item.part = Some(part);
            }
            Err(err) => return Ok(Fetched::Failed(err)),
        }
    }
    let Some(incoming) = Incoming::new(item) else {
        return Ok(Fetched::Failed(changed(&item.remote)));
    };
    let fetched = Stripe::new(connection, job, &incoming).lead(item, invite)?;
    if !matches!(fetched, Fetched::Whole) {
        return Ok(fetched);
    }
    let dressed = item.part.as_mut().map_or(Ok(()), Part::dress);
    Ok(dressed.map_or_else(Fetched::Failed, |()| Fetched::Whole))
}

/// Helps another lane with a file.
pub(super) fn help(
    connection: &mut Connection,
    job: &Job<'_>,
    incoming: &Arc<Incoming>,
) -> Result<(), Error> {
    if !connection.uses(feature::SEGMENTS) {
        return Ok(());
    }
    Stripe::new(connection, job, incoming).run()
}
