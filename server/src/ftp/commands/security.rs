//! AUTH, PBSZ, PROT (RFC 2228 and RFC 4217).

use crate::door::Turn;
use crate::ftp::command::{Served, done};
use crate::ftp::control::ControlConnection;
use crate::ftp::dialogue::Dialogue;
use crate::ftp::refusal::Refusal;
use crate::ftp::reply::Reply;
use crate::ftp::work::Work;
use std::io;

/// AUTH (RFC 4217, section 4). What came behind it in plain is forgotten, never run.
pub(in crate::ftp) fn auth(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    let is_known = ["TLS", "TLS-C", "SSL"]
        .iter()
        .any(|mechanism| argument.eq_ignore_ascii_case(mechanism.as_bytes()));
    if !is_known {
        return done(504, "The mechanism here is TLS.");
    }
    if control.channel.is_encrypted() {
        return done(503, "TLS is on already.");
    }
    if control.session.is_some() {
        // RFC 2228, section 3, has the login begin anew; so does a new connection.
        return done(503, "You are logged in; connect again, and send AUTH first.");
    }
    control.work = Work::Encrypting;
    done(234, "Begin TLS.")
}

/// PBSZ (RFC 4217, section 8): TLS needs no buffer size.
pub(in crate::ftp) fn pbsz(
    control: &mut ControlConnection,
    _: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    if !control.channel.is_encrypted() {
        return done(503, "Send AUTH TLS first.");
    }
    control.dialogue.has_buffer_size = true;
    done(200, "PBSZ=0")
}

/// PROT (RFC 4217, section 9).
pub(in crate::ftp) fn prot(
    control: &mut ControlConnection,
    argument: &[u8],
    _: &mut Turn<'_>,
) -> Result<Served, Refusal> {
    if !control.dialogue.has_buffer_size {
        return done(503, "Send PBSZ 0 first.");
    }
    match argument {
        b"P" | b"p" => {
            control.dialogue.is_private = true;
            done(200, "Data connections are encrypted.")
        }
        b"C" | b"c" if control.may_be_plain() => {
            control.dialogue.is_private = false;
            done(200, "Data connections are plain.")
        }
        b"C" | b"c" => done(534, "Data connections must be encrypted here."),
        b"S" | b"s" | b"E" | b"e" => done(536, "TLS protects by P only."),
        _ => done(504, "Send PROT P or PROT C."),
    }
}

impl ControlConnection {
    /// Encrypts this connection; the reply that says so is out. All that was said in plain is
    /// forgotten, but for how often the password was wrong.
    pub(in crate::ftp) fn encrypt(&mut self) -> io::Result<()> {
        self.lines.clear();
        self.held.clear();
        let failed_logins = self.dialogue.failed_logins;
        self.dialogue = Dialogue { failed_logins, ..Dialogue::default() };
        let config = self.door.tls.control(self.session_key());
        self.channel.encrypt(&config, &self.door.metrics)?;
        self.expect_handshake(false);
        Ok(())
    }

    /// Encrypts data connections unless the client says otherwise: programs that begin with TLS, as
    /// no RFC says, take that for granted.
    pub(in crate::ftp) fn protect_data(&mut self) {
        (self.dialogue.has_buffer_size, self.dialogue.is_private) = (true, true);
    }

    /// Whether a data connection may be opened as things are.
    pub(in crate::ftp) fn check_protection(&self) -> Result<(), Refusal> {
        if !self.dialogue.is_private && !self.may_be_plain() {
            return Err(Reply::new(521, "Data connections must be encrypted: send PROT P.").into());
        }
        Ok(())
    }
}
