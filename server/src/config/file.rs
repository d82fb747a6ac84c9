//! The configuration file: the words of the command line, `durability`, and sections.

use super::{
    Access, AuditSettings, Durability, FtpConfig, Limits, ListenOn, Mistake, Mistakes,
    PenaltyRules, Reading, Section, TlsFiles, UndoLimits,
};
use super::{WORKERS_MAX, limits};
use ferry_protocol::limits::{DEFAULT_PORT, WELCOME_TEXT_MAX};
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::Spanned;

/// What a file says; `None` where it is silent.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) share: Option<PathBuf>,
    pub(super) listen: Option<ListenOn>,
    pub(super) guest: Option<Access>,
    pub(super) welcome: Option<String>,
    pub(super) name: Option<String>,
    pub(super) workers: Option<u16>,
    pub(super) durability: Option<Durability>,
    pub(super) ftp: Option<FtpConfig>,
    pub(super) limits: Limits,
    pub(super) penalties: PenaltyRules,
    pub(super) undo: UndoLimits,
    pub(super) audit: AuditSettings,
    pub(super) sandbox: Option<bool>,
    pub(super) tls: Option<TlsFiles>,
}

impl Settings {
    /// Reads a file; adds what is wrong with it to `mistakes`.
    pub(super) fn read(path: &Path, mistakes: &mut Mistakes) -> Self {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let mut reading = Reading::new(path, &text);
                let settings = Self::parse(path, &mut reading);
                mistakes.append(reading.finish());
                settings
            }
            Err(err) => {
                let remedy = "name a readable file with --config FILE";
                mistakes.push(Mistake::in_file(path, format!("cannot be read: {err}"), remedy));
                Self::default()
            }
        }
    }

    pub(super) fn parse(path: &Path, reading: &mut Reading<'_>) -> Self {
        let mut root = reading.root();
        let folder = path.parent().unwrap_or(path);
        let settings = Self {
            share: root
                .value::<PathBuf>("share", "\"/path/of/the/folder\"", reading)
                .map(|share| folder.join(share.into_inner())),
            listen: listen(&mut root, reading),
            guest: plain(root.value("guest", "\"read\" or \"write\"", reading)),
            welcome: short_text(&mut root, "welcome", reading),
            name: short_text(&mut root, "name", reading),
            workers: workers(&mut root, reading),
            durability: plain(root.value("durability", "\"file\", \"group\" or \"none\"", reading)),
            ftp: root.section("ftp", reading).map(|section| FtpConfig::read(section, reading)),
            sandbox: plain(root.value("sandbox", "true or false", reading)),
            limits: root.section("limits", reading).map_or_else(Limits::default, |section| {
                let mut limits = Limits::default();
                read_limits(section, &mut limits, reading);
                limits
            }),
            tls: root
                .section("tls", reading)
                .and_then(|section| TlsFiles::read(section, folder, reading)),
            undo: root
                .section("undo", reading)
                .map_or_else(UndoLimits::default, |section| UndoLimits::read(section, reading)),
            penalties: root
                .section("penalties", reading)
                .map_or_else(PenaltyRules::default, |section| PenaltyRules::read(section, reading)),
            audit: root.section("audit", reading).map_or_else(AuditSettings::default, |section| {
                AuditSettings::read(section, reading)
            }),
        };
        root.end(reading);
        settings
    }
}

pub(super) fn plain<T>(value: Option<Spanned<T>>) -> Option<T> {
    value.map(Spanned::into_inner)
}

fn listen<'t>(root: &mut Section<'t>, reading: &mut Reading<'t>) -> Option<ListenOn> {
    let text = root.value::<String>("listen", "\"ADDR:PORT\", in quotes", reading)?;
    listen_on(&text, DEFAULT_PORT, reading)
}

/// Reads a place to listen on; `default_port` where none is named.
pub(super) fn listen_on(
    text: &Spanned<String>,
    default_port: u16,
    reading: &mut Reading<'_>,
) -> Option<ListenOn> {
    match ListenOn::parse(text.get_ref(), default_port) {
        Ok(listen) => Some(listen),
        Err(err) => {
            let (what, remedy) = err.split_once(": ").unwrap_or((&err, "mend it"));
            let shown = ferry_protocol::escape(text.get_ref().as_bytes());
            reading.mistake(text.span(), format!("`{shown}` is {what}"), remedy);
            None
        }
    }
}

fn short_text<'t>(
    root: &mut Section<'t>,
    word: &'static str,
    reading: &mut Reading<'t>,
) -> Option<String> {
    let text = root.value::<String>(word, "\"a text in quotes\"", reading)?;
    if text.get_ref().len() <= WELCOME_TEXT_MAX {
        return plain(Some(text));
    }
    let what = format!("`{word}` is too long");
    reading.mistake(text.span(), what, format!("write at most {WELCOME_TEXT_MAX} bytes"));
    None
}

fn workers<'t>(root: &mut Section<'t>, reading: &mut Reading<'t>) -> Option<u16> {
    let expected = format!("a number from 1 to {WORKERS_MAX}");
    let count = root.value::<u16>("workers", &expected, reading)?;
    if (1..=WORKERS_MAX).contains(count.get_ref()) {
        return plain(Some(count));
    }
    let what = format!("`workers` cannot be {}", count.get_ref());
    reading.mistake(count.span(), what, format!("write workers = {expected}"));
    None
}

fn read_limits<'t>(mut section: Section<'t>, limits: &mut Limits, reading: &mut Reading<'t>) {
    if let Some(count) = whole_number(&mut section, "connections_max", reading) {
        limits.connections_max = count;
        limits.before_login_max = limits::before_login_max(count);
    }
    for (word, count) in [
        ("connections_per_address", &mut limits.connections_per_address),
        ("connections_per_account", &mut limits.connections_per_account),
        ("before_login_max", &mut limits.before_login_max),
        ("before_login_per_address", &mut limits.before_login_per_address),
    ] {
        if let Some(value) = whole_number(&mut section, word, reading) {
            *count = value;
        }
    }
    for (word, duration) in [
        ("handshake_secs", &mut limits.handshake),
        ("login_secs", &mut limits.login),
        ("message_secs", &mut limits.message),
        ("idle_secs", &mut limits.idle),
        ("stall_secs", &mut limits.stall),
        ("drain_secs", &mut limits.drain),
        ("linger_secs", &mut limits.linger),
        ("busy_after_secs", &mut limits.busy_after),
        ("part_lifetime_secs", &mut limits.part_lifetime),
    ] {
        if let Some(value) = seconds(&mut section, word, reading) {
            *duration = value;
        }
    }
    section.end(reading);
}

pub(super) fn whole_number<'t>(
    section: &mut Section<'t>,
    word: &'static str,
    reading: &mut Reading<'t>,
) -> Option<usize> {
    let count = section.value::<usize>(word, "a whole number from 1", reading)?;
    if *count.get_ref() > 0 {
        return plain(Some(count));
    }
    reading.mistake(count.span(), format!("`{word}` cannot be 0"), "write a number from 1");
    None
}

/// Seconds with or without a fraction.
pub(super) fn seconds<'t>(
    section: &mut Section<'t>,
    word: &'static str,
    reading: &mut Reading<'t>,
) -> Option<Duration> {
    let value = section.value::<f64>(word, "a number of seconds, such as 10 or 0.5", reading)?;
    let duration = Duration::try_from_secs_f64(*value.get_ref()).ok();
    let fits = |duration: &Duration| (limits::SHORTEST..=limits::LONGEST).contains(duration);
    if let Some(duration) = duration.filter(fits) {
        return Some(duration);
    }
    let what = format!("`{word}` cannot be {}", value.get_ref());
    reading.mistake(value.span(), what, "write seconds from 0.001 to 315360000 (ten years)");
    None
}
