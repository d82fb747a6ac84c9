//! What Ferry is measured beside, each started on a free loopback port and killed when dropped.

pub(super) mod ftp;
pub(super) mod nginx;
pub(super) mod pure_ftpd;
pub(super) mod rsync;
pub(super) mod vsftpd;
