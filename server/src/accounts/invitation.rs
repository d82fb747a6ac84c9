//! Invitations: secrets of links, each good for some devices of one account and some time. Only
//! their digests are kept, in `invitations.toml`.

use super::lock::lock;
use super::{AccountName, Error, Expiry, sections};
use crate::state_folder::StateFolder;
use data_encoding::HEXLOWER;
use ferry_protocol::InvitationSecret;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::SystemTime;

/// An invitation as its maker sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// By which its maker names it in commands: 8 hexadecimal digits.
    pub id: String,
    /// The account that it lets in.
    pub account: AccountName,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub expires: Expiry,
    /// How often it may be used in all.
    pub uses: u32,
    /// How often it may still be used.
    pub uses_left: u32,
    digest: [u8; 32],
}

/// Where an invitation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationState {
    /// It lets in.
    Open,
    /// Its time is over.
    Ended,
    /// It was used as often as it may be.
    Used,
}

/// The invitations as they lie in a state folder.
#[derive(Clone, Debug)]
pub struct InvitationsFile(StateFolder);

const FILE_NAME: &str = "invitations.toml";
const ID_BYTES: usize = 4;
/// How long one that has ended is kept, so that its user is told so.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Invitations that are kept at once.
const COUNT_MAX: usize = 10_000;
const HEAD: &str = "# Invitations by links; only digests of their secrets. `ferry-server links` shows \
                    them, and\n# `links revoke ID` ends one.\n";

impl Invitation {
    /// Where it stands at `now`.
    pub fn state(&self, now: SystemTime) -> InvitationState {
        if self.uses_left == 0 {
            InvitationState::Used
        } else if self.expires.is_over(now) {
            InvitationState::Ended
        } else {
            InvitationState::Open
        }
    }
}

impl InvitationState {
    /// One word for a person.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ended => "expired",
            Self::Used => "used",
        }
    }
}

impl InvitationsFile {
    /// Of a state folder that may not be there yet.
    pub fn of(state_dir: &Path) -> Self {
        Self(StateFolder::at(state_dir))
    }

    /// All invitations, those that have ended lately too.
    ///
    /// # Errors
    /// A file that cannot be read, or every mistake in it.
    pub fn read(&self) -> Result<Vec<Invitation>, Error> {
        sections::read(&self.0, FILE_NAME, "invitation", |section, reading| {
            let account =
                sections::value(section, "account", reading, |text| AccountName::parse(text).ok());
            let digest = sections::value(section, "digest", reading, sections::hex32);
            let made = sections::value(section, "made", reading, sections::time);
            let expires =
                sections::value(section, "expires", reading, |text| Expiry::parse(text).ok());
            let uses = section.value::<u32>("uses", "a whole number", reading);
            let uses_left = section.value::<u32>("uses_left", "a whole number", reading);
            // The id follows from the digest; it stands there for those who read.
            sections::value(section, "id", reading, |_| Some(()));
            let digest = digest?;
            Some(Invitation {
                id: id_of(&digest),
                account: account?,
                made: made?,
                expires: expires?,
                uses: uses?.into_inner(),
                uses_left: uses_left?.into_inner(),
                digest,
            })
        })
    }

    /// Makes an invitation, and forgets those that ended long ago.
    ///
    /// # Errors
    /// Where there are too many, the system gives no random numbers, and those of
    /// [`read`](Self::read).
    pub fn make(
        &self,
        account: &AccountName,
        expires: Expiry,
        uses: NonZeroU32,
        now: SystemTime,
    ) -> Result<(InvitationSecret, Invitation), Error> {
        let _lock = lock(&self.0)?;
        let mut all = self.read()?;
        all.retain(|invitation| !invitation.expires.plus(KEPT).is_over(now));
        if all.len() >= COUNT_MAX {
            return Err(Error::InvitationsFull);
        }
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|err| Error::Random(err.to_string()))?;
        let secret = InvitationSecret::new(bytes);
        let digest = digest_of(&secret);
        let made = Timestamp::try_from(now).unwrap_or_default();
        let invitation = Invitation {
            id: id_of(&digest),
            account: account.clone(),
            made: Timestamp::from_second(made.as_second()).unwrap_or(made),
            expires,
            uses: uses.get(),
            uses_left: uses.get(),
            digest,
        };
        all.push(invitation.clone());
        self.write(&all)?;
        Ok((secret, invitation))
    }

    /// Takes an invitation away.
    ///
    /// # Errors
    /// [`Error::NoSuch`], and those of [`read`](Self::read).
    pub fn revoke(&self, id: &str) -> Result<Invitation, Error> {
        let _lock = lock(&self.0)?;
        let mut all = self.read()?;
        let found = all.iter().position(|invitation| invitation.id == id);
        let found = found.ok_or_else(|| Error::no_such("invitation", id, "links"))?;
        let revoked = all.remove(found);
        self.write(&all)?;
        Ok(revoked)
    }

    pub(super) fn in_folder(state: &StateFolder) -> Self {
        Self(state.clone())
    }

    /// Takes all invitations of an account away. The caller holds the lock.
    pub(super) fn remove_all_of(&self, account: &AccountName) -> Result<(), Error> {
        let mut all = self.read()?;
        let before = all.len();
        all.retain(|invitation| invitation.account != *account);
        if all.len() == before { Ok(()) } else { self.write(&all) }
    }

    /// The account that an invitation lets in now.
    pub(super) fn account_of(
        &self,
        secret: &InvitationSecret,
        now: SystemTime,
    ) -> Result<AccountName, Error> {
        open(&mut self.read()?, secret, now).map(|invitation| invitation.account.clone())
    }

    /// Uses an invitation once; durable on return. The caller holds the lock.
    pub(super) fn spend(&self, secret: &InvitationSecret, now: SystemTime) -> Result<(), Error> {
        let mut all = self.read()?;
        open(&mut all, secret, now)?.uses_left -= 1;
        self.write(&all)
    }

    fn write(&self, all: &[Invitation]) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Document {
            invitation: Vec<Line>,
        }
        let document = Document { invitation: all.iter().map(Line::of).collect() };
        // Plain values always serialize.
        let body = toml::to_string(&document).unwrap_or_default();
        Ok(self.0.write(FILE_NAME, format!("{HEAD}\n{body}").as_bytes())?)
    }
}

#[derive(Serialize)]
struct Line {
    id: String,
    account: String,
    digest: String,
    made: String,
    expires: String,
    uses: u32,
    uses_left: u32,
}

impl Line {
    fn of(invitation: &Invitation) -> Self {
        Self {
            id: invitation.id.clone(),
            account: invitation.account.to_string(),
            digest: HEXLOWER.encode(&invitation.digest),
            made: invitation.made.to_string(),
            expires: invitation.expires.to_string(),
            uses: invitation.uses,
            uses_left: invitation.uses_left,
        }
    }
}

/// The invitation of this secret, if it lets in at `now`.
fn open<'a>(
    all: &'a mut [Invitation],
    secret: &InvitationSecret,
    now: SystemTime,
) -> Result<&'a mut Invitation, Error> {
    let digest = digest_of(secret);
    let found = all.iter_mut().find(|invitation| invitation.digest == digest);
    let invitation = found.ok_or(Error::InvitationUnknown)?;
    match invitation.state(now) {
        InvitationState::Open => Ok(invitation),
        InvitationState::Ended => Err(Error::InvitationEnded),
        InvitationState::Used => Err(Error::InvitationUsed),
    }
}

/// A random secret needs no slow hash.
fn digest_of(secret: &InvitationSecret) -> [u8; 32] {
    *blake3::hash(secret.expose()).as_bytes()
}

fn id_of(digest: &[u8; 32]) -> String {
    HEXLOWER.encode(digest.get(..ID_BYTES).unwrap_or_default())
}
