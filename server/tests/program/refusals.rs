//! What is refused, and whether a person can tell why and what to do.

use crate::place::{Foreground, Place, Told};
use std::fs;
#[cfg(target_os = "linux")]
use std::net::TcpListener;
use std::process::Command;

#[test]
fn without_account_and_guest_nothing_starts() {
    let place = Place::new();
    for verb in ["serve", "start"] {
        let told = place.run_on_share(&[verb]);
        told.refuses(&["ferry-server user add NAME", "--guest read"]);
    }
    place.add_account("anna").says(&["added anna"]);
    place.run_on_share(&["start"]).says(&["ferry://"]);
    place.run(&["stop"]).says(&["stopped"]);
}

#[test]
fn a_folder_that_cannot_be_shared_is_told() {
    let place = Place::new();
    let file = place.share().join("file");
    fs::write(&file, "").unwrap();
    for (folder, word) in [(place.share().join("no"), "make it first"), (file, "not a folder")] {
        for verb in ["serve", "start", "check"] {
            let mut command = place.command(&[verb, "--guest", "read"]);
            let told = Told::of(&command.arg(&folder).output().unwrap());
            assert_eq!(told.code, 1, "{told:?}");
            assert!(format!("{}{}", told.out, told.err).contains(word), "{told:?}");
        }
    }
}

#[test]
fn a_folder_that_cannot_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    fs::set_permissions(place.share(), fs::Permissions::from_mode(0o000)).unwrap();
    // To the superuser everything is readable.
    if fs::read_dir(place.share()).is_err() {
        place.run_on_share(&["serve", "--guest", "read"]).refuses(&["let this user read it"]);
    }
    fs::set_permissions(place.share(), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_state_folder_inside_the_share_is_refused() {
    let place = Place::new();
    let inside = place.share().join("state");
    let link = place.base.path().join("link");
    std::os::unix::fs::symlink(place.share(), &link).unwrap();
    for state in [inside, link.join("deep/state")] {
        let output = Command::new(env!("CARGO_BIN_EXE_ferry-server"))
            .args(["serve", "--guest", "read", "--listen", "127.0.0.1:0", "--state-dir"])
            .args([&state, &place.share()])
            .output()
            .unwrap();
        Told::of(&output).refuses(&["inside the shared folder", "--state-dir"]);
        assert_eq!(fs::read_dir(place.share()).unwrap().count(), 0, "nothing was made there");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_taken_port_names_its_process() {
    let place = Place::new();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let pid = format!("process {} (", std::process::id());
    for verb in ["serve", "start"] {
        let mut command = place.command(&[verb, "--guest", "read", "--listen", &address]);
        let told = Told::of(&command.arg(place.share()).output().unwrap());
        told.refuses(&[&address, &pid, "--listen"]);
    }
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    drop(Foreground::serve(&place, &["--guest", "read"]));
    let key = place.state().join("key.pem");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    place.run_on_share(&["serve", "--guest", "read"]).refuses(&["chmod 600"]);
    let started = place.run_on_share(&["start", "--guest", "read"]);
    started.refuses(&["did not start", "server.log", "chmod 600"]);
}

#[test]
fn wrong_use_is_64_and_help_is_0() {
    let place = Place::new();
    for words in [
        &["dance"][..],
        &["serve"],
        &["start", "--workers", "0"],
        &["serve", "--listen", "localhost", "x"],
        &["serve", "--guest", "admin", "x"],
        &["user", "add"],
        &["status", "--yaml"],
    ] {
        let told = place.run(words);
        assert_eq!(told.code, 64, "{words:?}: {told:?}");
        assert!(told.out.is_empty() && !told.err.is_empty(), "{told:?}");
    }
    let help = Command::new(env!("CARGO_BIN_EXE_ferry-server")).arg("--help").output().unwrap();
    let help = Told::of(&help);
    help.says(&["serve", "--state-dir"]);
    assert!(!help.out.contains("--background"));
}
