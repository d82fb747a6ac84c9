//! The program shuts itself into its folders, says so, and says what it cannot reach.

use crate::place::{Foreground, Place};
use ferry_server::identity::Identity;
use std::fs;
use std::path::Path;

#[test]
fn a_folder_that_comes_later_needs_a_restart_where_there_is_a_wall() {
    let place = Place::new();
    place.add_account("anna").says(&["added anna"]);
    place.run_on_share(&["start"]).says(&["ferry://127.0.0.1:"]);
    let status = place.status();
    let sandbox = status["sandbox"].as_str().unwrap();
    assert!(sandbox.starts_with("landlock: ") || sandbox.starts_with("none: "), "{sandbox}");
    let later = place.base.path().join("later");
    fs::create_dir(&later).unwrap();
    let set = place.run(&["user", "set", "anna", "--root", later.to_str().unwrap()]);
    set.says(&["changed anna"]);
    if sandbox.starts_with("landlock: ") {
        set.says(&["folders of accounts are new", "stop and start the server"]);
        place.run(&["reload"]).says(&["folders of accounts are new", "stop and start the server"]);
    }
    place.run(&["stop"]).says(&["stopped"]);
    place.run_on_share(&["start"]).says(&["ferry://127.0.0.1:"]);
    let told = place.run(&["reload"]);
    assert!(told.code == 0 && !told.out.contains("folders of accounts are new"), "{told:?}");
    place.run(&["stop"]).says(&["stopped"]);
    let record = fs::read_to_string(place.state().join("audit.log")).unwrap();
    assert!(record.contains("changed anna"), "{record}");
}

#[test]
fn a_configuration_that_is_saved_by_rename_is_read_again_and_renews_the_certificate() {
    let place = Place::new();
    let (etc, tls) = (place.base.path().join("etc"), place.base.path().join("tls"));
    fs::create_dir(&etc).unwrap();
    fs::create_dir(&tls).unwrap();
    let config = etc.join("ferry.toml");
    // As an editor does: what is saved is another file of that name.
    let save = |text: &str| {
        fs::write(etc.join("new"), text).unwrap();
        fs::rename(etc.join("new"), &config).unwrap();
    };
    let written = "guest = \"read\"\n[tls]\ncertificate = \"../tls/certificate.pem\"\n\
                   key = \"../tls/key.pem\"\n";
    save(written);
    Identity::load_or_create(&tls).unwrap();
    let _server = Foreground::serve(&place, &["--config", config.to_str().unwrap()]);
    let sandbox = place.status()["sandbox"].as_str().unwrap().to_owned();
    if sandbox.starts_with("landlock: ") {
        let readable = format!("; to read, all in {}, {}", shown(&etc), shown(&tls));
        assert!(sandbox.ends_with(&readable), "{sandbox}");
    }
    save(&format!("# edited\n{written}"));
    for name in ["certificate.pem", "key.pem"] {
        fs::remove_file(tls.join(name)).unwrap();
    }
    let renewed = Identity::load_or_create(&tls).unwrap().fingerprint;
    let told = place.run(&["reload"]);
    assert!(told.code == 0 && !told.out.contains("configuration"), "{told:?}");
    assert_eq!(place.status()["fingerprint"], renewed.as_str());

    save("guest = \"read\n");
    place.run(&["reload"]).refuses(&["ferry.toml:1:", "the certificate stays as it was"]);
    fs::remove_file(&config).unwrap();
    place.run(&["reload"]).refuses(&["ferry.toml: cannot be read"]);
    assert_eq!(place.status()["fingerprint"], renewed.as_str());
}

fn shown(folder: &Path) -> String {
    folder.canonicalize().unwrap().display().to_string()
}

#[test]
fn a_configuration_in_the_home_folder_does_not_open_the_home_folder() {
    let place = Place::new();
    let config = place.base.path().join("ferry.toml");
    fs::write(&config, "guest = \"read\"\n").unwrap();
    let mut start = place.command(&["start", "--listen", "127.0.0.1:0"]);
    start.arg("--config").arg(&config).arg(place.share()).env("HOME", place.base.path());
    assert!(start.output().unwrap().status.success());
    let sandbox = place.status()["sandbox"].as_str().unwrap().to_owned();
    if sandbox.starts_with("landlock: ") {
        assert!(!sandbox.contains("to read, all in"), "{sandbox}");
        assert!(sandbox.contains("ferry.toml as it is: a reload cannot read"), "{sandbox}");
    }
    place.run(&["reload"]).says(&["reloaded"]);
    place.run(&["stop"]).says(&["stopped"]);
}
