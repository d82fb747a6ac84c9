//! Native dialogs for files and folders. They are opened on the window's thread and awaited on
//! another, so that the window goes on; tests put in a double.

#[cfg(target_os = "linux")]
mod provider;

use crate::action::Picked;
use crate::request::Pick;
use crate::state::place::Place;
use crate::state::problem::{Fault, Problem};
use crate::text::{dialogs as titles, problems};
use rfd::{AsyncFileDialog, FileHandle};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Asks for a frame, from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Opens native dialogs.
pub trait FileDialogs {
    /// Called once: `wake` is called after each answer.
    fn start(&mut self, wake: Wake);

    /// Opens a dialog and returns at once.
    fn open(&mut self, pick: Pick, frame: &eframe::Frame);

    /// The answer, once there is one. Never waits.
    fn try_next(&mut self) -> Option<Picked>;
}

/// The system's own dialogs.
pub struct NativeDialogs {
    wake: Wake,
    answers: (SyncSender<Picked>, Receiver<Picked>),
}

impl Default for NativeDialogs {
    fn default() -> Self {
        // One dialog is open at a time.
        Self { wake: Arc::new(|| {}), answers: sync_channel(1) }
    }
}

impl std::fmt::Debug for NativeDialogs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NativeDialogs")
    }
}

impl FileDialogs for NativeDialogs {
    fn start(&mut self, wake: Wake) {
        self.wake = wake;
    }

    fn open(&mut self, pick: Pick, frame: &eframe::Frame) {
        let answering = answering(pick, frame);
        let (sender, wake) = (self.answers.0.clone(), Arc::clone(&self.wake));
        let await_answer = move || {
            let picked = or_no_dialog(pollster::block_on(answering), has_dialogs);
            // The window may be gone meanwhile.
            drop(sender.send(picked));
            wake();
        };
        let thread = std::thread::Builder::new().name("ferry-dialog".to_owned());
        if let Err(err) = thread.spawn(await_answer) {
            drop(self.answers.0.try_send(Picked::Failed(no_dialog(&err.to_string()))));
        }
    }

    fn try_next(&mut self) -> Option<Picked> {
        self.answers.1.try_recv().ok()
    }
}

/// An answer of nothing is that of a user who cancelled, or of a desktop without dialogs.
fn or_no_dialog(picked: Picked, has_dialogs: impl FnOnce() -> bool) -> Picked {
    match picked {
        Picked::Nothing if !has_dialogs() => {
            Picked::Failed(no_dialog(problems::NO_DIALOG_PROVIDER))
        }
        picked => picked,
    }
}

fn has_dialogs() -> bool {
    #[cfg(target_os = "linux")]
    return provider::is_there();
    #[cfg(not(target_os = "linux"))]
    true
}

fn no_dialog(why: &str) -> Problem {
    Problem {
        summary: problems::NO_DIALOG.to_owned(),
        details: format!("{} {}", problems::sentence(why), problems::NO_DIALOG_REMEDY),
        fault: Fault::Here,
    }
}

type Answering = Pin<Box<dyn Future<Output = Picked> + Send>>;

fn answering(pick: Pick, frame: &eframe::Frame) -> Answering {
    match pick {
        Pick::UploadFiles(folder) => {
            let files = dialog(frame, titles::PICK_FILES, &folder).pick_files();
            Box::pin(async { Picked::Upload(places(files.await)).or_nothing() })
        }
        Pick::UploadFolders(folder) => {
            let folders = dialog(frame, titles::PICK_FOLDERS, &folder).pick_folders();
            Box::pin(async { Picked::Upload(places(folders.await)).or_nothing() })
        }
        Pick::DownloadFolder(folder) => {
            let chosen = dialog(frame, titles::PICK_TARGET, &folder).pick_folder();
            Box::pin(async { one(chosen.await, Picked::DownloadFolder) })
        }
        Pick::DownloadName(place) => {
            let folder = place.parent().unwrap_or_else(Place::root);
            let name = String::from_utf8_lossy(place.name().unwrap_or_default()).into_owned();
            let chosen = dialog(frame, titles::PICK_NAME, &folder).set_file_name(name).save_file();
            Box::pin(async { one(chosen.await, Picked::DownloadName) })
        }
        Pick::ShareFolder(folder) => {
            let chosen = dialog(frame, titles::PICK_SHARE, &folder).pick_folder();
            Box::pin(async { one(chosen.await, Picked::Share) })
        }
    }
}

fn dialog(frame: &eframe::Frame, title: &str, folder: &Place) -> AsyncFileDialog {
    let dialog = AsyncFileDialog::new().set_title(title).set_directory(folder.to_path());
    // There is no window in tests.
    if frame.winit_window().is_some() { dialog.set_parent(frame) } else { dialog }
}

fn places(chosen: Option<Vec<FileHandle>>) -> Vec<Place> {
    let chosen = chosen.unwrap_or_default();
    chosen.iter().map(|file| Place::from_path(file.path())).collect()
}

fn one(chosen: Option<FileHandle>, picked: impl FnOnce(Place) -> Picked) -> Picked {
    match chosen {
        Some(file) => picked(Place::from_path(file.path())),
        None => Picked::Nothing,
    }
}

impl Picked {
    fn or_nothing(self) -> Self {
        match self {
            Self::Upload(places) if places.is_empty() => Self::Nothing,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_chosen_is_a_failure_only_where_no_dialog_can_be() {
        assert_eq!(or_no_dialog(Picked::Nothing, || true), Picked::Nothing);
        let Picked::Failed(problem) = or_no_dialog(Picked::Nothing, || false) else { panic!() };
        assert_eq!(problem.summary, problems::NO_DIALOG);
        assert!(problem.details.ends_with(problems::NO_DIALOG_REMEDY), "{}", problem.details);
        let chosen = || Picked::Share(Place::root());
        assert_eq!(or_no_dialog(chosen(), || unreachable!()), chosen());
    }
}
