//! Downloads: the planner's walk of the server's tree, the lanes, the staged files, and the
//! folders' attributes at the end. Everything that the server says of names and sizes is checked
//! before it is acted on; nothing outside the target is ever touched.

mod answer;
mod big;
mod finish;
mod finished;
mod incoming;
mod lane;
mod part;
mod plan;
mod receive;
mod segments;
mod settle;
#[cfg(test)]
mod tests;

use super::lane::Lane;
use super::lanes::Job;
use super::{JobOptions, JobReport, Transfer};
use crate::client::Client;
use finish::Folders;
use lane::Down;
use plan::Planner;

/// Downloads files and trees. Every file that is reported as done was verified by its digest, is
/// on stable storage, and appeared under its name whole.
pub fn download(client: &mut Client, transfers: &[Transfer], options: &JobOptions) -> JobReport {
    let job = Job::new(client, options);
    let mut folders = Folders::default();
    job.run(
        |queue| {
            let mut planner = Planner::new(&job, queue);
            let planned = planner.plan(transfers);
            folders = planner.into_folders();
            planned
        },
        |inbox, parked| Lane::new(&job, inbox, parked, Down::default()).run(),
    );
    job.stop_on(finish::finish(&job, folders));
    job.end(client)
}
