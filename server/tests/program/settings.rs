//! Accounts and configuration, by command and by file.

use crate::place::{Foreground, Place};
use serde_json::Value;
use std::fs;

#[test]
fn check_finds_every_mistake_with_its_line() {
    let place = Place::new();
    place.run_on_share(&["check", "--guest", "read"]).says(&["all is well"]);
    place.run(&["check"]).says(&["all is well", "--guest read", "need one"]);
    assert!(!place.state().exists(), "check changes nothing");

    fs::create_dir(place.state()).unwrap();
    let config = "guest = \"read\"\nworkers = \"many\"\n\n[limits]\nidle_secs = 0\ntypo = 1\n";
    fs::write(place.state().join("config.toml"), config).unwrap();
    fs::write(place.state().join("accounts.toml"), "[[account]]\nname = \"X Y\"\n").unwrap();
    fs::write(place.state().join("certificate.pem"), "").unwrap();
    fs::write(place.state().join("devices.toml"), "[[device]]\naccount = 1\n").unwrap();
    fs::write(place.state().join("invitations.toml"), "\n[[link]]\n").unwrap();
    let told = place.run_on_share(&["check"]);
    assert_eq!(told.code, 1, "{told:?}");
    for words in [
        "config.toml:2: `workers`",
        "config.toml:5: `idle_secs`",
        "config.toml:6: unknown word `typo` in [limits]",
        "accounts.toml:2: `X Y`",
        "devices.toml:2: ",
        "invitations.toml:2: unknown word `link`",
        "key.pem is gone",
    ] {
        assert!(told.out.contains(words), "`{words}` is not in {told:?}");
    }
    let started = place.run_on_share(&["start"]);
    started.refuses(&["config.toml:2:", "config.toml:5:", "config.toml:6:"]);
}

#[test]
fn a_configuration_file_serves_without_flags() {
    let place = Place::new();
    fs::create_dir(place.state()).unwrap();
    let config = "share = \"../share\"\nlisten = \"127.0.0.1:0\"\nguest = \"write\"\nworkers = 2\n";
    fs::write(place.state().join("config.toml"), config).unwrap();
    place.run(&["start"]).says(&["ferry://127.0.0.1:"]);
    let status = place.status();
    assert_eq!((&status["guest"], &status["workers"]), (&"write".into(), &2.into()));
    fs::write(place.state().join("config.toml"), config.replace("write", "read")).unwrap();
    place.run(&["reload"]).says(&["stop and start the server"]);
    place.run(&["stop"]).says(&["stopped"]);
}

#[test]
fn accounts_are_added_changed_listed_and_removed() {
    let place = Place::new();
    place.add_account("anna").says(&["added anna, who may read"]);
    place.add_account("anna").refuses(&["already", "user passwd anna"]);
    place.add_account("Anna").refuses(&["lower case"]);
    let file = place.base.path().join("password");
    fs::write(&file, "first line\nsecond").unwrap();
    let path = file.to_str().unwrap();
    let words = ["user", "add", "ben", "--rights", "write", "--password-file", path];
    place.run(&words).says(&["added ben, who may write"]);
    place.run(&["user", "passwd", "ben", "--password-file", path]).says(&["changed"]);
    let device = "[[device]]\nid = \"\"\naccount = \"ben\"\nname = \"phone\"\nenrolled = \
                  \"2026-11-26T00:00:00Z\"\nkey = ";
    let device = format!("{device}\"{:064x}\"\n", 7);
    fs::write(place.state().join("devices.toml"), device).unwrap();
    let told = place.run(&["user", "passwd", "ben", "--password-file", path]);
    told.says(&["changed", "still getting in", "`ferry-server devices revoke ID`: phone ("]);
    place.run(&["user", "passwd", "carl", "--password-file", path]).refuses(&["user list"]);
    place.run(&["user", "add", "carl"]).refuses(&["--password-file", "FERRY_PASSWORD"]);

    assert_eq!(place.run(&["user", "list"]).out, "anna  read\nben   write\n");
    let json = place.run(&["user", "list", "--json"]).out;
    let mut lines: Vec<Value> = json.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(lines[1].as_object_mut().unwrap().remove("added").is_some());
    let ben = serde_json::json!({ "name": "ben", "rights": "write", "has_password": true });
    assert_eq!(lines[1], ben);

    place.run(&["user", "remove", "ben"]).says(&["removed ben"]);
    place.run(&["user", "remove", "ben"]).refuses(&["no account ben"]);
    let stored = fs::read_to_string(place.state().join("accounts.toml")).unwrap();
    assert!(stored.contains("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert!(!stored.contains("secret") && !stored.contains("ben"));
}

#[test]
fn the_terms_of_an_account_are_set_listed_and_checked() {
    let place = Place::new();
    let photos = place.base.path().join("photos");
    let mount = format!("photos={}", photos.display());
    let words = ["user", "add", "anna", "--no-password", "--rights", "none", "--mount", &mount];
    place.run(&words).says(&["added anna, who may none"]);
    let words = ["user", "set", "anna", "--folder", "/photos=read", "--quota", "10GiB"];
    place.run(&words).says(&["changed anna"]);
    let words = ["user", "set", "anna", "--up-rate", "1MiB", "--network", "10.0.0.0/8"];
    place.run(&words).says(&["changed anna"]);
    place.run(&["user", "set", "anna", "--expires", "2030-12-31"]).says(&["changed anna"]);
    place.run(&["user", "list"]).says(&[
        "none; no password",
        "/photos from",
        "quota 10 GiB; up 1 MiB/s; from 10.0.0.0/8; until 2031-01-01T00:00:00Z",
    ]);
    place.run(&["user", "set", "anna", "--expires", "soon"]).refuses(&["`soon` is no date"]);
    place.run(&["user", "set", "anna", "--up-rate", "1"]).refuses(&["16 KiB a second at least"]);
    place
        .run(&["user", "set", "anna", "--network", "here"])
        .refuses(&["`here` is not an address or a network"]);
    place.run(&["user", "set", "ben", "--quota", "1"]).refuses(&["no account ben"]);
    place.run(&["user", "set", "anna", "--quota", "none", "--network", "none"]).says(&["changed"]);
    let listed = place.run(&["user", "list"]).out;
    assert!(!listed.contains("quota") && !listed.contains("10.0.0.0"), "{listed}");

    // The mount is not there yet; where it is told leads to its line.
    let told = place.run_on_share(&["check"]);
    assert_eq!(told.code, 1, "{told:?}");
    let stored = fs::read_to_string(place.state().join("accounts.toml")).unwrap();
    let line = stored.lines().position(|line| line.starts_with("mount = ")).unwrap() + 1;
    assert!(told.out.contains(&format!("accounts.toml:{line}: cannot share")), "{told:?}");
    assert!(told.out.contains("make it first"), "{told:?}");
    fs::create_dir(&photos).unwrap();
    place.run_on_share(&["check"]).says(&["all is well"]);
}

#[test]
fn a_running_server_knows_of_accounts_at_once() {
    let place = Place::new();
    let _server = Foreground::serve(&place, &["--guest", "read"]);
    place.add_account("anna").says(&["the running server knows it now"]);
    place.run(&["reload"]).says(&["1 account in use"]);
    fs::write(place.state().join("accounts.toml"), "[[account]]\nname = 1\n").unwrap();
    place.run(&["reload"]).refuses(&["stay as they were", "accounts.toml:2:"]);
    place.status();
}

#[test]
fn an_owners_certificate_is_presented_and_renewed_by_a_reload() {
    let (one, two) = (Place::new(), Place::new());
    let key_of = |place: &Place| {
        let _made = Foreground::serve(place, &["--guest", "read"]);
        place.status()["fingerprint"].as_str().unwrap().to_owned()
    };
    let (first, second) = (key_of(&one), key_of(&two));
    let place = Place::new();
    let take = |from: &Place, name: &str| {
        fs::copy(from.state().join(name), place.base.path().join(name)).unwrap();
    };
    take(&one, "certificate.pem");
    take(&one, "key.pem");
    fs::create_dir(place.state()).unwrap();
    let config =
        "guest = \"read\"\n[tls]\ncertificate = \"../certificate.pem\"\nkey = \"../key.pem\"\n";
    fs::write(place.state().join("config.toml"), config).unwrap();
    place.run_on_share(&["check"]).says(&["all is well"]);
    let _server = Foreground::serve(&place, &[]);
    assert_eq!(place.status()["fingerprint"], first.as_str());
    assert!(!place.state().join("key.pem").exists(), "none is made beside it");

    let password = place.base.path().join("password");
    fs::write(&password, "secret").unwrap();
    let password = password.to_str().unwrap();
    take(&two, "certificate.pem");
    place.run(&["reload"]).refuses(&[
        "key.pem",
        "[tls]",
        "the accounts are in use, but the certificate stays as it was",
    ]);
    // A certificate that cannot be renewed is not the accounts' failure.
    place.run(&["user", "add", "ben", "--password-file", password]).says(&[
        "the running server knows it now: 1 account in use",
        "its certificate stays as it was",
    ]);
    assert_eq!(place.status()["fingerprint"], first.as_str());
    take(&two, "key.pem");
    place.run(&["reload"]).says(&["reloaded"]);
    assert_eq!(place.status()["fingerprint"], second.as_str());
    assert!(place.status()["link"].as_str().unwrap().contains(&second));

    fs::write(place.state().join("config.toml"), "[tls]\nkey = \"x\"\n").unwrap();
    let told = place.run_on_share(&["check"]);
    assert!(told.out.contains("config.toml:2: [tls] needs both"), "{told:?}");
}

#[test]
fn a_folder_named_from_here_is_found_after_leaving() {
    let place = Place::new();
    let mut command = place.command(&["start", "--guest", "read", "--listen", "127.0.0.1:0"]);
    let started = command.current_dir(place.base.path()).arg("share").output().unwrap();
    assert!(started.status.success());
    let told = place.run(&["reload"]);
    told.says(&["0 accounts in use"]);
    assert!(!told.out.contains("configuration"), "{told:?}");
    place.run(&["stop"]).says(&["stopped"]);
}
