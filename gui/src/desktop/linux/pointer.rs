//! Where the pointer is while another program drags files over the window: the X server knows, the
//! window system does not say.

use std::cell::OnceCell;
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// Asks the X server, over a connection that is opened at the first need.
#[derive(Debug, Default)]
pub(super) struct ForeignPointer {
    connection: OnceCell<Option<RustConnection>>,
}

impl ForeignPointer {
    /// The pointer in a window, in pixels.
    pub(super) fn at(&self, window: u32) -> Option<egui::Pos2> {
        let open = || x11rb::connect(None).ok().map(|(connection, _)| connection);
        let connection = self.connection.get_or_init(open).as_ref()?;
        let pointer = connection.query_pointer(window).ok()?.reply().ok()?;
        pointer.same_screen.then(|| egui::pos2(f32::from(pointer.win_x), f32::from(pointer.win_y)))
    }
}
