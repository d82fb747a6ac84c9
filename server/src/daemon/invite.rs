//! An invitation from wish to link: the account that it lets in, its secret, and the address.

use super::control::{Reply, Wish, ask};
use super::failure::Failure;
use super::link::KnownBy;
use super::user;
use crate::accounts::{
    AccountName, AccountsFile, Error, Expiry, InvitationsFile, StoredAccount, Terms,
};
use crate::config::{self, Findings, ServeArguments};
use crate::identity::{self, Identity};
use crate::state_folder::StateFolder;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use ferry_protocol::{InvitationSecret, RemotePath, Rights};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What a link is wished to invite to.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Account that it lets in; `None` makes a new one.
    pub user: Option<String>,
    /// Until when, as in `7d` or `2030-12-31`.
    pub expires: String,
    /// How many devices may use it.
    pub uses: NonZeroU32,
    /// Whether a new account may only read.
    pub read_only: bool,
    /// Folder of the share that is a new account's root.
    pub path: Option<String>,
    /// `HOST[:PORT]` under which others reach the server; `None` finds it out.
    pub address: Option<String>,
}

/// A link that invites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// What the other side opens.
    pub link: String,
    /// By which the invitation is revoked.
    pub id: String,
    /// The account that it lets in.
    pub account: String,
    /// Until when.
    pub expires: Expiry,
}

/// Makes the account if it is not there, the invitation, and the link.
pub(super) fn invite(state: &StateFolder, wish: &Invite) -> Result<Invited, Failure> {
    let now = SystemTime::now();
    let expires = Expiry::parse_from(&wish.expires, now).map_err(Failure::refused)?;
    let place = Place::find(state, wish.address.as_deref())?;
    let account = account(state, wish, place.share.as_deref())?;
    let invitations = InvitationsFile::of(state.path());
    let (secret, invitation) =
        invitations.make(&account, expires, wish.uses, now).map_err(Failure::refused)?;
    Ok(Invited {
        link: place.link(&account, &secret),
        id: invitation.id,
        account: account.to_string(),
        expires,
    })
}

/// Where others reach the server, and what a link says of its key.
struct Place {
    authority: String,
    key: Option<String>,
    share: Option<PathBuf>,
}

impl Place {
    fn find(state: &StateFolder, address: Option<&str>) -> Result<Self, Failure> {
        let named = address.map(with_port);
        match ask(state, Wish::Status).map(|answered| answered.reply) {
            Ok(Reply::Status(report)) => {
                let link = report.link.trim_start_matches("ferry://");
                let (found, key) = link.split_once('/').unwrap_or((link, ""));
                Ok(Self {
                    authority: named.unwrap_or_else(|| found.to_owned()),
                    key: key.strip_prefix('#').map(str::to_owned),
                    share: Some(PathBuf::from(report.share)),
                })
            }
            Ok(other) => Err(Failure::refused(super::verbs::unexpected(&other))),
            Err(absent) => {
                let identity = identity(state).map_err(Failure::refused)?;
                let both = named.zip(identity);
                let (authority, identity) = both.ok_or_else(|| Failure::refused(absent))?;
                Ok(Self { authority, key: KnownBy::of(&identity).key(), share: None })
            }
        }
    }

    fn link(&self, account: &AccountName, secret: &InvitationSecret) -> String {
        let Self { authority, key, .. } = self;
        let key = key.as_ref().map(|key| format!("{key}&")).unwrap_or_default();
        let invitation = BASE32_NOPAD.encode(secret.expose()).to_ascii_lowercase();
        format!("ferry://{account}@{authority}/#{key}i={invitation}")
    }
}

/// What a server that does not run will show, as far as its configuration lies beside its state.
fn identity(state: &StateFolder) -> Result<Option<Identity>, identity::Error> {
    let read = Findings::read(&ServeArguments::default(), Some(state.path()));
    match read.tls {
        Some(files) => Identity::of_files(&files).map(Some),
        None => Identity::load(state.path()),
    }
}

/// `HOST` with the usual port, where none is named.
fn with_port(address: &str) -> String {
    let host = address.rsplit_once(']').map_or(address, |(_, rest)| rest);
    if host.contains(':') {
        return address.to_owned();
    }
    format!("{address}:{}", ferry_protocol::limits::DEFAULT_PORT)
}

fn account(
    state: &StateFolder,
    wish: &Invite,
    share: Option<&Path>,
) -> Result<AccountName, Failure> {
    let file = AccountsFile::of(state.path());
    let name = match &wish.user {
        Some(name) => user::parse(name)?,
        None => new_name()?,
    };
    match file.expect_known(&name) {
        Ok(()) if wish.read_only || wish.path.is_some() => {
            return Err(Failure::refused(format!(
                "the account {name} is there already; change what it may do with `ferry-server user \
                 set {name}`, and leave --read-only and --path away"
            )));
        }
        Ok(()) => return Ok(name),
        Err(Error::Unknown(_)) => {}
        Err(err) => return Err(Failure::refused(err)),
    }
    let terms = new_terms(state, wish, share)?;
    let account = StoredAccount { name: name.clone(), hash: None, terms };
    file.add(account).map_err(Failure::refused)?;
    Ok(name)
}

fn new_terms(state: &StateFolder, wish: &Invite, share: Option<&Path>) -> Result<Terms, Failure> {
    let rights = if wish.read_only { Rights::read_only() } else { Rights::read_write() };
    let mut terms = Terms::new(rights);
    let Some(typed) = &wish.path else { return Ok(terms) };
    let path = RemotePath::parse(typed.trim_end_matches('/').as_bytes());
    let path = path.map_err(|err| Failure::refused(format!("--path: {err}")))?;
    if !path.is_root() {
        let below = String::from_utf8_lossy(path.as_relative_bytes()).into_owned();
        if let Some(share) = share {
            config::check_folder(&share.join(&below), state.path()).map_err(Failure::refused)?;
        }
        terms.root = Some(PathBuf::from(below));
    }
    Ok(terms)
}

/// A name that nobody has.
fn new_name() -> Result<AccountName, Failure> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(Failure::refused)?;
    user::parse(&format!("link-{}", HEXLOWER.encode(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_added_where_there_is_none() {
        for (typed, whole) in [
            ("nas.example", "nas.example:3000"),
            ("nas.example:4", "nas.example:4"),
            ("[2001:db8::1]", "[2001:db8::1]:3000"),
            ("[2001:db8::1]:4", "[2001:db8::1]:4"),
        ] {
            assert_eq!(with_port(typed), whole);
        }
    }
}
