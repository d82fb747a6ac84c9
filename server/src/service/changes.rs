//! Who was added, changed or removed among accounts, devices and links, for the record. What was
//! recorded last is kept in the state folder, so that a change is told that was made while no
//! server ran, whether by a command or by hand.

use crate::accounts::{Accounts, ENDED, Standing};
use crate::audit::{Action, AuditLog, Line};
use crate::state_folder::StateFolder;
use parking_lot::Mutex;
use std::path::Path;

/// What the record knows of accounts, devices and links.
#[derive(Debug)]
pub(super) struct Changes {
    state: StateFolder,
    log: AuditLog,
    told: Mutex<Standing>,
}

impl Changes {
    /// Records what changed since a server looked last.
    pub(super) fn since_last_run(state_dir: &Path, accounts: &Accounts, log: AuditLog) -> Self {
        let state = StateFolder::at(state_dir);
        // One that is damaged or gone is like that of a first start: all is told anew.
        let text = state.read(FILE_NAME).ok().flatten().unwrap_or_default();
        let told = Mutex::new(serde_json::from_str(&text).unwrap_or_default());
        let changes = Self { state, log, told };
        changes.record(accounts, ", before this server started");
        changes
    }

    /// Records what changed since the last look.
    pub(super) fn look(&self, accounts: &Accounts) {
        self.record(accounts, "");
    }

    fn record(&self, accounts: &Accounts, when: &str) {
        let mut told = self.told.lock();
        let now = match accounts.standing() {
            Ok(now) if now != *told => now,
            Ok(_) => return,
            Err(err) => return tracing::warn!("changes of accounts cannot be recorded: {err}"),
        };
        for change in between(&told, &now) {
            let text = format!("{change}{when}");
            self.log.record(Line::of_server(Action::Accounts).with_text(&text));
        }
        let text = serde_json::to_vec(&now).unwrap_or_default();
        if let Err(err) = self.state.write(FILE_NAME, &text) {
            tracing::warn!("changes of accounts will be recorded again: {err}");
        }
        *told = now;
    }
}

/// What is other in `after`, in words.
fn between(before: &Standing, after: &Standing) -> Vec<String> {
    let came = after.iter().filter_map(|(thing, state)| match before.get(thing) {
        None => Some(format!("added {thing}")),
        Some(_) if state == ENDED => None,
        Some(was) => (was != state).then(|| format!("changed {thing}")),
    });
    let went =
        before.iter().filter(|(thing, state)| *state != ENDED && !after.contains_key(*thing));
    came.chain(went.map(|(thing, _)| format!("removed {thing}"))).collect()
}

const FILE_NAME: &str = "recorded.json";

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(things: &[(&str, &str)]) -> Standing {
        things.iter().map(|(thing, state)| ((*thing).to_owned(), (*state).to_owned())).collect()
    }

    #[test]
    fn what_came_changed_and_went_is_told_and_what_ended_by_itself_is_not() {
        let before = standing(&[("anna", "1"), ("ben", "1"), ("carl", "1"), ("link 1", "2030")]);
        let after = standing(&[("anna", "2"), ("ben", "1"), ("dora", "1"), ("link 1", ENDED)]);
        assert_eq!(between(&before, &after), ["changed anna", "added dora", "removed carl"]);
        assert!(
            between(&after, &standing(&[("anna", "2"), ("ben", "1"), ("dora", "1")])).is_empty()
        );
    }
}
