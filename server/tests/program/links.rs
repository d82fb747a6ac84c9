//! Links and devices by command.

use crate::place::{Foreground, Place};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_link_carries_address_key_and_a_secret_that_is_kept_nowhere() {
    let place = Place::new();
    let server = Foreground::serve(&place, &["--guest", "read"]);
    let told = place.run(&["link", "--user", "ben", "--read-only", "--uses", "2"]);
    told.says(&["ferry://ben@127.0.0.1:", "/#fp=", "&i=", "2 devices", "links revoke"]);
    let link = told.out.lines().next().unwrap();
    let status = place.status();
    let address = status["addresses"][0].as_str().unwrap();
    let fingerprint = status["fingerprint"].as_str().unwrap();
    let secret = link.rsplit_once("&i=").unwrap().1;
    assert_eq!(link, format!("ferry://ben@{address}/#fp={fingerprint}&i={secret}"));
    assert_eq!(secret.len(), 26);
    for name in ["invitations.toml", "accounts.toml", "running.json"] {
        let kept = fs::read_to_string(place.state().join(name)).unwrap();
        assert!(!kept.contains(secret), "{name}");
    }
    place.run(&["user", "list"]).says(&["ben  read; no password"]);
    drop(server);
}

/// Its key changes with every renewal, after which the links of before were those of a stranger.
#[test]
fn a_link_of_a_server_that_an_authority_vouches_for_names_its_host_and_no_key() {
    let place = Place::new();
    fs::create_dir(place.state()).unwrap();
    own_certificate(&place, &["*.example", "nas.example"]);
    let config = "guest = \"read\"\n[tls]\ncertificate = \"chain.pem\"\nkey = \"own.pem\"\n";
    fs::write(place.state().join("config.toml"), config).unwrap();
    let told = place.run(&["link", "--user", "ann", "--address", "files.example"]);
    told.says(&["ferry://ann@files.example:3000/#i="]);
    let _server = Foreground::serve(&place, &[]);
    let status = place.status();
    let port = status["addresses"][0].as_str().unwrap().rsplit_once(':').unwrap().1;
    assert_eq!(status["link"], format!("ferry://nas.example:{port}/"));
    let told = place.run(&["link", "--user", "ben"]);
    told.says(&[&format!("ferry://ben@nas.example:{port}/#i=")]);
    assert!(!told.out.contains("fp="), "{told:?}");
}

/// A certificate for these names that an authority signed, with the authority's in one file.
fn own_certificate(place: &Place, names: &[&str]) {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let (key, authority_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(params, authority_key);
    let own = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    fs::write(place.state().join("chain.pem"), own.pem() + &authority.pem()).unwrap();
    let own_key = place.state().join("own.pem");
    fs::write(&own_key, key.serialize_pem()).unwrap();
    fs::set_permissions(&own_key, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn links_to_an_account_that_was_taken_out_by_hand_are_told() {
    let place = Place::new();
    let server = Foreground::serve(&place, &["--guest", "read"]);
    place.run(&["link", "--user", "ben"]).says(&["ferry://ben@"]);
    drop(server);
    place.run_on_share(&["check"]).says(&["all is well"]);
    fs::write(place.state().join("accounts.toml"), "").unwrap();
    place.run_on_share(&["check"]).says(&["accounts that are not there: ben", "`links`"]);
}

#[test]
fn links_are_listed_and_revoked() {
    let place = Place::new();
    let _server = Foreground::serve(&place, &["--guest", "read"]);
    let made = place.run(&["link", "--json", "--expires", "2h"]);
    let made: Value = serde_json::from_str(&made.out).unwrap();
    assert!(made["account"].as_str().unwrap().starts_with("link-"), "{made}");
    let id = made["id"].as_str().unwrap();
    place.run(&["links"]).says(&[id, "open", "used 0 of 1", "until 20"]);
    let listed: Value = serde_json::from_str(&place.run(&["links", "--json"]).out).unwrap();
    assert_eq!((&listed["state"], &listed["uses_left"]), (&"open".into(), &1.into()));
    place.run(&["links", "revoke", id]).says(&["revoked the link"]);
    place.run(&["links", "revoke", id]).refuses(&["no invitation", "ferry-server links"]);
    assert_eq!(place.run(&["links"]).out, "");
    place.run(&["devices", "revoke", "x"]).refuses(&["no device x", "ferry-server devices"]);
    assert_eq!(place.run(&["devices"]).out, "");
}

#[test]
fn a_link_shows_its_code_and_says_what_cannot_be() {
    let place = Place::new();
    place.run(&["link"]).refuses(&["no server runs"]);
    let _server = Foreground::serve(&place, &["--guest", "read"]);
    let shown = place.run(&["link", "--qr", "--address", "nas.example"]);
    shown.says(&["@nas.example:3000/", "█▀▀"]);
    place.add_account("anna").says(&["added"]);
    place.run(&["link", "--user", "anna"]).says(&["ferry://anna@"]);
    place.run(&["link", "--user", "anna", "--read-only"]).refuses(&["user set anna"]);
    place.run(&["link", "--path", "no/such"]).refuses(&["make it first"]);
    place.run(&["link", "--expires", "soon"]).refuses(&["`soon` is no date"]);
    fs::create_dir(place.share().join("photos")).unwrap();
    place.run(&["link", "--user", "carl", "--path", "/photos"]).says(&["ferry://carl@"]);
    place.run(&["user", "list"]).says(&["write; no password; root photos"]);
    place.run(&["user", "remove", "carl"]).says(&["removed carl"]);
    assert!(!place.run(&["links"]).out.contains("carl"), "its links go with an account");
}
