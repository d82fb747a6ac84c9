//! A server is forgotten: its key, and that this device is let in there without a password.

use ferry_client::Address;
use ferry_client::trust::{Enrolments, KnownServers};
use std::io;
use std::path::Path;

/// Forgets the server of a saved address. One that was not known is no error.
pub(super) fn forget(state_folder: &Path, address: &str) -> io::Result<()> {
    let parsed = Address::parse_typed(address);
    let server =
        parsed.map_err(|err| io::Error::new(io::ErrorKind::InvalidInput, err.to_string()))?;
    KnownServers::in_folder(state_folder).forget(&server.authority())?;
    Enrolments::in_folder(state_folder).forget(&server.authority())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferry_client::trust::Fingerprint;

    #[test]
    fn key_and_enrolment_of_one_server_go_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let known = KnownServers::in_folder(folder.path());
        let enrolled = Enrolments::in_folder(folder.path());
        for server in ["harbour:3000", "harbour:4000", "[fe80::1]:3000"] {
            known.pin(server, Fingerprint::of_public_key(b"key")).unwrap();
            enrolled.add(server, "ana").unwrap();
        }
        for address in ["ferry://ana@harbour:3000/photos", "ferry://[fe80::1]:3000/"] {
            forget(folder.path(), address).unwrap();
            forget(folder.path(), address).unwrap();
        }
        let left: Vec<String> = known.all().unwrap().into_iter().map(|one| one.server).collect();
        assert_eq!(left, ["harbour:4000"]);
        let left: Vec<String> = enrolled.all().unwrap().into_iter().map(|one| one.server).collect();
        assert_eq!(left, ["harbour:4000"]);
    }
}
