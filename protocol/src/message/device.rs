//! Devices and invitations: logins that need no password.

use crate::limits::{CREDENTIAL_MAX, NAME_MAX};
use crate::{DecodeError, Reader, Secret, Writer};
use data_encoding::HEXLOWER;
use std::fmt;

/// Label of the TLS exporter (RFC 8446, section 7.5) whose value a device signs. Its context is empty.
pub const DEVICE_EXPORTER_LABEL: &[u8] = b"EXPORTER-ferry-device";

/// Bytes of the exporter's value.
pub const DEVICE_EXPORTER_LEN: usize = 32;

/// The public half of a device's Ed25519 key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceKey(pub [u8; 32]);

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(")?;
        HEXLOWER.encode_write(&self.0, f)?;
        f.write_str(")")
    }
}

/// Login with a device's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceLogin {
    /// Account that the device was enrolled for.
    pub account: String,
    /// The device's key.
    pub key: DeviceKey,
    /// Ed25519 signature of [`DeviceLogin::signed_text`].
    pub signature: [u8; 64],
}

impl DeviceLogin {
    /// What a device signs to log in to `account` on the connection with this exporter value. The
    /// value is another on every connection, so that a signature is good for one alone.
    #[must_use]
    pub fn signed_text(exporter: &[u8; DEVICE_EXPORTER_LEN], account: &str) -> Vec<u8> {
        let mut text = b"ferry/1 device login\n".to_vec();
        text.extend_from_slice(exporter);
        text.extend_from_slice(account.as_bytes());
        text
    }

    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.text(&self.account, CREDENTIAL_MAX).bytes(&self.key.0).bytes(&self.signature);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            account: reader.utf8(CREDENTIAL_MAX, "account name")?,
            key: DeviceKey(reader.array("device key")?),
            signature: reader.array("signature")?,
        })
    }
}

/// A device to be enrolled: its key, and the name by which its owner knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The public key.
    pub key: DeviceKey,
    /// Such as the host's name.
    pub name: String,
}

impl Device {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(&self.key.0).text(&self.name, NAME_MAX);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key: DeviceKey(reader.array("device key")?),
            name: reader.text(NAME_MAX, "device name")?,
        })
    }
}

/// The secret of an invitation: 128 random bits. It never prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InvitationSecret([u8; 16]);

impl InvitationSecret {
    /// Wraps the secret's bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The secret itself; never to be shown or logged.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for InvitationSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(invitation)")
    }
}

/// Redeems an invitation: enrols a device, and logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeem {
    /// The invitation.
    pub invitation: InvitationSecret,
    /// The device to be enrolled.
    pub device: Device,
    /// Password for an account that has none yet; empty leaves it without.
    pub password: Secret,
}

impl Redeem {
    pub(super) fn encode(&self, writer: &mut Writer<'_>) {
        writer.bytes(self.invitation.expose());
        self.device.encode(writer);
        writer.string(self.password.expose());
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            invitation: InvitationSecret::new(reader.array("invitation")?),
            device: Device::decode(reader)?,
            password: Secret::new(reader.string(CREDENTIAL_MAX, "password")?),
        })
    }
}
