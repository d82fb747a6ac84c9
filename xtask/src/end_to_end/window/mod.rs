//! The real window, worked by its labels with a real pointer and real keys, and judged by what is
//! on the server's disk afterwards.

mod fallback;
mod sharing;

use super::{Outcome, Scenario, Stage, ensure};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::tree;
use crate::window::{Desktop, Screen, Script};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) const SCENARIOS: &[(&str, Scenario)] = &[
    ("window: a link connects, and folders open", browse),
    ("window: a rectangle chooses rows, which Upload sends", rectangle),
    ("window: rows are dragged from pane to pane, both ways", drag),
    ("window: another program's files are dropped on a folder", drop_in),
    ("window: rows are dragged out to another program", drag_out),
    ("window: the native dialog chooses files", dialog),
    ("window: a desktop without dialogs is told once, with what helps", no_dialog),
    ("window: a conflict is asked about", conflict),
    ("window: a server that is lost and comes back", lost_server),
    ("window: the keyboard alone", keyboard),
    ("window: a server with another key is a hard stop", key_changed),
    ("window: sharing, letting others in, and stopping", sharing::shares),
    ("window: one person is invited, comes in, and is shut out", sharing::invites),
    ("window: what is kept running is found again", sharing::kept),
    ("window: without a display the prompt serves", fallback::no_display),
    ("window: a missing library is named, and the prompt serves", fallback::no_library),
    ("window: installed, started from the desktop, opened by a link", sharing::installed),
];

/// What is done with the window.
const SCENES: &str = include_str!("scenes.py");
const SCENE_MAX: Duration = Duration::from_mins(3);
const SCREEN: Screen = Screen { size: (1280, 900), scale: 1 };

/// A desktop with files at home, and a server.
struct Scene<'a> {
    stage: &'a Stage,
    desktop: Desktop,
}

impl<'a> Scene<'a> {
    fn open(stage: &'a Stage) -> Result<Self, Failure> {
        let desktop = Desktop::open(&stage.folder("desktop")?, SCREEN)?;
        Ok(Self { stage, desktop })
    }

    /// A folder in the home of the user before the screen.
    fn home(&self, name: &str) -> Result<PathBuf, Failure> {
        self.stage.folder(&format!("desktop/home/{name}"))
    }

    /// Plays one scene of the script.
    fn play(&mut self, name: &str, arguments: &[&OsStr]) -> Result<(), Failure> {
        let words: Vec<&OsStr> =
            [OsStr::new(name)].into_iter().chain(arguments.iter().copied()).collect();
        let script =
            Script { name: "scenes", text: SCENES, arguments: &words, deadline: SCENE_MAX };
        self.desktop.run(&script, &self.stage.programs)?;
        ensure(self.desktop.is_whole(), || "the window manager ended".to_owned())
    }
}

/// What the server's owner hands out.
fn link(server: &Server) -> String {
    format!("ferry://{}/#fp={}", server.address, server.fingerprint)
}

fn write_files(folder: &Path, count: usize) -> Result<(), Failure> {
    fs::create_dir_all(folder).during(folder.display())?;
    for index in 0..count {
        let path = folder.join(format!("file {index:02}.bin"));
        fs::write(&path, tree::content(1000 * index + index)).during(path.display())?;
    }
    Ok(())
}

fn browse(stage: &Stage) -> Result<Outcome, Failure> {
    let share = stage.folder("share")?;
    write_files(&share.join("音楽 music/ملف"), 3)?;
    let (server, mut scene) = (stage.serve()?, Scene::open(stage)?);
    scene.play("browse", &[link(&server).as_ref()])?;
    Ok(Outcome::Passed)
}

fn rectangle(stage: &Stage) -> Result<Outcome, Failure> {
    let (server, mut scene) = (stage.serve()?, Scene::open(stage)?);
    let home = scene.home("files")?;
    write_files(&home, 12)?;
    scene.play("rectangle", &[link(&server).as_ref(), home.as_os_str()])?;
    // The first is above the rectangle, the last two below it.
    for left_out in ["file 00.bin", "file 10.bin", "file 11.bin"] {
        fs::remove_file(home.join(left_out)).during(left_out)?;
    }
    same_files(&home, &stage.path("share"))
}

fn drag(stage: &Stage) -> Result<Outcome, Failure> {
    let (server, mut scene) = (stage.serve()?, Scene::open(stage)?);
    let home = scene.home("files")?;
    let (up, down) = (home.join("up 上"), stage.path("share/down 下"));
    tree::build(&up)?;
    tree::build(&down)?;
    scene.play("drag", &[link(&server).as_ref(), home.as_os_str()])?;
    tree::compare(&up, &stage.path("share/up 上"))?;
    tree::compare(&down, &home.join("down 下"))?;
    Ok(Outcome::Passed)
}

fn drop_in(stage: &Stage) -> Result<Outcome, Failure> {
    let (server, mut scene) = (stage.serve()?, Scene::open(stage)?);
    stage.folder("share/inbox")?;
    let home = scene.home("elsewhere")?;
    let (folder, file) = (home.join("a folder"), home.join("ç 日本.txt"));
    write_files(&folder, 5)?;
    fs::write(&file, "dropped").during(file.display())?;
    scene.play("drop_in", &[link(&server).as_ref(), folder.as_os_str(), file.as_os_str()])?;
    same_files(&home, &stage.path("share/inbox"))
}

fn drag_out(stage: &Stage) -> Result<Outcome, Failure> {
    let (server, mut scene) = (stage.serve()?, Scene::open(stage)?);
    let home = scene.home("files")?;
    let file = home.join("ç 日本.txt");
    fs::write(&file, "dragged out").during(file.display())?;
    let told = stage.path("told");
    scene.play("drag_out", &[link(&server).as_ref(), home.as_os_str(), told.as_os_str()])?;
    let uris = fs::read_to_string(&told).during(told.display())?;
    ensure(uris.trim().ends_with("%E6%97%A5%E6%9C%AC.txt"), || format!("it was given {uris}"))?;
    Ok(Outcome::Passed)
}

fn dialog(stage: &Stage) -> Result<Outcome, Failure> {
    let (server, mut scene) = (stage.serve()?, Scene::open(stage)?);
    let home = scene.home("papers")?;
    let file = home.join("report 報告.pdf");
    fs::write(&file, tree::content(300_000)).during(file.display())?;
    scene.play("dialog", &[link(&server).as_ref(), file.as_os_str()])?;
    same_files(&home, &stage.path("share"))
}

fn no_dialog(stage: &Stage) -> Result<Outcome, Failure> {
    let (server, mut scene) = (stage.serve()?, Scene::open(stage)?);
    // The bus asks the user's own services first, and this one never comes up.
    let services = stage.folder("desktop/data/dbus-1/services")?;
    let portal = "org.freedesktop.portal.Desktop";
    let text = format!("[D-BUS Service]\nName={portal}\nExec=/bin/false\n");
    fs::write(services.join(format!("{portal}.service")), text).during(portal)?;
    scene.play("no_dialog", &[link(&server).as_ref()])?;
    Ok(Outcome::Passed)
}

fn conflict(stage: &Stage) -> Result<Outcome, Failure> {
    let (server, mut scene) = (stage.serve()?, Scene::open(stage)?);
    let home = scene.home("files")?;
    write_files(&home, 2)?;
    let share = stage.path("share");
    for index in 0..2 {
        fs::write(share.join(format!("file {index:02}.bin")), "of the server").during("share")?;
    }
    scene.play("conflict", &[link(&server).as_ref(), home.as_os_str()])?;
    let kept = fs::read(share.join("file 00.bin")).during("share")?;
    ensure(kept == b"of the server", || "a file that was to stay was replaced".to_owned())?;
    let replaced = fs::read(share.join("file 01.bin")).during("share")?;
    ensure(replaced == tree::content(1001), || "a file was not replaced".to_owned())?;
    Ok(Outcome::Passed)
}

fn lost_server(stage: &Stage) -> Result<Outcome, Failure> {
    let (server, mut scene) = (stage.serve()?, Scene::open(stage)?);
    let home = scene.home("files")?;
    let file = home.join("large.bin");
    fs::write(&file, tree::content(600_000_000)).during(file.display())?;
    let (address, pid) = (server.address.to_string(), server.pid().to_string());
    let (state, link) = (server.state().to_owned(), link(&server));
    let share = stage.path("share");
    let arguments: [&OsStr; 6] = [
        OsStr::new(&link),
        home.as_os_str(),
        OsStr::new(&pid),
        OsStr::new(&address),
        state.as_os_str(),
        share.as_os_str(),
    ];
    scene.play("lost_server", &arguments)?;
    drop(server);
    same_files(&home, &share)
}

fn keyboard(stage: &Stage) -> Result<Outcome, Failure> {
    let (server, mut scene) = (stage.serve()?, Scene::open(stage)?);
    let home = scene.home("files")?;
    write_files(&home, 4)?;
    scene.play("keyboard", &[link(&server).as_ref(), home.as_os_str()])?;
    let share = stage.path("share");
    ensure(share.join("new place").is_dir(), || "the new folder is not there".to_owned())?;
    fs::remove_dir(share.join("new place")).during("new place")?;
    same_files(&home, &share)
}

/// The scene itself ends the server and begins another in its place.
fn key_changed(stage: &Stage) -> Result<Outcome, Failure> {
    let (server, mut scene) = (stage.serve()?, Scene::open(stage)?);
    let (address, pid) = (server.address.to_string(), server.pid().to_string());
    let (link, state, share) = (link(&server), stage.path("other-state"), stage.path("share"));
    let words: [&OsStr; 3] = [link.as_ref(), pid.as_ref(), address.as_ref()];
    let places = [state.as_os_str(), share.as_os_str()];
    scene.play("key_changed", &[&words[..], &places[..]].concat())?;
    drop(server);
    Ok(Outcome::Passed)
}

/// Files, names and contents are the same on both sides, and no part is left.
fn same_files(expected: &Path, found: &Path) -> Result<Outcome, Failure> {
    tree::compare(expected, found)?;
    ensure(!tree::has_parts(found)?, || "a part was left behind".to_owned())?;
    Ok(Outcome::Passed)
}
