//! Uploads: the planner's walk, the lanes, and the folders' attributes at the end.

mod answer;
mod big;
mod finish;
mod item;
mod lane;
mod outgoing;
mod plan;
mod segments;
mod settle;
mod stream;

use super::lane::Lane;
use super::lanes::Job;
use super::unsynced::ROUNDS_MAX;
use super::{JobOptions, JobReport, Transfer};
use crate::Error;
use crate::client::Client;
use lane::Up;
use plan::Planner;

/// Uploads files and trees. Every file that is reported as done was verified by its digest at
/// the server and is on its stable storage once the job has ended well.
pub fn upload(client: &mut Client, transfers: &[Transfer], options: &JobOptions) -> JobReport {
    let job = Job::that_changes(client, options);
    job.stop_on(all_rounds(&job, transfers));
    job.end(client)
}

/// Sends all, and again what the server may have lost meanwhile.
fn all_rounds(job: &Job<'_>, transfers: &[Transfer]) -> Result<(), Error> {
    for _ in 0..=ROUNDS_MAX {
        if round(job, transfers)? {
            return Ok(());
        }
        job.prove_again();
    }
    Err(job.never_proved())
}

fn round(job: &Job<'_>, transfers: &[Transfer]) -> Result<bool, Error> {
    let mut folders = Vec::new();
    job.run(
        |queue| {
            let mut planner = Planner::new(job, queue);
            let planned = planner.plan(transfers);
            folders = planner.into_folders();
            planned
        },
        |inbox, parked| Lane::new(job, inbox, parked, Up::default()).run(),
    );
    finish::finish(job, folders)
}
