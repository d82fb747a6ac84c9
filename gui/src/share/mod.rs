//! The embedded server: this executable run again as a child. Knows `ferry-server`; knows no window.

mod embedded;
mod lodging;
mod shown;
mod steward;
mod without_window;

pub use embedded::EmbeddedServer;
pub use lodging::{serve_if_asked, state_folder};
pub use shown::link;
pub use without_window::{SharedHere, share_here};

use crate::state::sharing::{ShareEvent, ShareRequest};

/// Runs the embedded server. Calls return at once; what came of them is an event.
///
/// Whoever implements it wakes the window after each event, by the callback of [`Sharing::start`].
pub trait Sharing: Send {
    /// Called once, before anything else: `wake` asks for a frame, from any thread.
    fn start(&mut self, wake: Wake);

    /// Begins to do what was asked.
    fn perform(&mut self, request: ShareRequest);

    /// The next event, if there is one. Never waits.
    fn try_next(&mut self) -> Option<ShareEvent>;
}

/// Asks the window for a frame, from any thread.
pub type Wake = std::sync::Arc<dyn Fn() + Send + Sync>;

/// Where nothing can be shared.
#[derive(Debug, Default)]
pub struct NoSharing;

impl Sharing for NoSharing {
    fn start(&mut self, _wake: Wake) {}

    fn perform(&mut self, _request: ShareRequest) {}

    fn try_next(&mut self) -> Option<ShareEvent> {
        None
    }
}
