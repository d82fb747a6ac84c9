//! `history`: what this account did on the server.

use crate::terminal::failure::Result;
use crate::terminal::session::Session;
use crate::terminal::size::human;
use crate::terminal::time::push_rfc3339;
use ferry_protocol::{HistoryAction, HistoryEntry, HistoryResult, escape};
use serde_json::{Value, json};

/// Shows at most `count_max` entries, the newest first.
pub(crate) fn show(session: &mut Session, count_max: usize) -> Result {
    let mut left = count_max;
    let mut before = 0;
    while left > 0 {
        let page = session.client.history(before)?;
        for entry in page.entries.iter().take(left) {
            let mut text = String::new();
            session.screen.clock.push_long(entry.time, &mut text);
            let text = format!("{text}  {}", words(entry));
            session.screen.result(&object(entry), &text)?;
        }
        left = left.saturating_sub(page.entries.len());
        // A server that tells the same number again would be asked for ever.
        if page.next == 0 || page.entries.is_empty() || (before != 0 && page.next >= before) {
            break;
        }
        before = page.next;
    }
    Ok(())
}

/// What a server sends is escaped already; what it failed to escape is, but nothing twice.
fn shown(text: &str) -> String {
    escape(text.as_bytes()).replace("\\\\", "\\")
}

fn words(entry: &HistoryEntry) -> String {
    let mut words = vec![entry.action.word().to_owned()];
    if !entry.path.is_empty() {
        words.push(shown(&entry.path));
    }
    if !entry.to.is_empty() {
        words.push(format!("to {}", shown(&entry.to)));
    }
    if matches!(entry.action, HistoryAction::UPLOAD | HistoryAction::DOWNLOAD) {
        words.push(format!("({})", human(entry.size)));
    }
    if entry.result != HistoryResult::DONE {
        words.push(entry.result.word().to_owned());
    }
    words.push(format!("from {}", shown(&entry.peer)));
    let line = words.join(" ");
    if entry.text.is_empty() { line } else { format!("{line}: {}", shown(&entry.text)) }
}

fn object(entry: &HistoryEntry) -> Value {
    let mut time = String::new();
    push_rfc3339(entry.time, &mut time);
    json!({
        "time": time,
        "action": entry.action.word(),
        "result": entry.result.word(),
        "size": entry.size,
        "peer": entry.peer,
        "path": entry.path,
        "to": entry.to,
        "text": entry.text,
    })
}
