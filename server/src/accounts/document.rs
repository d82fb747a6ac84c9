//! The text of `accounts.toml`: read with every mistake told, and written anew.

use super::expiry::EXPIRY_EXPECTED;
use super::terms::RATE_MIN;
use super::{AccountName, Expiry, Folder, PasswordHash, StoredAccount, Terms, sections};
use crate::config::{
    AMOUNT_EXPECTED, Amount, Mistake, Mistakes, Network, RIGHTS_EXPECTED, Reading, RightsWords,
    Section,
};
use ferry_protocol::{RemotePath, Rights};
use jiff::Timestamp;
use serde::Serialize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

const HEAD: &str = "# Accounts of this server. `ferry-server user` writes this file anew and keeps \
                    no comments;\n# after an edit by hand, `ferry-server reload` acts on it.\n";

/// Says what is wrong with a folder that is named.
pub(crate) type FolderCheck<'c> = &'c dyn Fn(&Path) -> Result<(), Mistake>;

/// All accounts of a text, and what is wrong with it.
pub(super) fn parse(
    path: &Path,
    text: &str,
    check: FolderCheck<'_>,
) -> (Vec<StoredAccount>, Mistakes) {
    let mut reading = Reading::new(path, text);
    let mut root = reading.root();
    let mut accounts: Vec<StoredAccount> = Vec::new();
    for section in root.sections("account", &mut reading) {
        let span = section.span();
        let Some(account) = account(section, check, &mut reading) else {
            continue;
        };
        if accounts.iter().any(|stored| stored.name == account.name) {
            let what = format!("there is a second account {}", account.name);
            reading.mistake(span, what, "remove one of them");
        } else {
            accounts.push(account);
        }
    }
    root.end(&mut reading);
    (accounts, reading.finish())
}

fn account<'t>(
    section: Spanned<Section<'t>>,
    check: FolderCheck<'_>,
    reading: &mut Reading<'t>,
) -> Option<StoredAccount> {
    let span = section.span();
    let mut section = section.into_inner();
    let name = section.value::<String>("name", "\"a name\"", reading);
    let password = section.value::<String>("password", "\"$argon2id$…\"", reading);
    let rights = section.value::<RightsWords>("rights", RIGHTS_EXPECTED, reading);
    let granted = rights.as_ref().map_or_else(Rights::none, |rights| rights.get_ref().0);
    let terms = Terms { rights: granted, ..terms(&mut section, check, reading) };
    let is_complete = name.is_some() && rights.is_some();
    section.end(reading);
    if !is_complete {
        let what = "this account lacks a valid name or rights";
        reading.mistake(span, what, "write both, or remove it and use `user add`");
    }
    let name = name.and_then(|name| match AccountName::parse(name.get_ref()) {
        Ok(name) => Some(name),
        Err(err) => {
            reading.mistake(name.span(), err.to_string(), "rename the account");
            None
        }
    });
    let hash = match password {
        None => None,
        Some(password) => Some(hash(&password, reading)?),
    };
    rights?;
    Some(StoredAccount { name: name?, hash, terms })
}

fn hash(password: &Spanned<String>, reading: &mut Reading<'_>) -> Option<PasswordHash> {
    let hash = PasswordHash::parse(password.get_ref());
    if hash.is_none() {
        let what = "the password is not an Argon2id hash of the kind that this server makes";
        reading.mistake(password.span(), what, "set it with `ferry-server user passwd NAME`");
    }
    hash
}

fn terms<'t>(
    section: &mut Section<'t>,
    check: FolderCheck<'_>,
    reading: &mut Reading<'t>,
) -> Terms {
    Terms {
        rights: Rights::none(),
        root: place(section, "root", check, reading),
        folders: folders(section, check, reading),
        quota: amount(section, "quota", 0, reading),
        up_rate: amount(section, "up_rate", RATE_MIN, reading),
        down_rate: amount(section, "down_rate", RATE_MIN, reading),
        connections: connections(section, reading),
        networks: networks(section, reading),
        expires: expires(section, reading),
        added: added(section, reading),
    }
}

fn plain<T>(value: Option<Spanned<T>>) -> Option<T> {
    value.map(Spanned::into_inner)
}

/// A folder of this computer.
fn place<'t>(
    section: &mut Section<'t>,
    word: &'static str,
    check: FolderCheck<'_>,
    reading: &mut Reading<'t>,
) -> Option<PathBuf> {
    let folder = section.value::<PathBuf>(word, "\"/path/of/a/folder\"", reading)?;
    if let Err(mistake) = check(folder.get_ref()) {
        let (what, remedy) = mistake.into_parts();
        reading.mistake(folder.span(), what, remedy);
    }
    plain(Some(folder))
}

fn amount<'t>(
    section: &mut Section<'t>,
    word: &'static str,
    least: u64,
    reading: &mut Reading<'t>,
) -> Option<u64> {
    let amount = section.value::<Amount>(word, AMOUNT_EXPECTED, reading)?;
    if amount.get_ref().0 >= least {
        return Some(amount.get_ref().0);
    }
    let what = format!("`{word}` cannot be {}", amount.get_ref());
    reading.mistake(amount.span(), what, format!("write {} or more", Amount(least)));
    None
}

fn connections<'t>(section: &mut Section<'t>, reading: &mut Reading<'t>) -> Option<usize> {
    let count = section.value::<usize>("connections", "a whole number from 1", reading)?;
    if *count.get_ref() > 0 {
        return plain(Some(count));
    }
    reading.mistake(count.span(), "`connections` cannot be 0", "write a number from 1");
    None
}

fn networks<'t>(section: &mut Section<'t>, reading: &mut Reading<'t>) -> Vec<Network> {
    let expected = "[\"10.0.0.0/8\", \"2001:db8::1\"]";
    let Some(texts) = section.value::<Vec<Spanned<String>>>("networks", expected, reading) else {
        return Vec::new();
    };
    let mut networks = Vec::new();
    for text in texts.into_inner() {
        match parse_network(text.get_ref()) {
            Ok(network) => networks.push(network),
            Err(what) => reading.mistake(text.span(), what, "mend or remove it"),
        }
    }
    networks
}

/// An address, or a network with the length of its prefix.
pub(crate) fn parse_network(text: &str) -> Result<Network, String> {
    let shown = || ferry_protocol::escape(text.as_bytes());
    text.parse().map_err(|what| format!("`{}` is {what}", shown()))
}

fn expires<'t>(section: &mut Section<'t>, reading: &mut Reading<'t>) -> Option<Expiry> {
    let text = section.value::<String>("expires", EXPIRY_EXPECTED, reading)?;
    match Expiry::parse(text.get_ref()) {
        Ok(expiry) => Some(expiry),
        Err(what) => {
            reading.mistake(text.span(), what, "mend or remove it");
            None
        }
    }
}

fn added<'t>(section: &mut Section<'t>, reading: &mut Reading<'t>) -> Option<Timestamp> {
    let text = section.value::<String>("added", "\"2030-12-31T12:00:00Z\"", reading)?;
    let time = sections::time(text.get_ref());
    if time.is_none() {
        reading.mistake(text.span(), "`added` is not a time", "mend or remove it");
    }
    time
}

fn folders<'t>(
    section: &mut Section<'t>,
    check: FolderCheck<'_>,
    reading: &mut Reading<'t>,
) -> Vec<Folder> {
    let mut folders: Vec<Folder> = Vec::new();
    for section in section.sections("folder", reading) {
        let span = section.span();
        let Some(folder) = folder(section, check, reading) else { continue };
        if folders.iter().any(|known| known.path == folder.path) {
            let what = format!("there is a second folder {} of this account", folder.path);
            reading.mistake(span, what, "remove one of them");
        } else {
            folders.push(folder);
        }
    }
    folders
}

fn folder<'t>(
    section: Spanned<Section<'t>>,
    check: FolderCheck<'_>,
    reading: &mut Reading<'t>,
) -> Option<Folder> {
    let span: Range<usize> = section.span();
    let mut section = section.into_inner();
    let path = section.value::<String>("path", "\"/folder\"", reading);
    let rights = section.value::<RightsWords>("rights", RIGHTS_EXPECTED, reading);
    let mount = place(&mut section, "mount", check, reading);
    section.end(reading);
    let Some(path) = path else {
        reading.mistake(span, "this folder lacks a path", "write path = \"/folder\"");
        return None;
    };
    let parsed = parse_folder_path(path.get_ref());
    let folder = parsed.and_then(|path| {
        let rights = plain(rights).map(|rights| rights.0);
        Folder { path, rights, mount }.checked()
    });
    match folder {
        Ok(folder) => Some(folder),
        Err(what) => {
            reading.mistake(path.span(), what, "mend or remove it");
            None
        }
    }
}

/// A path as the account sees it.
pub(crate) fn parse_folder_path(text: &str) -> Result<RemotePath, String> {
    let path = RemotePath::parse(text.trim_end_matches('/').as_bytes());
    path.map_err(|err| format!("`{}` cannot be: {err}", ferry_protocol::escape(text.as_bytes())))
}

/// The text of these accounts.
pub(super) fn render(accounts: &[StoredAccount]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        account: Vec<Line<'a>>,
    }
    let document = Document { account: accounts.iter().map(Line::of).collect() };
    // Plain values always serialize; no accounts are an empty list of sections.
    let body = toml::to_string(&document).unwrap_or_default();
    format!("{HEAD}\n{body}")
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(flatten)]
    terms: TermsLine<'a>,
}

/// Terms in the words of the file; also what `user list --json` tells.
#[derive(Serialize)]
pub(crate) struct TermsLine<'a> {
    rights: RightsWords,
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    up_rate: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    down_rate: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    networks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<String>,
    #[serde(rename = "folder", skip_serializing_if = "Vec::is_empty")]
    folders: Vec<FolderLine<'a>>,
}

#[derive(Serialize)]
struct FolderLine<'a> {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rights: Option<RightsWords>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mount: Option<&'a Path>,
}

impl<'a> Line<'a> {
    fn of(stored: &'a StoredAccount) -> Self {
        let password = stored.hash.as_ref().map(PasswordHash::expose);
        Self { name: stored.name.as_str(), password, terms: TermsLine::of(&stored.terms) }
    }
}

impl<'a> TermsLine<'a> {
    pub(crate) fn of(terms: &'a Terms) -> Self {
        Self {
            rights: RightsWords(terms.rights),
            root: terms.root.as_deref(),
            quota: terms.quota.map(Amount),
            up_rate: terms.up_rate.map(Amount),
            down_rate: terms.down_rate.map(Amount),
            connections: terms.connections,
            networks: terms.networks.iter().map(ToString::to_string).collect(),
            expires: terms.expires.map(|expiry| expiry.to_string()),
            added: terms.added.map(|time| time.to_string()),
            folders: terms.folders.iter().map(FolderLine::of).collect(),
        }
    }
}

impl<'a> FolderLine<'a> {
    fn of(folder: &'a Folder) -> Self {
        Self {
            path: String::from_utf8_lossy(&folder.path.to_wire()).into_owned(),
            rights: folder.rights.map(RightsWords),
            mount: folder.mount.as_deref(),
        }
    }
}
