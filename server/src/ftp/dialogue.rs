//! What a control connection remembers from one command to the next.

use super::data::DataPlan;
use super::list_format::Facts;
use crate::service::Algorithm;
use ferry_protocol::RemotePath;

/// The state of a dialogue.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    /// The name that USER gave, until PASS follows.
    pub(super) user: Option<String>,
    /// Passwords that were wrong.
    pub(super) failed_logins: u32,
    /// TYPE.
    pub(super) representation: Representation,
    /// REST, for the transfer that follows at once.
    pub(super) restart: u64,
    /// ALLO, for the upload that follows.
    pub(super) expected: u64,
    /// RNFR, for the RNTO that follows at once.
    pub(super) rename_from: Option<RemotePath>,
    /// PBSZ came.
    pub(super) has_buffer_size: bool,
    /// PROT P: data connections are encrypted.
    pub(super) is_private: bool,
    /// EPSV ALL: no other way to a data connection is taken any more.
    pub(super) is_epsv_only: bool,
    /// PASV, EPSV, PORT or EPRT, for the transfer that follows.
    pub(super) data: DataPlan,
    /// OPTS MLST.
    pub(super) facts: Facts,
    /// OPTS HASH.
    pub(super) algorithm: Algorithm,
}

/// How content is represented on its way (RFC 959, section 3.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Representation {
    /// Lines end in CR LF.
    Ascii,
    /// As it is; also where a client says nothing, which RFC 959 wants to be ASCII: too many
    /// files were spoiled that way.
    #[default]
    Image,
}
