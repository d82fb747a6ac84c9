//! The command lines of `link`, `links` and `devices`, as typed.

use clap::{Args, Subcommand};
use std::num::NonZeroU32;

/// What a link invites to.
#[derive(Clone, Debug, Args)]
pub struct LinkArguments {
    /// Account that it lets in; made if it is not there [default: a new one]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Until when: 2030-12-31, a time, or from now on as in 12h or 7d
    #[arg(long, value_name = "WHEN", default_value = "7d")]
    pub expires: String,
    /// How many devices may use it
    #[arg(long, value_name = "N", default_value = "1")]
    pub uses: NonZeroU32,
    /// Let a new account read only; it may write otherwise
    #[arg(long)]
    pub read_only: bool,
    /// Folder of the share that is a new account's root
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    /// Address under which others reach this server [default: found out]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub address: Option<String>,
    /// Show it as a QR code too
    #[arg(long)]
    pub qr: bool,
    /// One JSON object
    #[arg(long, conflicts_with = "qr")]
    pub json: bool,
}

/// What to do with links.
#[derive(Debug, Subcommand)]
pub enum LinksCommand {
    /// End a link that was not used yet; devices that it let in stay
    Revoke {
        /// Its id, as `links` shows it
        id: String,
    },
}

/// What to do with devices.
#[derive(Debug, Subcommand)]
pub enum DevicesCommand {
    /// End a device; its sessions end at once
    Revoke {
        /// Its id, as `devices` shows it
        id: String,
    },
}
