//! Preflight: before the first byte of a job it is worked out what would stand in its way, all of
//! it at once: room, rights, names that the target cannot hold, and names that are twins. For an
//! upload the server is asked, which also keeps the room; for a download this computer is looked
//! at.

mod download;
mod finding;
mod survey;
mod totals;
mod upload;

pub use finding::{Finding, Findings, Trouble};
pub use survey::Survey;

use crate::client::Client;
use crate::journal::{Direction, JobId, JobSpec};
use crate::{Cancel, Error};
use ferry_protocol::{Digest, Preflight, RequestedPath, TransferId, feature};

/// Looks for what would stand in the way of a job, and has the server keep its room. Nothing is
/// changed, here or there.
pub fn preflight(client: &mut Client, spec: &JobSpec, id: &JobId) -> Result<Findings, Error> {
    after_survey(client, spec, id, None)
}

/// The same; the sources of an upload were looked through meanwhile by `survey`.
pub fn after_survey(
    client: &mut Client,
    spec: &JobSpec,
    id: &JobId,
    survey: Option<Survey>,
) -> Result<Findings, Error> {
    match spec.direction {
        Direction::Upload => upload::look(client, &spec.transfers, wire_id(id), survey),
        Direction::Download => download::look(client, &spec.transfers),
    }
}

/// Gives back the room that a server keeps for a job that ended early. It ends by itself too.
pub(crate) fn give_back(client: &mut Client, spec: &JobSpec, id: &JobId) {
    let Some(first) = spec.transfers.first() else { return };
    if spec.direction == Direction::Upload && client.can(feature::PREFLIGHT) {
        let folder = RequestedPath::from(first.remote.clone());
        let asked = Preflight { job: wire_id(id), folder, bytes: 0, entries: Vec::new() };
        drop(client.preflight(&asked));
    }
}

/// The job's name towards servers.
fn wire_id(id: &JobId) -> TransferId {
    let digest = Digest::of(id.as_str().as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(digest.as_bytes().get(..16).unwrap_or(&[0; 16]));
    TransferId(bytes)
}

/// Ends a long look when the job is stopped.
fn check(cancel: &Cancel) -> Result<(), Error> {
    cancel.check()
}
