//! `jobs`: what was begun, how far it is, and going on with it.

use super::transfer::run_job;
use crate::Address;
use crate::jobs::{Direction, JobDetails, JobList, JobRecord, JobServer, JobState, Jobs, Stopped};
use crate::terminal::arguments::JobsAction;
use crate::terminal::connect;
use crate::terminal::failure::{Failure, Result};
use crate::terminal::interrupt::Interrupts;
use crate::terminal::person::Person;
use crate::terminal::screen::{Screen, insert_name};
use crate::terminal::session::{Parts, Session};
use crate::terminal::settings::Settings;
use crate::terminal::size::{grouped, human};
use crate::terminal::time::push_rfc3339;
use ferry_protocol::{RemotePath, Timestamp, escape};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Where the verb runs: at a prompt there is a session already.
pub(crate) struct At<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) person: &'a Arc<Person>,
    pub(crate) interrupts: &'a Interrupts,
    pub(crate) screen: &'a Screen,
    pub(crate) session: Option<&'a mut Session>,
}

/// Does one action on the user's jobs.
pub(crate) fn jobs(at: &mut At<'_>, action: &JobsAction) -> Result {
    let jobs = Jobs::open(&at.settings.state_folder)?;
    let known = jobs.list()?;
    tell_unusable(at.person, &known);
    match action {
        JobsAction::List => list(at.screen, &known),
        JobsAction::Show { id } => {
            let details = jobs.details(&find(&known, id)?.id)?;
            Ok(at.screen.result(&details_object(&details), &details_text(&details))?)
        }
        JobsAction::Resume { id, url } => {
            let job = find(&known, id)?.clone();
            if job.state.is_over() && job.state != JobState::Failed {
                let text =
                    format!("the job {} is over; to do it all again: jobs retry {0}", job.id);
                return Err(Failure::Refused(text));
            }
            go_on(at, &jobs, &job, url.as_deref())
        }
        JobsAction::Retry { id } => {
            let job = find(&known, id)?.clone();
            go_on(at, &jobs, &job, None)
        }
        JobsAction::Pause { ids } => each(at.screen, &known, ids, |job| {
            told_stopped(at.screen, job, jobs.pause(&job.id)?, "paused")
        }),
        JobsAction::Cancel { ids } => each(at.screen, &known, ids, |job| cancel(at, &jobs, job)),
        JobsAction::Clear { ids } if ids.is_empty() => {
            let mut over = known.jobs.iter().filter(|job| job.state.is_over());
            over.try_for_each(|job| clear(at.screen, &jobs, job))
        }
        JobsAction::Clear { ids } => {
            each(at.screen, &known, ids, |job| clear(at.screen, &jobs, job))
        }
    }
}

/// Says which journals cannot be used, and where each that was set aside is now.
pub(super) fn tell_unusable(person: &Person, known: &JobList) {
    for one in &known.set_aside {
        let path = escape(one.path.as_os_str().as_encoded_bytes());
        person.tell(&format!("ferry: a journal was set aside as {path}: {}", one.why));
    }
    for err in &known.unread {
        person.tell(&format!("ferry: {err}"));
    }
}

/// The job whose id begins with what was typed.
fn find<'a>(known: &'a JobList, typed: &str) -> Result<&'a JobRecord> {
    let mut found = known.jobs.iter().filter(|job| job.id.as_str().starts_with(typed));
    let shown = escape(typed.as_bytes());
    match (found.next(), found.next()) {
        (Some(job), None) if !typed.is_empty() => Ok(job),
        (None, _) => Err(Failure::Refused(format!("there is no job {shown}; see jobs list"))),
        _ => Err(Failure::Refused(format!("several jobs begin with \"{shown}\"; type more of it"))),
    }
}

fn each(
    screen: &Screen,
    known: &JobList,
    ids: &[String],
    mut act: impl FnMut(&JobRecord) -> Result,
) -> Result {
    let [only] = ids else {
        let mut parts = Parts::default();
        for id in ids {
            parts.add(screen, find(known, id).and_then(&mut act))?;
        }
        return parts.end();
    };
    act(find(known, only)?)
}

/// Gives a job up, and what its server holds of it where that can be reached without a question.
fn cancel(at: &mut At<'_>, jobs: &Jobs, job: &JobRecord) -> Result {
    let cancelled = jobs.cancel(&job.id)?;
    told_stopped(at.screen, job, cancelled.stopped, "cancelled")?;
    if cancelled.server_parts.is_empty() {
        return Ok(());
    }
    let abandoned = match session_of(at, job) {
        Some(session) => session.client.abandon_parts(&cancelled.server_parts),
        None => connect::unattended(&address(job, None)?, at.settings, at.interrupts)
            .and_then(|mut client| client.abandon_parts(&cancelled.server_parts)),
    };
    if let Err(err) = abandoned {
        let server = job.spec.server.authority();
        let user = job.spec.server.account.as_ref().map(|name| format!("{name}@"));
        let url = format!("ferry://{}{server}/", user.unwrap_or_default());
        at.person.tell(&format!("ferry: {}", cancelled.stay_text(&server, &err)));
        at.person.tell(&format!("ferry: see ferry parts {url} and its --abandon"));
    }
    Ok(())
}

fn clear(screen: &Screen, jobs: &Jobs, job: &JobRecord) -> Result {
    jobs.clear(&job.id)?;
    Ok(screen.result(&json!({ "cleared": job.id.as_str() }), &format!("cleared {}", job.id))?)
}

fn told_stopped(screen: &Screen, job: &JobRecord, stopped: Stopped, what: &str) -> Result {
    let id = job.id.as_str();
    let (asked, text) = match stopped {
        Stopped::Now => (false, format!("{what} {id}")),
        Stopped::Asked => (true, format!("{id} is being {what} by the process that works on it")),
    };
    Ok(screen.result(&json!({ "job": id, what: true, "asked": asked }), &text)?)
}

/// Goes on with a job, on the session's connection where it leads to the same server and account.
fn go_on(at: &mut At<'_>, jobs: &Jobs, job: &JobRecord, url: Option<&str>) -> Result {
    let address = address(job, url)?;
    // Taken first: where another process works on it, nobody has to be asked for a password.
    let open = jobs.take(&job.id)?;
    if url.is_none()
        && let Some(session) = session_of(at, job)
    {
        return run_job(session, jobs, open, None);
    }
    let mut session = Session::open(&address, at.settings, at.person, at.interrupts)?;
    session.run(|session| run_job(session, jobs, open, None))
}

/// The session, where it leads to the job's server and account.
fn session_of<'a>(at: &'a mut At<'_>, job: &JobRecord) -> Option<&'a mut Session> {
    at.session
        .as_deref_mut()
        .filter(|session| job.spec.server.is_same(&JobServer::of(&session.client)))
}

/// Where the job's server is: where it was, or where it is said to be now. A key that was pinned
/// and the account have to be the same.
fn address(job: &JobRecord, url: Option<&str>) -> Result<Address> {
    let server = &job.spec.server;
    let (host, port) = match url.map(Address::parse_typed).transpose()? {
        Some(typed) => (typed.host, typed.port),
        None => (server.host.clone(), server.port),
    };
    Ok(Address {
        user: server.account.clone(),
        host,
        port,
        path: RemotePath::root(),
        is_folder_target: true,
        fingerprint: server.key.pinned(),
        invitation: None,
    })
}

fn list(screen: &Screen, known: &JobList) -> Result {
    if screen.json {
        let lines = known.jobs.iter().map(|job| Screen::line(&record_object(job).to_string()));
        return Ok(lines.collect::<std::io::Result<()>>()?);
    }
    if known.jobs.is_empty() {
        return Ok(Screen::line("there are no jobs; get and put make them")?);
    }
    known.jobs.iter().try_for_each(|job| Ok(Screen::line(&record_line(job, screen))?))
}

/// `1a2b3c4d  paused       put  12 of 400 files, 1.2 GiB of 3.0 GiB  /x -> ferry://nas:3000/x  yesterday`
fn record_line(job: &JobRecord, screen: &Screen) -> String {
    let verb = match job.spec.direction {
        Direction::Upload => "put",
        Direction::Download => "get",
    };
    let mut text = format!("{}  {:<11}  {verb}  {}  ", job.id, state_name(job.state), how_far(job));
    screen.clock.push_long(job.updated, &mut text);
    text.push_str("  ");
    text.push_str(&what(job));
    text
}

fn how_far(job: &JobRecord) -> String {
    let counts = &job.counts;
    let ended = counts.files_done + counts.already_there + counts.skipped + counts.failed;
    let mut text = format!(
        "{} of {} files, {} of {}",
        grouped(ended),
        grouped(counts.files_total),
        human(counts.bytes_done),
        human(counts.bytes_total)
    );
    if counts.failed > 0 {
        text = text + ", " + &grouped(counts.failed) + " failed";
    }
    text
}

/// The first source and the server, and how many more sources there are.
fn what(job: &JobRecord) -> String {
    let authority = job.spec.server.authority();
    let Some(first) = job.spec.transfers.first() else { return authority };
    let local = escape(first.local.as_os_str().as_encoded_bytes());
    let remote = format!("ferry://{authority}{}", first.remote);
    let mut text = match job.spec.direction {
        Direction::Upload => format!("{local} -> {remote}"),
        Direction::Download => format!("{remote} -> {local}"),
    };
    let more = job.spec.transfers.len() - 1;
    if more > 0 {
        text = text + " and " + &grouped(more as u64) + " more";
    }
    text
}

fn details_text(details: &JobDetails) -> String {
    let job = &details.record;
    let mut text = format!(
        "{}\n  state:        {}\n  so far:       {}",
        what(job),
        state_name(job.state),
        how_far(job)
    );
    if let Some(stopped) = &job.stopped {
        text = text + "\n  stopped by:   " + stopped;
    }
    for (target, size) in &details.under_way {
        text = text + "\n  begun:        " + &escape(target) + ", " + &human(*size);
    }
    for conflict in &details.waiting {
        text = text + "\n  to decide:    " + &escape(&conflict.target);
    }
    for failure in &details.failures {
        text = text + "\n  failed:       " + &escape(&failure.source) + ": " + &failure.reason;
    }
    text
}

fn details_object(details: &JobDetails) -> Value {
    let mut object = record_object(&details.record);
    let named = |name: &[u8]| {
        let mut fields = Map::new();
        insert_name(&mut fields, "name", name);
        fields
    };
    let failures = details.failures.iter().map(|failure| {
        let mut fields = named(&failure.source);
        fields.insert("error".to_owned(), json!(failure.reason));
        Value::Object(fields)
    });
    let under_way = details.under_way.iter().map(|(target, size)| {
        let mut fields = named(target);
        fields.insert("size".to_owned(), json!(size));
        Value::Object(fields)
    });
    let waiting = details.waiting.iter().map(|conflict| Value::Object(named(&conflict.target)));
    if let Some(fields) = object.as_object_mut() {
        fields.insert("failures".to_owned(), failures.collect());
        fields.insert("under_way".to_owned(), under_way.collect());
        fields.insert("conflicts".to_owned(), waiting.collect());
    }
    object
}

fn record_object(job: &JobRecord) -> Value {
    let counts = &job.counts;
    let transfers = job.spec.transfers.iter().map(|transfer| {
        let mut fields = Map::new();
        insert_name(&mut fields, "local", transfer.local.as_os_str().as_encoded_bytes());
        insert_name(&mut fields, "remote", &transfer.remote.to_wire());
        Value::Object(fields)
    });
    json!({
        "job": job.id.as_str(),
        "state": state_name(job.state),
        "direction": match job.spec.direction {
            Direction::Upload => "upload",
            Direction::Download => "download",
        },
        "server": job.spec.server.authority(),
        "account": job.spec.server.account,
        "transfers": transfers.collect::<Value>(),
        "began": rfc3339(job.began),
        "updated": rfc3339(job.updated),
        "files": counts.files_done,
        "already_there": counts.already_there,
        "skipped": counts.skipped,
        "failed": counts.failed,
        "files_total": counts.files_total,
        "bytes": counts.bytes_done,
        "bytes_total": counts.bytes_total,
        "stopped": job.stopped,
    })
}

fn state_name(state: JobState) -> &'static str {
    match state {
        JobState::Running => "running",
        JobState::Interrupted => "interrupted",
        JobState::Paused => "paused",
        JobState::Failed => "failed",
        JobState::Done => "done",
        JobState::Cancelled => "cancelled",
    }
}

fn rfc3339(time: Timestamp) -> String {
    let mut text = String::new();
    push_rfc3339(time, &mut text);
    text
}
