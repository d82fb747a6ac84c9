//! How devices come to an account, and log in to it.

use super::device::{Device, DevicesFile};
use super::lock::lock;
use super::{Account, AccountName, Accounts, Error, InvitationsFile, PasswordHash};
use ferry_protocol::{DEVICE_EXPORTER_LEN, DeviceLogin, Redeem};
use jiff::Timestamp;
use std::net::IpAddr;
use std::sync::Arc;

/// An account, and the device that proved it.
pub type DeviceOfAccount = (Arc<Account>, Arc<Device>);

impl Accounts {
    /// The account and device of a login, if its signature is good on the connection with this
    /// exporter value.
    pub fn authenticate_device(
        &self,
        login: &DeviceLogin,
        exporter: &[u8; DEVICE_EXPORTER_LEN],
    ) -> Option<DeviceOfAccount> {
        let device = self.device(login)?;
        if !device.has_signed(login, exporter) || device.is_revoked() {
            return None;
        }
        Some((self.account(device.account.as_str())?, device))
    }

    /// Enrols a device for an account; durable on return.
    ///
    /// # Errors
    /// An account that has no devices, or as many as it may, and files that cannot be used.
    pub fn enrol(&self, account: &str, device: &ferry_protocol::Device) -> Result<(), Error> {
        let account = AccountName::parse(account)?;
        let _lock = lock(&self.state)?;
        self.file.expect_known(&account)?;
        let device = Device::new(account, &device.name, device.key, self.timestamp());
        DevicesFile::in_folder(&self.state).add(device)?;
        self.reload()
    }

    /// Redeems an invitation for somebody at `peer`: enrols the device for its account, and gives
    /// that a password if it has none. Durable on return. An invitation is spent before anything
    /// comes of it, and after everything that may keep the device out was looked at. Slow when a
    /// password is given.
    ///
    /// # Errors
    /// An invitation that does not let in, an account that does not, and those of
    /// [`enrol`](Self::enrol). A device that is there already has to show that it has its key, which
    /// this does not: to it the invitation is a used one.
    pub fn redeem(&self, redeem: &Redeem, peer: IpAddr) -> Result<DeviceOfAccount, Error> {
        if self.is_owners_alone() {
            return Err(Error::NotFromHere);
        }
        let password = redeem.password.expose();
        let hash = if password.is_empty() { None } else { Some(PasswordHash::new(password)?) };
        let name = {
            let _lock = lock(&self.state)?;
            let invitations = InvitationsFile::in_folder(&self.state);
            let now = self.clock.now();
            let name = invitations.account_of(&redeem.invitation, now)?;
            self.file.stored(&name)?.terms.expect_admitted(peer, now)?;
            let (key, called) = (redeem.device.key, &redeem.device.name);
            let device = Device::new(name.clone(), called, key, self.timestamp());
            let devices = DevicesFile::in_folder(&self.state);
            if !devices.is_new(&device)? {
                return Err(Error::InvitationUsed);
            }
            invitations.spend(&redeem.invitation, now)?;
            devices.add(device)?;
            name
        };
        if let Some(hash) = hash {
            self.file.change(&name, |stored| {
                stored.hash.get_or_insert(hash);
                Ok(())
            })?;
        }
        self.reload()?;
        let device = self.device_of(&name, redeem.device.key);
        let both = self.account(name.as_str()).zip(device);
        both.ok_or(Error::Unknown(name))
    }

    fn timestamp(&self) -> Timestamp {
        Timestamp::try_from(self.clock.now()).unwrap_or_default()
    }

    fn device(&self, login: &DeviceLogin) -> Option<Arc<Device>> {
        self.device_of(&AccountName::parse(&login.account).ok()?, login.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{AccountsFile, Clock, Expiry, StoredAccount, Terms};
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    use ferry_protocol::{Device as NewDevice, DeviceKey, InvitationSecret, Rights, Secret};
    use std::num::NonZeroU32;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    struct Place {
        state: tempfile::TempDir,
        accounts: Accounts,
        now: Arc<AtomicU64>,
    }

    impl Place {
        fn new() -> Self {
            let state = tempfile::tempdir().unwrap();
            let name = AccountName::parse("anna").unwrap();
            let terms = Terms::new(Rights::read_only());
            let account = StoredAccount { name, hash: None, terms };
            AccountsFile::of(state.path()).add(account).unwrap();
            let now = Arc::new(AtomicU64::new(1000));
            let told = Arc::clone(&now);
            let clock = Clock::new(move || at(told.load(Ordering::SeqCst)));
            let accounts = Accounts::open_at(state.path(), None, clock).unwrap();
            Self { state, accounts, now }
        }

        fn invite(&self, uses: u32) -> InvitationSecret {
            let anna = AccountName::parse("anna").unwrap();
            let expires = Expiry::parse_from("1h", at(1000)).unwrap();
            let uses = NonZeroU32::new(uses).unwrap();
            let file = InvitationsFile::of(self.state.path());
            file.make(&anna, expires, uses, at(1000)).unwrap().0
        }

        fn redeem(&self, invitation: InvitationSecret, key: u8) -> Result<DeviceOfAccount, Error> {
            let device = NewDevice { key: DeviceKey([key; 32]), name: "phone".to_owned() };
            let password = Secret::new(b"");
            self.accounts.redeem(&Redeem { invitation, device, password }, HERE)
        }
    }

    fn at(secs: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(secs)
    }

    #[test]
    fn a_device_logs_in_by_a_signature_of_this_connection_and_account_only() {
        let place = Place::new();
        let pair = Ed25519KeyPair::generate().unwrap();
        let key = DeviceKey(pair.public_key().as_ref().try_into().unwrap());
        let login = |exporter: [u8; 32], account: &str| {
            let text = DeviceLogin::signed_text(&exporter, account);
            let signature = pair.sign(&text).as_ref().try_into().unwrap();
            DeviceLogin { account: account.to_owned(), key, signature }
        };
        assert!(place.accounts.authenticate_device(&login([1; 32], "anna"), &[1; 32]).is_none());
        place.accounts.enrol("anna", &NewDevice { key, name: "laptop".to_owned() }).unwrap();
        let (account, device) =
            place.accounts.authenticate_device(&login([1; 32], "anna"), &[1; 32]).unwrap();
        assert_eq!((account.name.as_str(), device.name.as_str()), ("anna", "laptop"));
        assert!(place.accounts.authenticate_device(&login([1; 32], "anna"), &[2; 32]).is_none());
        let stolen = DeviceLogin { account: "anna".to_owned(), ..login([1; 32], "ben") };
        assert!(place.accounts.authenticate_device(&stolen, &[1; 32]).is_none());
        assert!(place.accounts.enrol("nobody", &NewDevice { key, name: String::new() }).is_err());

        DevicesFile::of(place.state.path()).revoke(&device.id).unwrap();
        place.accounts.reload().unwrap();
        assert!(device.is_revoked());
        assert!(place.accounts.authenticate_device(&login([1; 32], "anna"), &[1; 32]).is_none());
    }

    #[test]
    fn an_invitation_lets_in_as_often_as_it_says_and_no_longer() {
        let place = Place::new();
        let twice = place.invite(2);
        assert_eq!(place.redeem(twice, 1).unwrap().0.name, "anna");
        place.redeem(twice, 2).unwrap();
        assert!(matches!(place.redeem(twice, 3), Err(Error::InvitationUsed)));
        let late = place.invite(1);
        place.now.store(1000 + 3600, Ordering::SeqCst);
        assert!(matches!(place.redeem(late, 3), Err(Error::InvitationEnded)));
        let made_up = InvitationSecret::new([9; 16]);
        assert!(matches!(place.redeem(made_up, 3), Err(Error::InvitationUnknown)));
        assert_eq!(DevicesFile::of(place.state.path()).read().unwrap().len(), 2);
    }

    #[test]
    fn an_invitation_is_not_spent_where_nothing_comes_of_it() {
        let place = Place::new();
        let file = InvitationsFile::of(place.state.path());
        let uses_left = || file.read().unwrap()[0].uses_left;
        let invitation = place.invite(2);
        let anna = AccountName::parse("anna").unwrap();
        let set = |networks: &[&str]| {
            let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
            let change = |stored: &mut StoredAccount| {
                stored.terms.networks = networks;
                Ok(())
            };
            AccountsFile::of(place.state.path()).change(&anna, change).unwrap();
        };
        set(&["10.0.0.0/8"]);
        assert!(matches!(place.redeem(invitation, 1), Err(Error::NotFromHere)));
        set(&[]);
        let accounts = place.state.path().join("accounts.toml");
        let good = std::fs::read(&accounts).unwrap();
        std::fs::write(&accounts, "anna = 3").unwrap();
        assert!(matches!(place.redeem(invitation, 1), Err(Error::Mistakes(_))));
        std::fs::write(&accounts, good).unwrap();
        assert_eq!(uses_left(), 2);
        place.redeem(invitation, 1).unwrap();
        // Whoever knew the key of a device logged in as it by the same link, and did not even use it up.
        assert!(matches!(place.redeem(invitation, 1), Err(Error::InvitationUsed)));
        assert_eq!(uses_left(), 1);
        let device = |number: u8| {
            format!(
                "[[device]]\nid = \"\"\naccount = \"anna\"\nname = \"\"\nkey = \"{number:064x}\"\n\
                 enrolled = \"2026-11-26T00:00:00Z\"\n"
            )
        };
        let many: String = (1..=200).map(device).collect();
        std::fs::write(place.state.path().join("devices.toml"), many).unwrap();
        assert!(matches!(place.redeem(invitation, 201), Err(Error::DevicesFull(_))));
        assert_eq!(uses_left(), 1);
    }

    #[test]
    fn what_is_used_stays_used_over_a_restart_and_no_secret_is_kept() {
        let place = Place::new();
        let once = place.invite(1);
        place.redeem(once, 1).unwrap();
        let again = Accounts::open(place.state.path(), None).unwrap();
        let device = NewDevice { key: DeviceKey([2; 32]), name: String::new() };
        let redeem = Redeem { invitation: once, device, password: Secret::new(b"") };
        assert!(matches!(again.redeem(&redeem, HERE), Err(Error::InvitationUsed)));
        let kept = std::fs::read_to_string(place.state.path().join("invitations.toml")).unwrap();
        let digits = data_encoding::HEXLOWER.encode(once.expose());
        assert!(!kept.contains(&digits), "{kept}");
    }

    #[test]
    fn a_revoked_invitation_is_unknown() {
        let place = Place::new();
        let secret = place.invite(1);
        let file = InvitationsFile::of(place.state.path());
        let id = file.read().unwrap()[0].id.clone();
        file.revoke(&id).unwrap();
        assert!(file.revoke(&id).unwrap_err().to_string().contains("ferry-server links"));
        assert!(matches!(place.redeem(secret, 1), Err(Error::InvitationUnknown)));
    }

    /// An account is taken out of the file by hand; its devices and links are in files of their own.
    #[test]
    fn an_account_inherits_nothing_of_another_that_had_its_name() {
        let place = Place::new();
        let device = NewDevice { key: DeviceKey([1; 32]), name: "laptop".to_owned() };
        place.accounts.enrol("anna", &device).unwrap();
        let secret = place.invite(1);
        std::fs::write(place.state.path().join("accounts.toml"), "").unwrap();
        place.accounts.reload().unwrap();
        let name = AccountName::parse("anna").unwrap();
        let anna = StoredAccount { name, hash: None, terms: Terms::new(Rights::read_only()) };
        AccountsFile::of(place.state.path()).add(anna).unwrap();
        place.accounts.reload().unwrap();
        assert!(DevicesFile::of(place.state.path()).read().unwrap().is_empty());
        assert!(matches!(place.redeem(secret, 2), Err(Error::InvitationUnknown)));
    }

    #[test]
    fn a_password_is_set_once_and_only_where_there_was_none() {
        let place = Place::new();
        let twice = place.invite(2);
        for (key, password) in [(1, b"first!"), (2, b"second")] {
            let device = NewDevice { key: DeviceKey([key; 32]), name: String::new() };
            let password = Secret::new(password);
            let redeem = Redeem { invitation: twice, device, password };
            place.accounts.redeem(&redeem, HERE).unwrap();
        }
        assert!(place.accounts.authenticate("anna", b"first!").is_some());
        assert!(place.accounts.authenticate("anna", b"second").is_none());
    }
}
