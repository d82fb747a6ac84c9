//! `running.json`: where a running server is to be found, and the token that it listens to.

use crate::state_folder::{Error, StateFolder};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

/// The content of the file. It outlives a server that was killed; nobody trusts it unasked.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Running {
    /// Process id of the server.
    pub(super) pid: u32,
    /// Port of the control channel on 127.0.0.1.
    pub(super) port: u16,
    /// 256 random bits, in hexadecimal digits.
    pub(super) token: String,
}

const FILE_NAME: &str = "running.json";
const TOKEN_LEN: usize = 32;

impl Running {
    /// Of this process, with a new token.
    pub(super) fn new(port: u16) -> std::io::Result<Self> {
        let mut token = [0; TOKEN_LEN];
        getrandom::fill(&mut token)?;
        Ok(Self { pid: std::process::id(), port, token: HEXLOWER.encode(&token) })
    }

    /// As the state folder has it. What cannot be understood is as good as none: the next server
    /// writes it anew.
    pub(super) fn read(state: &StateFolder) -> Result<Option<Self>, Error> {
        let text = state.read(FILE_NAME)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    pub(super) fn write(&self, state: &StateFolder) -> Result<(), Error> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        state.write(FILE_NAME, &text)
    }

    pub(super) fn remove(state: &StateFolder) -> Result<(), Error> {
        state.remove(FILE_NAME)
    }
}
