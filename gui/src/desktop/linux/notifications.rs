//! Notifications of the desktop, by the session bus. One thread shows them; where there is no bus
//! or nobody who shows them, they are lost, and the window has said the same.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use zbus::Connection;
use zbus::zvariant::Value;

/// Shows notifications.
#[derive(Debug, Default)]
pub(super) struct Notifications {
    outbox: Option<SyncSender<Notification>>,
}

#[derive(Debug)]
struct Notification {
    summary: String,
    body: String,
}

/// Notifications that may wait; more are lost.
const WAITING_MAX: usize = 8;
const SERVICE: &str = "org.freedesktop.Notifications";
const OBJECT: &str = "/org/freedesktop/Notifications";
/// The icon and the desktop file.
const APP_ID: &str = "ferry-gui";
/// As long as the desktop shows them.
const LIFETIME_DEFAULT: i32 = -1;

impl Notifications {
    /// Shows one, soon. Returns at once.
    pub(super) fn show(&mut self, summary: &str, body: &str) {
        let notification = Notification { summary: summary.to_owned(), body: escape(body) };
        let outbox = self.outbox.get_or_insert_with(|| {
            let (outbox, waiting) = sync_channel(WAITING_MAX);
            thread::Builder::new()
                .name("notifications".to_owned())
                .spawn(move || pollster::block_on(show_all(&waiting)).ok())
                .ok();
            outbox
        });
        outbox.try_send(notification).ok();
    }
}

async fn show_all(waiting: &Receiver<Notification>) -> zbus::Result<()> {
    let session = Connection::session().await?;
    while let Ok(notification) = waiting.recv() {
        show_one(&session, &notification).await?;
    }
    Ok(())
}

async fn show_one(session: &Connection, notification: &Notification) -> zbus::Result<()> {
    let hints = HashMap::from([("desktop-entry", Value::from(APP_ID))]);
    let actions: &[&str] = &[];
    let Notification { summary, body } = notification;
    let message = ("Ferry", 0_u32, APP_ID, summary, body, actions, hints, LIFETIME_DEFAULT);
    session.call_method(Some(SERVICE), OBJECT, Some(SERVICE), "Notify", &message).await.map(drop)
}

/// The body may hold markup; names of files must not.
fn escape(body: &str) -> String {
    body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_no_markup() {
        assert_eq!(super::escape("<b>&"), "&lt;b&gt;&amp;");
    }
}
