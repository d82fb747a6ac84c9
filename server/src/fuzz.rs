//! Entry points of the fuzz targets in `server/fuzz`, and of the ordinary test that runs their
//! corpus. Each takes any bytes and panics only where the crate breaks a promise. No part of the
//! crate's interface.

use crate::config::Mistakes;
use crate::{accounts, config};
use std::path::Path;

/// A configuration is taken, or every mistake names its place and a remedy.
pub fn configuration(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        judge(text, &config::mistakes_of(Path::new("config.toml"), text));
    }
}

/// Accounts are taken, or every mistake names its place and a remedy.
pub fn accounts(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        judge(text, &accounts::mistakes_of(Path::new("accounts.toml"), text));
    }
}

fn judge(text: &str, mistakes: &Mistakes) {
    for mistake in mistakes.iter() {
        let told = mistake.to_string();
        let (place, remedy) = told.split_once(": ").unwrap_or_default();
        let line = place.split(':').nth(1).and_then(|line| line.parse().ok()).unwrap_or(0_usize);
        assert!(line <= text.matches('\n').count() + 1, "{told:?} is beyond the text");
        assert!(remedy.contains("; "), "{told:?} names no remedy");
    }
}
