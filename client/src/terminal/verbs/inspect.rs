//! Verbs that only look: `stat`, `digest`, `df`, `status`.

use crate::terminal::entry_lines::{kind_name, push_permissions};
use crate::terminal::failure::Result;
use crate::terminal::screen::{Screen, insert_name};
use crate::terminal::session::Session;
use crate::terminal::size::{duration, grouped, human};
use crate::terminal::target::RemoteTarget;
use crate::terminal::time::push_rfc3339;
use ferry_protocol::{Entry, Range, RemotePath, Timestamp, escape};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Shows all that is known of each place.
pub(crate) fn stat(session: &mut Session, places: &[RemoteTarget]) -> Result {
    session.each(places, |session, place| {
        let entry = session.client.stat(&place.path)?;
        let object = stat_object(&place.path, &entry);
        let text = stat_text(&place.path, &entry, &session.screen);
        Ok(session.screen.result(&object, &text)?)
    })
}

/// Shows the digest of each file, as `b3sum` does.
pub(crate) fn digest(session: &mut Session, places: &[RemoteTarget]) -> Result {
    session.each(places, |session, place| {
        let stored = session.client.digest(&place.path, Range::ALL)?;
        let mut fields = path_fields(&place.path);
        fields.insert("digest".to_owned(), json!(stored.digest.to_string()));
        fields.insert("size".to_owned(), json!(stored.file_size));
        fields.insert("modified".to_owned(), json!(rfc3339(stored.modified)));
        let text = format!("{}  {}", stored.digest, place.path);
        Ok(session.screen.result(&Value::Object(fields), &text)?)
    })
}

/// Shows the space that is left at each place.
pub(crate) fn space(session: &mut Session, places: &[RemoteTarget]) -> Result {
    session.each(places, |session, place| {
        let space = session.client.space(&place.path)?;
        let mut fields = path_fields(&place.path);
        fields.insert("total".to_owned(), json!(space.total));
        fields.insert("available".to_owned(), json!(space.available));
        let (available, total) = (human(space.available), human(space.total));
        let text = format!("{available} of {total} available at {}", place.path);
        Ok(session.screen.result(&Value::Object(fields), &text)?)
    })
}

/// Shows how session and server are.
pub(crate) fn status(session: &mut Session) -> Result {
    let status = session.client.status()?;
    let server = session.client.server().to_owned();
    let fingerprint = session.client.fingerprint().to_string();
    let account = if status.account.is_empty() { "guest" } else { status.account.as_str() };
    let object = json!({
        "server": server,
        "fingerprint": fingerprint,
        "account": status.account,
        "uptime_ms": status.uptime_ms,
        "connections": status.connections,
        "now": rfc3339(status.now),
    });
    let mut now = String::new();
    session.screen.clock.push_long(status.now, &mut now);
    let text = format!(
        "server:       {server} ({})\nfingerprint:  {fingerprint}\naccount:      {}\n\
         connections:  {}\nrunning for:  {}\nits clock:    {now}",
        escape(session.client.welcome().program.as_bytes()),
        escape(account.as_bytes()),
        status.connections,
        duration(Duration::from_millis(status.uptime_ms)),
    );
    Ok(session.screen.result(&object, &text)?)
}

fn stat_object(path: &RemotePath, entry: &Entry) -> Value {
    let mut fields = path_fields(path);
    fields.insert("kind".to_owned(), json!(kind_name(entry.kind)));
    fields.insert("size".to_owned(), json!(entry.size));
    fields.insert("modified".to_owned(), json!(rfc3339(entry.modified)));
    let permissions = format!("{:04o}", entry.permissions.mode());
    fields.insert("permissions".to_owned(), json!(permissions));
    if entry.flags.linked {
        fields.insert("linked".to_owned(), json!(true));
    }
    Value::Object(fields)
}

fn stat_text(path: &RemotePath, entry: &Entry, screen: &Screen) -> String {
    let mut text = format!("{path}\n  kind:         {}", kind_name(entry.kind));
    if entry.flags.linked {
        text.push_str(", by a link");
    }
    let (mut modified, mut permissions) = (String::new(), String::new());
    screen.clock.push_long(entry.modified, &mut modified);
    push_permissions(entry.permissions, &mut permissions);
    let (exact, short) = (grouped(entry.size), human(entry.size));
    let mode = entry.permissions.mode();
    text + &format!(
        "\n  size:         {exact} bytes ({short})\n  modified:     {modified}\n  \
         permissions:  {mode:04o} {permissions}"
    )
}

/// The last name under `name`, as in a listing, and the whole path under `path`.
fn path_fields(path: &RemotePath) -> Map<String, Value> {
    let mut fields = Map::new();
    let name = path.names().next_back().unwrap_or(b"/");
    insert_name(&mut fields, "name", name);
    insert_name(&mut fields, "path", &path.to_wire());
    fields
}

fn rfc3339(time: Timestamp) -> String {
    let mut text = String::new();
    push_rfc3339(time, &mut text);
    text
}
