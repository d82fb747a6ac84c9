use super::*;
use crate::sys;
use ferry_protocol::RemotePath;
use std::fs::File;
use std::io::Write as _;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;
use std::time::Duration;

fn stored(name: &str, password: &str, rights: Rights) -> StoredAccount {
    StoredAccount {
        name: AccountName::parse(name).unwrap(),
        hash: Some(PasswordHash::new(password.as_bytes()).unwrap()),
        terms: Terms::new(rights),
    }
}

#[test]
fn accounts_log_in_with_their_password_only() {
    let state = tempfile::tempdir().unwrap();
    let file = AccountsFile::of(state.path());
    file.add(stored("anna", "one", Rights::read_write())).unwrap();
    file.add(stored("ben", "two", Rights::read_only())).unwrap();
    let accounts = Accounts::open(state.path(), None).unwrap();
    assert_eq!(accounts.count(), 2);
    assert_eq!(accounts.authenticate("anna", b"one").unwrap().rights(), Rights::read_write());
    assert_eq!(accounts.authenticate("ben", b"two").unwrap().rights(), Rights::read_only());
    assert!(accounts.authenticate("anna", b"two").is_none());
    assert!(accounts.authenticate("nobody", b"one").is_none());
    assert!(accounts.authenticate("", b"").is_none());
    assert!(!file.is_open_to_others());
}

#[test]
fn a_guest_is_there_only_when_asked_for() {
    let state = tempfile::tempdir().unwrap();
    let none = Accounts::open(state.path(), None).unwrap();
    assert!(none.is_empty() && none.guest().is_none() && none.account("").is_none());
    let guest = Accounts::open(state.path(), Some(Rights::read_only())).unwrap();
    assert!(!guest.is_empty());
    assert_eq!(guest.guest().unwrap().rights(), Rights::read_only());
    assert!(guest.account("").is_some());
}

#[test]
fn a_reload_keeps_the_unchanged_and_renews_the_changed() {
    let state = tempfile::tempdir().unwrap();
    let file = AccountsFile::of(state.path());
    for name in ["same", "changed", "removed"] {
        file.add(stored(name, "one", Rights::read_only())).unwrap();
    }
    let accounts = Accounts::open(state.path(), None).unwrap();
    let before = ["same", "changed"].map(|name| accounts.account(name).unwrap());
    let changed = AccountName::parse("changed").unwrap();
    file.set_password(&changed, PasswordHash::new(b"two").unwrap()).unwrap();
    file.remove(&AccountName::parse("removed").unwrap()).unwrap();
    accounts.reload().unwrap();
    assert!(Arc::ptr_eq(&before[0], &accounts.account("same").unwrap()));
    assert!(!Arc::ptr_eq(&before[1], &accounts.account("changed").unwrap()));
    assert!(accounts.account("removed").is_none());
    assert!(accounts.authenticate("changed", b"two").is_some());
}

#[test]
fn other_terms_keep_the_login_and_another_password_does_not() {
    let state = tempfile::tempdir().unwrap();
    let file = AccountsFile::of(state.path());
    file.add(stored("anna", "one", Rights::read_only())).unwrap();
    let accounts = Accounts::open(state.path(), None).unwrap();
    let before = accounts.account("anna").unwrap();
    let anna = AccountName::parse("anna").unwrap();
    let change = |stored: &mut StoredAccount| {
        stored.terms.quota = Some(5);
        Ok(())
    };
    file.change(&anna, change).unwrap();
    accounts.reload().unwrap();
    let slower = accounts.account("anna").unwrap();
    assert_eq!(slower.terms.quota, Some(5));
    assert!(slower.has_login_of(&before));
    file.set_password(&anna, PasswordHash::new(b"two").unwrap()).unwrap();
    accounts.reload().unwrap();
    assert!(!accounts.account("anna").unwrap().has_login_of(&before));
}

/// A reload that had read the devices before one was revoked put them all back afterwards: the
/// command had said "done", and the device logged in again.
#[test]
fn a_reload_that_began_earlier_does_not_bring_a_revoked_device_back() {
    let state = tempfile::tempdir().unwrap();
    AccountsFile::of(state.path()).add(stored("anna", "one", Rights::read_only())).unwrap();
    let accounts = &Accounts::open(state.path(), None).unwrap();
    let (anna, key) = (AccountName::parse("anna").unwrap(), DeviceKey([1; 32]));
    let laptop = ferry_protocol::Device { key, name: "laptop".to_owned() };
    accounts.enrol("anna", &laptop).unwrap();
    let device = accounts.device_of(&anna, key).unwrap();
    let path = state.path().join("devices.toml");
    let text = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    sys::make_pipe(File::open(state.path()).unwrap(), b"devices.toml").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| accounts.reload().unwrap());
        // Opens once the reload has begun to read, which then waits for the rest.
        let mut earlier = File::options().write(true).open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let (ended, has_ended) = mpsc::sync_channel(1);
        scope.spawn(move || {
            accounts.reload().unwrap();
            ended.send(()).ok();
        });
        // It waits for the earlier one, and had come first where it did not.
        has_ended.recv_timeout(Duration::from_millis(200)).unwrap_err();
        earlier.write_all(&text).unwrap();
    });
    assert!(accounts.device_of(&anna, key).is_none());
    assert!(device.is_revoked());
}

#[test]
fn an_account_without_a_password_is_not_logged_in_by_one() {
    let state = tempfile::tempdir().unwrap();
    let file = AccountsFile::of(state.path());
    file.add(StoredAccount { hash: None, ..stored("anna", "one", Rights::read_only()) }).unwrap();
    let accounts = Accounts::open(state.path(), None).unwrap();
    assert!(accounts.account("anna").is_some());
    assert!(accounts.authenticate("anna", b"one").is_none());
    assert!(accounts.authenticate("anna", b"").is_none());
}

#[test]
fn all_terms_survive_the_file() {
    let state = tempfile::tempdir().unwrap();
    let file = AccountsFile::of(state.path());
    let path = |text: &str| RemotePath::parse(text.as_bytes()).unwrap();
    let terms = Terms {
        rights: Rights::none(),
        root: Some("/srv/anna".into()),
        folders: vec![
            Folder {
                path: path("/in/box"),
                rights: Some(Rights::WRITE.and(Rights::MAKE)),
                mount: None,
            },
            Folder { path: path("/photos"), rights: None, mount: Some("/srv/photos".into()) },
        ],
        quota: Some(10 << 30),
        up_rate: Some(1 << 20),
        down_rate: Some(500_000),
        connections: Some(3),
        networks: vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        expires: Some(Expiry::parse("2030-12-31").unwrap()),
        added: None,
    };
    let account = StoredAccount { terms: terms.clone(), ..stored("anna", "one", Rights::none()) };
    file.add(account).unwrap();
    let read = file.read().unwrap();
    assert!(read[0].terms.added.is_some());
    let terms = Terms { added: read[0].terms.added, ..terms };
    assert_eq!(read[0].terms, terms, "{}", std::fs::read_to_string(file.path()).unwrap());
}

/// Nothing told one that was written by hand from another of its name.
#[test]
fn an_account_that_was_written_by_hand_begins_when_it_is_seen_first() {
    let state = tempfile::tempdir().unwrap();
    let file = AccountsFile::of(state.path()).path();
    let text = "[[account]]\nname = \"anna\"\nrights = \"read\"\n";
    std::fs::write(&file, text).unwrap();
    let open = || Accounts::open(state.path(), None).unwrap();
    let id = |accounts: &Accounts| accounts.account("anna").map(|account| account.id());
    let accounts = open();
    let first = id(&accounts).unwrap();
    accounts.reload().unwrap();
    assert_eq!((id(&accounts), id(&open())), (Some(first.clone()), Some(first.clone())));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "the file is its owner's");
    std::fs::write(&file, "").unwrap();
    accounts.reload().unwrap();
    std::fs::write(&file, text).unwrap();
    assert_ne!(id(&open()).unwrap(), first, "it was gone when a server looked");
}

#[test]
fn mistakes_of_terms_are_told_with_their_lines() {
    let state = tempfile::tempdir().unwrap();
    let file = AccountsFile::of(state.path());
    let text = "[[account]]\nname = \"anna\"\nrights = \"write\"\nquota = \"much\"\n\
                up_rate = \"1 B\"\nconnections = 0\nnetworks = [\"10.0.0.0/8\", \"here\"]\n\
                expires = \"soon\"\n[[account.folder]]\nrights = \"read\"\n\
                [[account.folder]]\npath = \"/a/../b\"\nrights = \"read\"\n\
                [[account.folder]]\npath = \"/a/b\"\nmount = \"/srv\"\n";
    std::fs::write(file.path(), text).unwrap();
    let told = file.read().unwrap_err().to_string();
    for (line, words) in [
        (4, "`quota` cannot have this value"),
        (5, "`up_rate` cannot be 1 B; write 16 KiB or more"),
        (6, "`connections` cannot be 0"),
        (7, "`here` is not an address or a network"),
        (8, "`soon` is no date"),
        (9, "lacks a path"),
        (12, "/a/../b"),
        (15, "too deep"),
    ] {
        let place = format!("accounts.toml:{line}: ");
        let is_told = |told: &str| told.contains(&place) && told.contains(words);
        assert!(told.lines().any(is_told), "{place}{words} is not in:\n{told}");
    }
}

#[test]
fn a_damaged_file_leaves_the_accounts_as_they_were() {
    let state = tempfile::tempdir().unwrap();
    let file = AccountsFile::of(state.path());
    file.add(stored("anna", "one", Rights::read_only())).unwrap();
    let accounts = Accounts::open(state.path(), None).unwrap();
    std::fs::write(file.path(), "[[account]]\nname = \"anna\"\n").unwrap();
    accounts.reload().unwrap_err();
    assert!(accounts.account("anna").is_some());
    assert!(file.remove(&AccountName::parse("anna").unwrap()).is_err(), "not overwritten either");
}

#[test]
fn every_mistake_of_the_file_is_told_with_its_line() {
    let state = tempfile::tempdir().unwrap();
    let file = AccountsFile::of(state.path());
    file.add(stored("anna", "one", Rights::read_only())).unwrap();
    let good = std::fs::read_to_string(file.path()).unwrap();
    let first = good.lines().count();
    let again: String = good.split_inclusive('\n').skip(3).collect();
    let bad = "[[account]]\nname = \"Ben\"\npassword = \"plain\"\nrights = \"all\"\nquotas = 1\n";
    std::fs::write(file.path(), format!("{good}{again}{bad}")).unwrap();
    let text = file.read().unwrap_err().to_string();
    let bad_at = first + again.lines().count();
    for (line, words) in [
        (first + 1, "second account anna"),
        (bad_at + 1, "lacks a valid name or rights"),
        (bad_at + 2, "lower case"),
        (bad_at + 3, "not an Argon2id hash"),
        (bad_at + 4, "write rights = \"read\", \"write\""),
        (bad_at + 5, "unknown word `quotas` in [account]"),
    ] {
        let place = format!("accounts.toml:{line}: ");
        let told = |told: &str| told.contains(&place) && told.contains(words);
        assert!(text.lines().any(told), "{place}{words} is not in:\n{text}");
    }
}

#[test]
fn edits_at_the_same_time_lose_nothing() {
    let state = tempfile::tempdir().unwrap();
    let hash = PasswordHash::new(b"one").unwrap();
    std::thread::scope(|scope| {
        for index in 0..8 {
            let (state, hash) = (state.path(), hash.clone());
            scope.spawn(move || {
                let name = AccountName::parse(&format!("user{index}")).unwrap();
                let terms = Terms::new(Rights::read_only());
                let account = StoredAccount { name, hash: Some(hash), terms };
                AccountsFile::of(state).add(account).unwrap();
            });
        }
    });
    assert_eq!(AccountsFile::of(state.path()).read().unwrap().len(), 8);
}

#[test]
fn names_are_taken_once_and_unknown_ones_are_told() {
    let state = tempfile::tempdir().unwrap();
    let file = AccountsFile::of(state.path());
    file.add(stored("anna", "one", Rights::read_only())).unwrap();
    let taken = file.add(stored("anna", "two", Rights::read_only())).unwrap_err().to_string();
    assert!(taken.contains("user passwd anna"), "{taken}");
    let ben = AccountName::parse("ben").unwrap();
    assert!(file.remove(&ben).unwrap_err().to_string().contains("user list"));
    file.remove(&AccountName::parse("anna").unwrap()).unwrap();
    assert!(file.read().unwrap().is_empty());
}

#[test]
fn an_owner_is_in_no_file_and_no_file_can_take_its_name() {
    let state = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(state.path(), None).unwrap().with_owner();
    let secret = accounts.admit_owner().unwrap().unwrap();
    let other = accounts.admit_owner().unwrap().unwrap();
    assert!(!accounts.is_empty() && accounts.count() == 0);
    let owner = accounts.authenticate(OWNER_NAME, secret.expose().as_bytes()).unwrap();
    assert_eq!(owner.rights(), Rights::read_write());
    assert!(Arc::ptr_eq(&owner, &accounts.account(OWNER_NAME).unwrap()), "tokens hold good");
    for wrong in [b"".as_slice(), b"secret", &secret.expose().as_bytes()[1..]] {
        assert!(accounts.authenticate(OWNER_NAME, wrong).is_none());
    }
    let again = accounts.authenticate(OWNER_NAME, secret.expose().as_bytes());
    assert!(again.is_none(), "a secret is good for one login");
    assert!(accounts.authenticate(OWNER_NAME, other.expose().as_bytes()).is_some());
    assert!(AccountName::parse(OWNER_NAME).is_err());
    let without = Accounts::open(state.path(), None).unwrap();
    assert!(without.authenticate(OWNER_NAME, secret.expose().as_bytes()).is_none());
    assert!(without.account(OWNER_NAME).is_none() && without.admit_owner().unwrap().is_none());
}

#[test]
fn nobody_but_the_owner_is_admitted_until_others_are_let_in() {
    let state = tempfile::tempdir().unwrap();
    let ben = stored("ben", "anchor", Rights::read_only());
    AccountsFile::of(state.path()).add(ben).unwrap();
    let accounts = Accounts::open(state.path(), None).unwrap();
    let id = accounts.account("ben").unwrap().id();
    let accounts = accounts.with_owner();
    let told = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&told);
    accounts.watch(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    for is_open in [false, true, false] {
        accounts.admit_none_but_owner(!is_open);
        assert_eq!(accounts.authenticate("ben", b"anchor").is_some(), is_open);
        assert_eq!(accounts.account("ben").is_some(), is_open);
        assert!(accounts.account(OWNER_NAME).is_some());
        assert!(accounts.is_there(&id), "what is Ben's stays Ben's");
    }
    assert_eq!(told.load(Ordering::SeqCst), 3, "so that sessions end at once");
}

#[test]
fn guests_come_and_go_while_the_server_runs() {
    let state = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(state.path(), None).unwrap();
    accounts.set_guest(Some(Rights::read_only()));
    let reading = accounts.guest().unwrap();
    accounts.set_guest(Some(Rights::read_only()));
    assert!(Arc::ptr_eq(&reading, &accounts.account("").unwrap()), "the same session goes on");
    accounts.set_guest(Some(Rights::read_write()));
    assert_eq!(accounts.guest().unwrap().rights(), Rights::read_write());
    accounts.set_guest(None);
    assert!(accounts.account("").is_none());
}
