//! What a native dialog was opened for: what was chosen then, and not what is chosen at its end.

use super::place::Place;

/// A native dialog that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picking {
    /// What comes of its answer.
    pub task: Task,
    /// The server, `HOST:PORT`, and the account that it is about.
    pub whose: Option<(String, String)>,
}

/// What comes of a dialog's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// What is answered is uploaded into this folder.
    Upload(Place),
    /// These are downloaded into the folder that is answered.
    DownloadTo(Vec<Place>),
    /// This is downloaded under the name that is answered.
    DownloadAs(Place),
    /// The folder that is answered is shared.
    Share,
}
