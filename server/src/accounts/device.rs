//! Devices that log in to an account with a key of their own, kept in `devices.toml`.

use super::lock::lock;
use super::{AccountName, Error, sections};
use crate::state_folder::StateFolder;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use data_encoding::HEXLOWER;
use ferry_protocol::limits::NAME_MAX;
use ferry_protocol::{DEVICE_EXPORTER_LEN, DeviceKey, DeviceLogin};
use jiff::Timestamp;
use serde::Serialize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// A device of an account.
#[derive(Debug)]
pub struct Device {
    /// By which its owner names it in commands: 8 hexadecimal digits.
    pub id: String,
    /// Its account.
    pub account: AccountName,
    /// What it calls itself.
    pub name: String,
    /// Its public key.
    pub key: DeviceKey,
    /// Since when it is known.
    pub enrolled: Timestamp,
    is_revoked: AtomicBool,
}

/// The devices as they lie in a state folder.
#[derive(Clone, Debug)]
pub struct DevicesFile(StateFolder);

const FILE_NAME: &str = "devices.toml";
const ID_BYTES: usize = 4;
/// Devices that one account may have.
const PER_ACCOUNT_MAX: usize = 200;
const HEAD: &str = "# Devices that log in without a password. `ferry-server devices` shows them, and \
                    `devices revoke ID` ends one.\n";

impl Device {
    /// A device that is enrolled now. Its name is cut to what a name may be.
    pub(super) fn new(account: AccountName, name: &str, key: DeviceKey, now: Timestamp) -> Self {
        let enrolled = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let mut name = name.to_owned();
        while name.len() > NAME_MAX {
            name.pop();
        }
        Self {
            id: id_of(key, &account),
            account,
            name,
            key,
            enrolled,
            is_revoked: AtomicBool::new(false),
        }
    }

    /// Whether `login` was signed by this device's key on the connection with this exporter value.
    pub(super) fn has_signed(
        &self,
        login: &DeviceLogin,
        exporter: &[u8; DEVICE_EXPORTER_LEN],
    ) -> bool {
        let text = DeviceLogin::signed_text(exporter, &login.account);
        let key = UnparsedPublicKey::new(&ED25519, &self.key.0);
        login.account == self.account.as_str() && key.verify(&text, &login.signature).is_ok()
    }

    /// Whether it was revoked since it was read; its sessions end then.
    pub fn is_revoked(&self) -> bool {
        self.is_revoked.load(Ordering::Acquire)
    }

    pub(super) fn revoke(&self) {
        self.is_revoked.store(true, Ordering::Release);
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.key, &self.account) == (other.key, &other.account)
    }
}

impl DevicesFile {
    /// Of a state folder that may not be there yet.
    pub fn of(state_dir: &Path) -> Self {
        Self(StateFolder::at(state_dir))
    }

    /// All devices.
    ///
    /// # Errors
    /// A file that cannot be read, or every mistake in it.
    pub fn read(&self) -> Result<Vec<Device>, Error> {
        sections::read(&self.0, FILE_NAME, "device", |section, reading| {
            let account =
                sections::value(section, "account", reading, |text| AccountName::parse(text).ok());
            let name = sections::value(section, "name", reading, |text| Some(text.to_owned()));
            let key = sections::value(section, "key", reading, sections::hex32);
            let enrolled = sections::value(section, "enrolled", reading, sections::time);
            // The id follows from key and account; it stands there for those who read.
            sections::value(section, "id", reading, |_| Some(()));
            Some(Device::new(account?, &name?, DeviceKey(key?), enrolled?))
        })
    }

    /// Takes a device away.
    ///
    /// # Errors
    /// [`Error::NoSuch`], and those of [`read`](Self::read).
    pub fn revoke(&self, id: &str) -> Result<Device, Error> {
        let _lock = lock(&self.0)?;
        let mut devices = self.read()?;
        let found = devices.iter().position(|device| device.id == id);
        let found = found.ok_or_else(|| Error::no_such("device", id, "devices"))?;
        let revoked = devices.remove(found);
        self.write(&devices)?;
        Ok(revoked)
    }

    pub(super) fn in_folder(state: &StateFolder) -> Self {
        Self(state.clone())
    }

    /// Takes all devices of an account away. The caller holds the lock.
    pub(super) fn remove_all_of(&self, account: &AccountName) -> Result<(), Error> {
        let mut devices = self.read()?;
        let before = devices.len();
        devices.retain(|device| device.account != *account);
        if devices.len() == before { Ok(()) } else { self.write(&devices) }
    }

    /// Whether a device is not there yet, and could be added.
    pub(super) fn is_new(&self, device: &Device) -> Result<bool, Error> {
        is_new(&self.read()?, device)
    }

    /// Adds a device. The caller holds the lock. One that is there already stays as it is.
    pub(super) fn add(&self, device: Device) -> Result<(), Error> {
        let mut devices = self.read()?;
        if !is_new(&devices, &device)? {
            return Ok(());
        }
        devices.push(device);
        self.write(&devices)
    }

    fn write(&self, devices: &[Device]) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Document {
            device: Vec<DeviceLine>,
        }
        let document = Document { device: devices.iter().map(DeviceLine::of).collect() };
        // Plain strings always serialize.
        let body = toml::to_string(&document).unwrap_or_default();
        Ok(self.0.write(FILE_NAME, format!("{HEAD}\n{body}").as_bytes())?)
    }
}

/// A device in the words of the file; also what `devices --json` tells.
#[derive(Serialize)]
pub(crate) struct DeviceLine {
    id: String,
    account: String,
    name: String,
    key: String,
    enrolled: String,
}

impl DeviceLine {
    pub(crate) fn of(device: &Device) -> Self {
        Self {
            id: device.id.clone(),
            account: device.account.to_string(),
            name: device.name.clone(),
            key: HEXLOWER.encode(&device.key.0),
            enrolled: device.enrolled.to_string(),
        }
    }
}

/// Whether a device is not among them; an error where its account may have no more.
fn is_new(devices: &[Device], device: &Device) -> Result<bool, Error> {
    if devices.iter().any(|known| known.is_same(device)) {
        return Ok(false);
    }
    let own = devices.iter().filter(|known| known.account == device.account).count();
    if own >= PER_ACCOUNT_MAX {
        return Err(Error::DevicesFull(device.account.clone()));
    }
    Ok(true)
}

fn id_of(key: DeviceKey, account: &AccountName) -> String {
    let text = [&key.0, account.as_str().as_bytes()].concat();
    let digest = blake3::hash(&text);
    HEXLOWER.encode(digest.as_bytes().get(..ID_BYTES).unwrap_or_default())
}
