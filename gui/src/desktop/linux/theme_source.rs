//! Whether the system prefers dark windows, and when that changes: the desktop portal says so. A
//! thread of its own asks, since the question may start the portal.

use super::Wake;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use zbus::export::ordered_stream::OrderedStreamExt as _;
use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, Proxy};

/// What the portal says.
#[derive(Debug, Default)]
pub(super) struct ThemeSource {
    scheme: Arc<AtomicU8>,
}

const UNKNOWN: u8 = 0;
const DARK: u8 = 1;
const LIGHT: u8 = 2;

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const OBJECT: &str = "/org/freedesktop/portal/desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
const APPEARANCE: &str = "org.freedesktop.appearance";
const COLOR_SCHEME: &str = "color-scheme";

impl ThemeSource {
    /// Begins to ask, and to follow.
    pub(super) fn start(&self, wake: Wake) {
        let scheme = Arc::clone(&self.scheme);
        // Without a thread the theme is the one that the app has by itself.
        thread::Builder::new()
            .name("theme".to_owned())
            .spawn(move || {
                let followed = pollster::block_on(follow(|now| {
                    scheme.store(now, Ordering::Relaxed);
                    wake();
                }));
                // A desktop without a portal has no preference to follow.
                followed.ok();
            })
            .ok();
    }

    pub(super) fn prefers_dark(&self) -> Option<bool> {
        match self.scheme.load(Ordering::Relaxed) {
            DARK => Some(true),
            LIGHT => Some(false),
            _ => None,
        }
    }
}

/// Tells what the preference is, and again whenever it changes, until the session ends.
async fn follow(tell: impl Fn(u8)) -> zbus::Result<()> {
    let session = Connection::session().await?;
    let settings = Proxy::new(&session, PORTAL, OBJECT, SETTINGS).await?;
    let mut changes = settings.receive_signal("SettingChanged").await?;
    let now: OwnedValue = settings.call("Read", &(APPEARANCE, COLOR_SCHEME)).await?;
    tell(scheme_of(&now));
    while let Some(change) = changes.next().await {
        let body = change.body();
        let (space, key, value): (String, String, Value<'_>) = body.deserialize()?;
        if space == APPEARANCE && key == COLOR_SCHEME {
            tell(scheme_of(&value));
        }
    }
    Ok(())
}

/// An answer may be wrapped more than once.
fn scheme_of(value: &Value<'_>) -> u8 {
    match value {
        Value::Value(inner) => scheme_of(inner),
        Value::U32(1) => DARK,
        // "No preference" is what desktops say whose user chose light.
        Value::U32(_) => LIGHT,
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_unwrapped() {
        let twice = Value::Value(Box::new(Value::Value(Box::new(Value::U32(1)))));
        assert_eq!(scheme_of(&twice), DARK);
        assert_eq!(scheme_of(&Value::U32(2)), LIGHT);
        assert_eq!(scheme_of(&Value::U32(0)), LIGHT);
        assert_eq!(scheme_of(&Value::from("dark")), UNKNOWN);
        let source = ThemeSource::default();
        assert_eq!(source.prefers_dark(), None);
        source.scheme.store(LIGHT, Ordering::Relaxed);
        assert_eq!(source.prefers_dark(), Some(false));
    }
}
