//! What the program says in the terminal it was started from, where no window opens.

/// There is no display.
pub const NO_DISPLAY: &str = "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)";

/// Libraries are missing, and what brings them.
#[must_use]
pub fn lacks(libraries: &str, packages: &str) -> String {
    format!(
        "this system lacks {libraries} (`apt-get install -y --no-install-recommends {packages}` \
         helps)"
    )
}

/// Why no window opens, in one line.
#[must_use]
pub fn no_window(obstacle: &str) -> String {
    format!("no window here: {obstacle}; going on in the terminal")
}

/// The folder is shared with the terminal instead.
#[must_use]
pub fn shared_at_prompt(folder: &str) -> String {
    format!(
        "sharing {folder} with this prompt alone; `ferry-server serve DIR --guest read` lets \
         others in"
    )
}
