//! Uploads: the planner's walk, the lanes, and the folders' attributes at the end.

mod big;
mod finish;
mod item;
mod lane;
mod outgoing;
mod plan;
mod segments;
mod settle;
mod stream;

use super::lanes::Job;
use super::{JobOptions, JobReport, Transfer};
use crate::client::Client;
use lane::Lane;
use plan::Planner;

/// Uploads files and trees. Every file that is reported as done was verified by its digest at
/// the server and, unless the server is configured otherwise, is on its stable storage.
pub fn upload(client: &mut Client, transfers: Vec<Transfer>, options: &JobOptions) -> JobReport {
    let job = Job::that_changes(client, options);
    let mut folders = Vec::new();
    job.run(
        |queue| {
            let mut planner = Planner::new(&job, queue);
            let planned = planner.plan(transfers);
            folders = planner.into_folders();
            planned
        },
        |inbox, parked| Lane::new(&job, inbox, parked).run(),
    );
    job.stop_on(finish::finish(&job, folders));
    job.end(client)
}
