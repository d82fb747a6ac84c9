//! Transfers: whose they are, what outlives the window, and when that closes.

use super::*;
use crate::action::{FilesEnded, Picked, WindowAction};
use crate::state::transfers::{Conflict, JobId};

fn problem() -> Problem {
    Problem { summary: "failed".to_owned(), details: String::new(), fault: Fault::Server }
}

/// Uploads all that is shown here; returns the job.
fn upload(state: &mut State) -> JobId {
    pane(state, Side::Here, PaneAction::SelectAll);
    act(state, Action::Command(Command::Upload));
    state.transfers.jobs.last().unwrap().id
}

fn close(state: &mut State) -> bool {
    let asked = act(state, Action::Window(WindowAction::CloseRequested));
    asked.is_empty()
}

fn conflict() -> Conflict {
    Conflict { id: 1, target: Place::root(), here: (1, 1), server: (2, 2) }
}

fn has_closed(requests: &[Request]) -> bool {
    requests.iter().any(|request| matches!(request, Request::Window(WindowRequest::Close)))
}

fn notified(requests: &[Request]) -> usize {
    let is_meant =
        |request: &&Request| matches!(request, Request::Window(WindowRequest::Notify { .. }));
    requests.iter().filter(is_meant).count()
}

#[test]
fn each_job_gets_its_journal_before_its_turn_has_come() {
    let mut state = connected();
    for _ in 0..3 {
        upload(&mut state);
    }
    pane(&mut state, Side::Here, PaneAction::SelectAll);
    let requests = act(&mut state, Action::Command(Command::Upload));
    assert!(matches!(works(&requests)[..], [Work::NoteJob(_)]), "it waits, and is noted");
}

#[test]
fn a_job_without_a_journal_makes_the_window_ask_even_if_it_is_paused() {
    let mut state = connected();
    let ids = [(); 3].map(|()| upload(&mut state));
    act(&mut state, Action::Transfer(TransferAction::Pause(ids[2])));
    for id in &ids[..2] {
        event(&mut state, Event::JobEnded(*id, JobEnd::Done));
    }
    assert_eq!(state.transfers.jobs[2].stage, Stage::Paused);
    assert!(!close(&mut state), "closing would forget it");
    event(&mut state, Event::JobBegun(ids[2], "0123".to_owned()));
    assert!(close(&mut state), "the next window goes on with it");
}

#[test]
fn jobs_of_one_account_do_not_run_under_another() {
    let mut state = connected();
    let ids = [(); 3].map(|()| upload(&mut state));
    if let Some(server) = state.connection.server_mut() {
        server.account = "ben".to_owned();
    }
    let requests = event(&mut state, Event::JobEnded(ids[0], JobEnd::Done));
    assert!(!works(&requests).iter().any(|work| matches!(work, Work::StartJob(_))));
    assert_eq!(state.transfers.jobs[2].stage, Stage::Waiting);
}

#[test]
fn a_job_that_somebody_else_stopped_can_go_on() {
    let mut state = connected();
    let id = upload(&mut state);
    event(&mut state, Event::JobEnded(id, JobEnd::Cancelled));
    assert_eq!(state.transfers.jobs[0].stage, Stage::Paused);
}

#[test]
fn only_files_that_were_copied_are_pasted() {
    let mut state = connected();
    for text in ["/etc/passwd", "/desk/a\n/desk/b", "some words", "", "file:relative"] {
        let requests = act(&mut state, Action::Paste(text.to_owned()));
        assert!(works(&requests).is_empty() && state.transfers.jobs.is_empty(), "{text}");
    }
    event(&mut state, Event::FilesCopied(vec![Place::parse(b"/desk/c")]));
    assert_eq!(state.transfers.jobs[0].items[0].here.to_string(), "/desk/c");
    let copied = "# from a file manager\r\nfile:///desk/%E6%97%A5\r\nfile://localhost/b\r\n";
    act(&mut state, Action::Paste(copied.to_owned()));
    let places: Vec<String> =
        state.transfers.jobs[1].items.iter().map(|item| item.here.to_string()).collect();
    assert_eq!(places, ["/desk/日", "/b"]);
}

#[test]
fn a_native_dialog_is_about_what_was_chosen_when_it_was_opened() {
    let mut state = connected();
    pane(&mut state, Side::Server, PaneAction::Click(1, Extend::No));
    act(&mut state, Action::Command(Command::DownloadTo));
    pane(&mut state, Side::Server, PaneAction::Click(3, Extend::No));
    event(&mut state, Event::Picked(Picked::DownloadFolder(Place::parse(b"/to"))));
    assert_eq!(state.transfers.jobs[0].items[0].server.to_string(), "/b");

    act(&mut state, Action::Command(Command::UploadFiles));
    open(&mut state, Side::Server, "/elsewhere", &[]);
    event(&mut state, Event::Picked(Picked::Upload(vec![Place::parse(b"/desk/x")])));
    assert_eq!(state.transfers.jobs[1].items[0].server.to_string(), "/x");
}

#[test]
fn a_native_dialog_of_one_server_changes_nothing_on_another() {
    let mut state = connected();
    act(&mut state, Action::Command(Command::UploadFiles));
    if let Some(server) = state.connection.server_mut() {
        server.address = "other:3000".to_owned();
    }
    event(&mut state, Event::Picked(Picked::Upload(vec![Place::parse(b"/desk/x")])));
    assert!(state.transfers.jobs.is_empty());
    assert_eq!(state.notices.list.len(), 1, "and says so");
}

#[test]
fn a_window_that_waits_for_its_transfers_closes_if_all_went_well() {
    let mut state = connected();
    let id = upload(&mut state);
    close(&mut state);
    act(&mut state, Action::Dialog(DialogAction::CloseWhenDone));
    // Another dialog that is closed says nothing about the window.
    act(&mut state, Action::Dialog(DialogAction::ShowKeys));
    act(&mut state, Action::Dialog(DialogAction::Cancel));
    assert!(has_closed(&event(&mut state, Event::JobEnded(id, JobEnd::Done))));
}

#[test]
fn a_window_that_waits_for_its_transfers_stays_if_some_failed_and_says_so() {
    for end in [JobEnd::Done, JobEnd::Stopped(problem())] {
        let mut state = connected();
        let id = upload(&mut state);
        close(&mut state);
        act(&mut state, Action::Dialog(DialogAction::Hide));
        if end == JobEnd::Done {
            let item = state.transfers.jobs[0].items[0].clone();
            let failed = vec![crate::state::transfers::FailedFile { item, problem: problem() }];
            event(&mut state, Event::JobFiles(id, FilesEnded { failed, skipped: 0 }));
        }
        let requests = event(&mut state, Event::JobEnded(id, end));
        assert!(!has_closed(&requests));
        assert!(notified(&requests) >= 1);
        assert_eq!(state.closes_when_done, None);
        assert_eq!(state.notices.list.len(), 1);
    }
}

#[test]
fn questions_are_told_outside_the_window_once() {
    let mut state = connected();
    let id = upload(&mut state);
    let conflicts = vec![conflict()];
    assert_eq!(notified(&event(&mut state, Event::JobConflicts(id, conflicts.clone()))), 1);
    assert_eq!(notified(&event(&mut state, Event::JobConflicts(id, conflicts))), 0);
}

#[test]
fn the_wish_to_close_can_be_taken_back() {
    let mut state = connected();
    let id = upload(&mut state);
    close(&mut state);
    act(&mut state, Action::Dialog(DialogAction::CloseWhenDone));
    act(&mut state, Action::Window(WindowAction::StayOpen));
    assert!(!has_closed(&event(&mut state, Event::JobEnded(id, JobEnd::Done))));
}
