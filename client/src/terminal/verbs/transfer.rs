//! `get` and `put`: a job, its bars, and what became of it.

use super::jobs::tell_unusable;
use crate::job::{FileOutcome, JobOptions, JobReport, Outcome, Rule, Transfer, Walked};
use crate::jobs::{Direction, JobServer, JobSpec, Jobs, OpenJob};
use crate::preflight::{self, Findings, Survey};
use crate::terminal::bars::Bars;
use crate::terminal::exit::Exit;
use crate::terminal::failure::{Failure, Result, with_causes};
use crate::terminal::line::os_string;
use crate::terminal::person::Person;
use crate::terminal::screen::{Screen, error_fields, insert_name};
use crate::terminal::session::Session;
use crate::terminal::size::{duration, grouped, human};
use crate::terminal::target::{LocalTarget, NeedsFolder, RemoteTarget};
use crate::{Error, Progress};
use ferry_protocol::escape;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Fetches each source to its place at the target.
pub(crate) fn get(session: &mut Session, sources: &[RemoteTarget], target: &LocalTarget) -> Result {
    target.check_count(sources.len())?;
    target.make_folder()?;
    let transfers = sources
        .iter()
        .map(|source| {
            let name = source.path.names().next_back().map(os_string);
            Transfer { local: target.of(name.as_deref()), remote: source.path.clone() }
        })
        .collect();
    run(session, transfers, Direction::Download, None)
}

/// Sends each source, as it was typed, to its place at the target. A `survey` has been looking
/// through them since before there was a session.
pub(crate) fn put(
    session: &mut Session,
    sources: &[OsString],
    target: &RemoteTarget,
    survey: Option<Survey>,
) -> Result {
    target.check_count(sources.len())?;
    let transfers = sources
        .iter()
        .map(|typed| {
            // Looked for in what was typed: `.` has no name of its own.
            let name = Path::new(typed).file_name().map(OsStr::as_encoded_bytes);
            Ok(Transfer { local: session.local.join(typed), remote: target.of(name)? })
        })
        .collect::<Result<Vec<_>>>()?;
    run(session, transfers, Direction::Upload, survey)
}

fn run(
    session: &mut Session,
    transfers: Vec<Transfer>,
    direction: Direction,
    survey: Option<Survey>,
) -> Result {
    let jobs = Jobs::open(&session.settings.state_folder)?;
    let spec = JobSpec {
        direction,
        server: JobServer::of(&session.client),
        transfers,
        rule: session.settings.rule,
        connections: session.settings.connections,
    };
    match open(session, &jobs, spec)? {
        (job, Begun::Before) => run_job(session, &jobs, job, None),
        (job, Begun::Now) => {
            let id = job.id().clone();
            match look_ahead(session, &job, survey) {
                Ok(walked) => run_job(session, &jobs, job, Some(walked)),
                Err(failure) => {
                    // Nothing of it was moved: there is nothing to go on with.
                    drop(job);
                    jobs.cancel(&id)?;
                    jobs.clear(&id)?;
                    Err(failure)
                }
            }
        }
    }
}

/// When a job was begun.
enum Begun {
    Now,
    Before,
}

/// Tells all that stands in the way of a job before its first byte. What would make files fail
/// is asked about, and refused where there is nobody to ask.
fn look_ahead(session: &mut Session, job: &OpenJob, survey: Option<Survey>) -> Result<Walked> {
    let client = &mut session.client;
    let mut findings = preflight::after_survey(client, job.spec(), job.id(), survey)?;
    let walked = findings.take_walked();
    if findings.count == 0 {
        return Ok(walked);
    }
    if session.settings.json {
        Screen::line(&findings_object(&findings).to_string())?;
    }
    let told = findings.found.iter().take(FINDINGS_TOLD_MAX);
    told.for_each(|found| session.person.tell(&format!("ferry: {found}")));
    let more = findings.count.saturating_sub(FINDINGS_TOLD_MAX as u64);
    if more > 0 {
        session.person.tell(&format!("ferry: and {} more", grouped(more)));
    }
    if findings.is_clear() || session.person.confirms("Go on all the same?") {
        return Ok(walked);
    }
    Err(Failure::Told(Exit::Failed))
}

/// The same command again goes on with what an interrupted one began.
fn open(session: &Session, jobs: &Jobs, spec: JobSpec) -> Result<(OpenJob, Begun)> {
    let known = jobs.list()?;
    tell_unusable(&session.person, &known);
    let Some(begun) = known.unfinished_like(&spec) else {
        return Ok((jobs.begin(spec)?, Begun::Now));
    };
    match jobs.take(&begun.id) {
        Ok(job) => {
            session.person.tell(&format!("ferry: going on with the job {}", begun.id));
            Ok((job, Begun::Before))
        }
        Err(err) if was_quicker(&err) => Ok((jobs.begin(spec)?, Begun::Now)),
        // A job that is begun anew would send all again, and leave what the old one began.
        Err(err) => Err(err.into()),
    }
}

/// Whether another process has taken the job meanwhile, or ended it.
fn was_quicker(err: &Error) -> bool {
    use crate::journal::Unusable::{InUse, Missing};
    matches!(err, Error::Journal(err) if matches!(err.kind, InUse | Missing))
}

/// Does what is left of a job, and tells what became of it.
pub(crate) fn run_job(
    session: &mut Session,
    jobs: &Jobs,
    job: OpenJob,
    walked: Option<Walked>,
) -> Result {
    let mut options = options(session, &job);
    options.walked = walked.map(|walked| Arc::new(Mutex::new(walked)));
    let (id, began) = (job.id().clone(), Instant::now());
    let bars = Bars::draw(&options.progress, &session.person, session.settings.json);
    let report = job.run(&mut session.client, options);
    drop(bars);
    let is_done = report.is_success();
    if is_done {
        // There is nothing left to go on with. A journal that stays makes nothing less done.
        if let Err(err) = jobs.clear(&id) {
            session.person.tell(&format!("ferry: the job {id} stays on record: {err}"));
        }
    }
    let object = summary_object(&report, began.elapsed(), (!is_done).then(|| id.as_str()));
    let text = summary_text(&report, began.elapsed());
    let shown = session.screen.result(&object, &text);
    if !is_done {
        session.person.tell(&format!("ferry: to go on with it: ferry jobs resume {id}"));
    }
    // What failed decides, even where nobody reads the summary any more.
    conclude(report)?;
    Ok(shown?)
}

fn options(session: &Session, job: &OpenJob) -> JobOptions {
    let person = Arc::clone(&session.person);
    let is_json = session.settings.json;
    let remembered = job.options();
    JobOptions {
        rule: match session.settings.rule {
            Rule::Ask => remembered.rule,
            given => given,
        },
        connections: session.settings.connections,
        progress: Arc::new(Progress::new()),
        on_outcome: Some(Arc::new(move |file| tell(file, is_json, &person))),
        ..remembered
    }
}

/// Programs hear of every file, a person of those that did not make it.
fn tell(file: &FileOutcome<'_>, is_json: bool, person: &Person) {
    if is_json {
        // Output that cannot be written is found out when the summary is.
        drop(Screen::line(&outcome_object(file).to_string()));
    }
    match file.outcome {
        Outcome::Done | Outcome::AlreadyThere => {}
        Outcome::Skipped(reason) => {
            person.tell(&format!("ferry: skipped {}: {reason}", escape(file.source)));
        }
        Outcome::Failed(err) => person.tell(&format!("ferry: {}", failed_text(file.source, err))),
    }
}

/// The error alone where it names the file itself.
fn failed_text(source: &[u8], err: &Error) -> String {
    let (source, text) = (escape(source), with_causes(err));
    if text.contains(&source) { text } else { format!("{source}: {text}") }
}

fn findings_object(findings: &Findings) -> Value {
    let found = findings.found.iter().map(|found| {
        let mut fields = Map::new();
        insert_name(&mut fields, "path", &found.path);
        fields.insert("trouble".to_owned(), json!(found.trouble.to_string()));
        fields.insert("blocking".to_owned(), json!(found.is_blocking));
        Value::Object(fields)
    });
    json!({ "preflight": {
        "files": findings.files,
        "bytes": findings.bytes,
        "available": findings.available,
        "count": findings.count,
        "found": found.collect::<Value>(),
    }})
}

fn outcome_object(file: &FileOutcome<'_>) -> Value {
    let mut fields = Map::new();
    insert_name(&mut fields, "name", file.source);
    insert_name(&mut fields, "target", file.target);
    fields.insert("size".to_owned(), json!(file.size));
    let outcome = match file.outcome {
        Outcome::Done => "done",
        Outcome::AlreadyThere => "already_there",
        Outcome::Skipped(reason) => {
            fields.insert("reason".to_owned(), json!(reason));
            "skipped"
        }
        Outcome::Failed(err) => {
            fields.append(&mut error_fields(&with_causes(err), err));
            "failed"
        }
    };
    fields.insert("outcome".to_owned(), json!(outcome));
    Value::Object(fields)
}

fn summary_object(report: &JobReport, took: Duration, job: Option<&str>) -> Value {
    json!({ "summary": {
        "job": job,
        "files": report.files_done,
        "folders": report.folders_done,
        "bytes": report.bytes,
        "already_there": report.already_there,
        "skipped": report.skipped_count,
        "failed": report.failed_count,
        "seconds": took.as_secs_f64(),
        "verified": report.is_success(),
    }})
}

/// `10,000 files, 39.1 MiB in 0.4 s, all verified`
fn summary_text(report: &JobReport, took: Duration) -> String {
    let files = count(report.files_done, "file");
    let mut text = format!("{files}, {} in {}", human(report.bytes), duration(took));
    for (number, what) in [
        (report.already_there, "already there"),
        (report.skipped_count, "skipped"),
        (report.failed_count, "failed"),
    ] {
        if number > 0 {
            text = text + ", " + &grouped(number) + " " + what;
        }
    }
    text.push_str(match (&report.stopped, report.is_success()) {
        (Some(_), _) => ", stopped before the end",
        (None, true) => ", all verified",
        (None, false) => "",
    });
    text
}

/// Findings that a person is told one by one.
const FINDINGS_TOLD_MAX: usize = 20;

fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}

/// What the report means for the exit code.
fn conclude(report: JobReport) -> Result {
    let is_partial = report.is_partial();
    if let Some(err) = report.stopped {
        return Err(err.into());
    }
    if report.failed_count == 0 {
        return Ok(());
    }
    let causes = report.failed.iter().map(|(_, err)| Exit::of(err));
    let stop = causes.into_iter().find(|exit| !matches!(exit, Exit::Failed));
    let usual = if is_partial { Exit::Partly } else { Exit::Failed };
    Err(Failure::Told(stop.unwrap_or(usual)))
}

impl From<NeedsFolder> for Failure {
    fn from(_: NeedsFolder) -> Self {
        let text = "several sources need a folder as their target: end it with /";
        Self::Usage(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{JournalError, Unusable};

    fn report() -> JobReport {
        JobReport { files_done: 10_000, bytes: 40_960_000, ..JobReport::default() }
    }

    fn exists() -> Error {
        Error::TargetExists { path: "/a".to_owned() }
    }

    #[test]
    fn a_whole_job_is_verified() {
        let took = Duration::from_millis(420);
        assert_eq!(summary_text(&report(), took), "10,000 files, 39.0 MiB in 0.4 s, all verified");
        assert!(conclude(report()).is_ok());
    }

    #[test]
    fn failures_are_counted_and_decide_the_exit() {
        let mut partial = report();
        partial.failed_count = 1;
        partial.already_there = 2;
        partial.failed.push((b"/a".to_vec(), exists()));
        let text = summary_text(&partial, Duration::ZERO);
        assert!(text.ends_with("2 already there, 1 failed"), "{text}");
        assert_eq!(conclude(partial).unwrap_err().exit(), Exit::Partly);
        let mut failed = JobReport { failed_count: 1, ..JobReport::default() };
        failed.failed.push((b"/a".to_vec(), exists()));
        assert_eq!(conclude(failed).unwrap_err().exit(), Exit::Failed);
        let stopped = JobReport { stopped: Some(Error::Cancelled), ..JobReport::default() };
        assert_eq!(conclude(stopped).unwrap_err().exit(), Exit::Interrupted);
    }

    #[test]
    fn programs_hear_of_every_file() {
        let err = exists();
        let file = FileOutcome {
            source: b"a\xff",
            target: b"/a",
            size: 3,
            outcome: Outcome::Failed(&err),
        };
        let object = outcome_object(&file);
        assert_eq!(object["name_hex"], "61ff");
        assert_eq!(object["outcome"], "failed");
        assert!(object["error"].as_str().unwrap().contains("--if-exists"));
    }

    /// A journal that the disk failed to give was taken for one that another process had, and all
    /// was sent again.
    #[test]
    fn a_job_is_begun_anew_where_another_process_has_it_and_not_where_the_disk_fails() {
        let err = |kind| Error::from(JournalError::new(Path::new("a.journal"), kind));
        assert!(was_quicker(&err(Unusable::InUse)) && was_quicker(&err(Unusable::Missing)));
        let broken = std::io::Error::other("the disk fails");
        assert!(!was_quicker(&err(Unusable::Io(broken))));
    }
}
