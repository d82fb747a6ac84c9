//! What needs `unsafe`: loading a library only to see whether the system has it.
#![expect(unsafe_code, reason = "loading a library runs its start code")]

/// Whether the system's loader finds a library by this name.
pub(crate) fn has_library(name: &str) -> bool {
    // SAFETY: the start and end code of the display libraries asked for does nothing beyond
    // themselves; the window system loads the same ones right after.
    unsafe { libloading::Library::new(name) }.is_ok()
}
