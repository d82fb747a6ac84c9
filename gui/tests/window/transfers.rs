//! Transfers: progress, pause, what failed, what is asked.

use crate::support::{Window, place, problem, world};
use egui::Modifiers;
use ferry_gui::action::{
    Action, AttemptEvent, Command, ConnectAction, Event, FilesEnded, JobEnd, Picked,
};
use ferry_gui::request::{Pick, Work};
use ferry_gui::state::side::Side;
use ferry_gui::state::transfers::{
    CurrentFile, Direction, FailedFile, FoundJob, Item, JobId, Progress,
};
use std::time::Duration;

fn item(name: &str) -> Item {
    Item { here: place("/here").join(name.as_bytes()), server: place("/").join(name.as_bytes()) }
}

pub(crate) fn uploading(name: &str) -> (Window, JobId) {
    let mut window = Window::connected(world());
    window.click_row(Side::Here, name, Modifiers::NONE);
    window.click("Upload");
    let id = window.last_job().id;
    (window, id)
}

pub(crate) fn progress(files_done: u64, bytes_done: u64) -> Progress {
    Progress {
        files_done,
        files_total: 10,
        bytes_done,
        bytes_total: 10_000_000,
        is_planned: true,
        current: Vec::new(),
    }
}

fn failed(names: &[&str]) -> FilesEnded {
    let file = |name: &&str| FailedFile { item: item(name), problem: problem("failed") };
    FilesEnded { failed: names.iter().map(file).collect(), ..FilesEnded::default() }
}

#[test]
fn upload_carries_what_is_chosen() {
    let (window, _) = uploading("letter.txt");
    let job = window.last_job();
    assert_eq!(job.direction, Direction::Upload);
    assert_eq!(job.items, [item("letter.txt")]);
    assert!(window.has("Upload of letter.txt"));
}

#[test]
fn upload_with_nothing_chosen_asks_for_files() {
    let mut window = Window::connected(world());
    window.click("Upload");
    assert_eq!(window.world.borrow().picks, [Pick::UploadFiles(place("/here"))]);
    let picked = Picked::Upload(vec![place("/desk/a"), place("/desk/b")]);
    window.world.borrow_mut().picked.push_back(picked);
    window.harness.step();
    window.run();
    assert_eq!(window.last_job().items.len(), 2);
}

#[test]
fn one_native_dialog_is_open_at_a_time_and_cancelling_starts_nothing() {
    let mut window = Window::connected(world());
    window.click("Upload");
    window.click("Upload");
    assert_eq!(window.world.borrow().picks.len(), 1);
    window.world.borrow_mut().picked.push_back(Picked::Nothing);
    window.harness.step();
    window.click("Upload");
    assert_eq!(window.world.borrow().picks.len(), 2);
    assert!(window.jobs().is_empty());
}

#[test]
fn where_no_native_dialog_opens_it_says_what_to_install() {
    let mut window = Window::connected(world());
    window.click("Upload");
    let failure = Picked::Failed(problem("No file dialog can be opened"));
    window.world.borrow_mut().picked.push_back(failure);
    window.harness.step();
    window.run();
    assert!(window.has("No file dialog can be opened"));
}

#[test]
fn download_carries_what_is_chosen_into_the_folder_on_the_left() {
    let mut window = Window::connected(world());
    assert!(!window.is_enabled("Download"));
    window.click_row(Side::Server, "report.pdf", Modifiers::NONE);
    window.click("Download");
    let job = window.last_job();
    assert_eq!(job.direction, Direction::Download);
    assert_eq!(job.items, [item("report.pdf")]);
}

#[test]
fn one_file_is_downloaded_under_a_chosen_name() {
    let mut window = Window::connected(world());
    window.click_row(Side::Server, "report.pdf", Modifiers::NONE);
    window.act(Action::Command(Command::DownloadAs));
    assert_eq!(window.world.borrow().picks, [Pick::DownloadName(place("/here/report.pdf"))]);
    let picked = Picked::DownloadName(place("/else/mine.pdf"));
    window.world.borrow_mut().picked.push_back(picked);
    window.harness.step();
    window.run();
    assert_eq!(window.last_job().items[0].here, place("/else/mine.pdf"));
}

#[test]
fn progress_says_how_much_how_fast_and_how_long() {
    let (mut window, id) = uploading("song.mp3");
    window.send(Event::JobProgress(id, progress(1, 0), Duration::from_secs(1)));
    let mut now = progress(2, 2_000_000);
    now.current = vec![CurrentFile {
        place: place("/here/song.mp3"),
        bytes_done: 1_000_000,
        bytes_total: 5_000_000,
    }];
    window.send(Event::JobProgress(id, now, Duration::from_secs(3)));
    assert!(window.has("2 of 10 files, 1.9 MiB of 9.5 MiB"));
    assert!(window.has("976 KiB/s · 8 s left"));
    assert!(window.has("976 KiB of 4.7 MiB"));
    assert!(window.has("1 transfer under way · 976 KiB/s"));
}

#[test]
fn a_job_is_paused_and_goes_on() {
    let (mut window, id) = uploading("song.mp3");
    window.send(Event::JobBegun(id, "0123abcd".to_owned()));
    window.click("Pause");
    assert_eq!(window.works(|work| matches!(work, Work::PauseJob(own) if *own == id)), 1);
    assert!(window.has("Pausing…"));
    window.send(Event::JobEnded(id, JobEnd::Cancelled));
    assert!(window.has("Paused"));
    window.click("Resume");
    assert_eq!(window.jobs().len(), 2);
    assert_eq!(window.last_job().id, id);
    assert_eq!(window.last_job().key.as_deref(), Some("0123abcd"), "it goes on, not anew");
}

#[test]
fn a_job_is_cancelled_and_leaves_the_list() {
    let (mut window, id) = uploading("song.mp3");
    window.send(Event::JobBegun(id, "0123abcd".to_owned()));
    window.click("Cancel");
    let cancels = |work: &Work| matches!(work, Work::CancelJob(own, Some(_)) if *own == id);
    assert_eq!(window.works(cancels), 1);
    window.send(Event::JobEnded(id, JobEnd::Cancelled));
    assert!(window.has("Cancelled"));
    window.click("Remove from list");
    assert!(!window.has("Upload of song.mp3"));
    assert_eq!(window.works(|work| matches!(work, Work::ForgetJob(_))), 1);
}

#[test]
fn two_jobs_run_at_a_time_and_the_next_waits() {
    let mut window = Window::connected(world());
    for name in ["letter.txt", "notes 2.md", "song.mp3"] {
        window.click_row(Side::Here, name, Modifiers::NONE);
        window.click("Upload");
    }
    assert_eq!(window.jobs().len(), 2);
    assert!(window.has("Waiting for its turn"));
    let first = window.jobs()[0].id;
    window.send(Event::JobEnded(first, JobEnd::Done));
    assert_eq!(window.jobs().len(), 3);
}

#[test]
fn what_failed_is_gathered_with_its_reason_and_tried_again() {
    let (mut window, id) = uploading("photos");
    window.send(Event::JobFiles(id, failed(&["a", "b"])));
    window.send(Event::JobEnded(id, JobEnd::Done));
    window.click("Show 2 files that failed");
    assert!(window.has("/here/a"));
    assert!(window.has("On the server: The reason, and what to do."));
    window.click("Try these again");
    assert_eq!(window.last_job().id, id);
    assert!(!window.has("Try these again"));
}

#[test]
fn a_job_that_stopped_says_why_and_can_be_tried_again() {
    let (mut window, id) = uploading("song.mp3");
    window.send(Event::JobEnded(id, JobEnd::Stopped(problem("The transfer stopped"))));
    assert!(window.has("The transfer stopped"));
    assert!(window.has("The reason, and what to do."));
    window.click("Try again");
    assert_eq!(window.jobs().len(), 2);
}

#[test]
fn jobs_of_an_earlier_window_are_shown_and_go_on() {
    let mut window = Window::connected(world());
    window.send(Event::JobsFound(vec![FoundJob {
        key: "0123abcd".to_owned(),
        server: "harbour:3000".to_owned(),
        account: String::new(),
        direction: Direction::Upload,
        items: vec![item("film.mp4")],
        progress: progress(1, 5_000_000),
        failed_count: 0,
        failed: Vec::new(),
        stopped: None,
    }]));
    assert!(window.has("Upload of film.mp4"));
    assert!(window.has("Paused"));
    assert!(window.jobs().is_empty(), "it waits for a person");
    window.click("Resume");
    assert_eq!(window.last_job().key.as_deref(), Some("0123abcd"));
}

#[test]
fn failures_of_an_earlier_window_are_listed_with_their_reasons() {
    let mut window = Window::connected(world());
    let failed = failed(&["a", "b"]).failed;
    window.send(Event::JobsFound(vec![FoundJob {
        key: "0123abcd".to_owned(),
        server: "harbour:3000".to_owned(),
        account: String::new(),
        direction: Direction::Upload,
        items: vec![item("photos")],
        progress: progress(10, 10),
        failed_count: 2,
        failed,
        stopped: None,
    }]));
    window.click("Show 2 files that failed");
    assert!(window.has("/here/a"));
    assert!(window.has("On the server: The reason, and what to do."));
}

#[test]
fn a_finished_job_says_that_it_was_verified_and_reads_the_folder_again() {
    let (mut window, id) = uploading("letter.txt");
    window.send(Event::JobProgress(id, progress(10, 10), Duration::from_secs(1)));
    let lists = |work: &Work| matches!(work, Work::List { side: Side::Server, .. });
    let before = window.works(lists);
    window.send(Event::JobEnded(id, JobEnd::Done));
    assert!(window.has("10 files transferred and verified"));
    assert_eq!(window.works(lists), before + 1);
    window.click("Clear finished");
    assert!(!window.has("Upload of letter.txt"));
}

#[test]
fn the_panel_opens_and_closes() {
    let mut window = Window::connected(world());
    assert!(!window.shows("Nothing under way"));
    window.click("Show transfers");
    assert!(window.shows("Nothing under way"));
    window.click("Hide transfers");
    assert!(!window.shows("Nothing under way"));
}

#[test]
fn jobs_of_one_server_never_run_on_another() {
    let mut window = Window::connected(world());
    for name in ["letter.txt", "notes 2.md", "song.mp3"] {
        window.click_row(Side::Here, name, Modifiers::NONE);
        window.click("Upload");
    }
    let mut other = crate::support::server("", true);
    other.address = "other:3000".to_owned();
    window.world.borrow_mut().connects = false;
    let link = "ferry://other/".to_owned();
    window.act(Action::Connect(ConnectAction::Open(link)));
    window.attempted(AttemptEvent::Connected {
        server: other,
        address: "ferry://other/".to_owned(),
        place: place("/"),
        now_unix_secs: 1,
    });
    let first = window.jobs()[0].id;
    window.send(Event::JobEnded(first, JobEnd::Done));
    assert_eq!(window.jobs().len(), 2, "the third waits for its own server");
}
