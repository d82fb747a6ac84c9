//! What stands in the way of a job is looked for before its first byte, on the job's own thread.

use super::server::Link;
use crate::action::Event;
use crate::request::JobOrder;
use crate::state::obstacles::Obstacles;
use crate::state::place::{Place, shown};
use crate::state::problem::Problem;
use crate::state::transfers::Direction;
use crate::text::obstacles as text;
use ferry_client::job::Walked;
use ferry_client::jobs::{Jobs, OpenJob};
use ferry_client::preflight::{self, Finding, Findings, Trouble};
use ferry_client::{Client, Error};

/// Those that a person is shown; the rest is counted.
const LISTED_MAX: usize = 200;

/// What a look came to.
pub(super) enum Look {
    /// The job can begin, with what was walked for it already.
    Clear(Option<Walked>),
    /// Files would fail.
    Blocked(Obstacles),
}

impl Link {
    /// Looks what stands in the way of a job. One that has begun before is not asked about again,
    /// nor one whose person said to go on.
    pub(super) fn look_for_obstacles(
        &self,
        jobs: &Jobs,
        order: &JobOrder,
        open: &OpenJob,
        client: &mut Client,
    ) -> Result<Look, Error> {
        if order.goes_on_anyway || jobs.details(open.id())?.record.counts.files_total > 0 {
            return Ok(Look::Clear(None));
        }
        let mut findings = preflight::preflight(client, open.spec(), open.id())?;
        let obstacles = obstacles(order.direction, &findings);
        if !findings.is_clear() {
            return Ok(Look::Blocked(obstacles));
        }
        if let Some(problem) = text::noticed(&obstacles) {
            self.outbox.send(Event::Noticed(problem));
        }
        Ok(Look::Clear(Some(findings.take_walked())))
    }
}

/// What was found in plain words, what would make files fail first.
fn obstacles(direction: Direction, findings: &Findings) -> Obstacles {
    let mut found: Vec<&Finding> = findings.found.iter().collect();
    found.sort_by_key(|finding| !finding.is_blocking);
    let listed = found.into_iter().take(LISTED_MAX).map(|finding| problem(direction, finding));
    Obstacles { listed: listed.collect(), count: findings.count }
}

fn problem(direction: Direction, finding: &Finding) -> Problem {
    let path = Place::parse(&finding.path).to_string();
    match &finding.trouble {
        Trouble::NoRoom { needed, available } if finding.is_blocking => {
            text::no_room(direction, *needed, *available)
        }
        Trouble::NoRoom { needed, available } => {
            text::perhaps_no_room(direction, *needed, *available)
        }
        Trouble::NotWritable(why) => text::not_writable(direction, &path, why),
        Trouble::BadName(why) => text::bad_name(direction, &path, why),
        Trouble::Twin { other } => text::twins(&path, &shown(other)),
        Trouble::InTheWay(_) => text::in_the_way(direction, &path),
        Trouble::Refused(status) => text::refused(&path, &status.to_string()),
    }
}
