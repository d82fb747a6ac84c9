use super::*;
use proptest::prelude::*;

const FINGERPRINT: &str = "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq";

fn path(bytes: &[u8]) -> RemotePath {
    RemotePath::parse(bytes).unwrap()
}

#[test]
fn a_whole_url_is_taken_apart() {
    let url = format!("ferry://anna@host.example:4000/My%20files/a%FFb/#x=1&fp={FINGERPRINT}&y");
    let address = Address::parse(&url).unwrap();
    assert_eq!(address.user.as_deref(), Some("anna"));
    assert_eq!(address.host, "host.example");
    assert_eq!(address.port, 4000);
    assert_eq!(address.path, path(b"/My files/a\xffb"));
    assert!(address.is_folder_target);
    assert_eq!(address.fingerprint, Fingerprint::parse(FINGERPRINT).ok());
}

#[test]
fn a_link_that_invites_is_read_and_a_cut_one_is_told() {
    let invitation = "77777777777777777777777774";
    let link = format!("ferry://anna@host/#fp={FINGERPRINT}&i={invitation}");
    let address = Address::parse(&link).unwrap();
    assert_eq!(address.invitation.unwrap().expose(), &[0xff; 16]);
    let shown = format!("{address} {address:?}");
    assert!(!shown.contains(invitation), "{shown}");
    for cut in 1..20 {
        let cut = &link[..link.len() - cut];
        assert_eq!(Address::parse(cut), Err(AddressError::BadInvitation), "{cut}");
    }
}

#[test]
fn what_is_left_out_has_its_default() {
    for url in ["ferry://host", "ferry://host/", "FERRY://host:", "ferry://@host"] {
        let address = Address::parse(url).unwrap();
        assert_eq!(address.user, None, "{url}");
        assert_eq!(address.authority(), "host:3000", "{url}");
        assert!(address.path.is_root() && address.is_folder_target, "{url}");
    }
    assert!(!Address::parse("ferry://host/a").unwrap().is_folder_target);
    assert!(Address::parse("ferry://host/a/b/..").unwrap().is_folder_target);
}

#[test]
fn ipv6_addresses_stand_in_brackets() {
    let address = Address::parse("ferry://[::1]:8/a").unwrap();
    assert_eq!((address.host.as_str(), address.port), ("::1", 8));
    assert_eq!(address.authority(), "[::1]:8");
    assert_eq!(Address::parse_typed("::1").unwrap().authority(), "[::1]:3000");
    let zoned = Address::parse("ferry://[fe80::1%25eth0]/").unwrap();
    assert_eq!(zoned.host, "fe80::1%eth0");
    assert_eq!(zoned.to_string(), "ferry://[fe80::1%25eth0]:3000/");
}

#[test]
fn the_scheme_may_be_left_out_only_where_it_is_typed() {
    assert_eq!(Address::parse("host:3000"), Err(AddressError::NotFerry));
    assert_eq!(Address::parse_typed("host:3001").unwrap().authority(), "host:3001");
    assert_eq!(Address::parse_typed(" anna@host ").unwrap().user.as_deref(), Some("anna"));
    assert_eq!(Address::parse_typed("ftp://host"), Err(AddressError::NotFerry));
    assert_eq!(Address::parse_typed(""), Err(AddressError::NoHost));
}

#[test]
fn what_cannot_be_is_refused_with_its_reason() {
    for (url, err) in [
        ("ftp://host/", AddressError::NotFerry),
        ("ferry:///x", AddressError::NoHost),
        ("ferry://anna:secret@host/", AddressError::Password),
        ("ferry://host:0/", AddressError::BadPort("0".to_owned())),
        ("ferry://host:65536/", AddressError::BadPort("65536".to_owned())),
        ("ferry://host:+1/", AddressError::BadPort("+1".to_owned())),
        ("ferry://[::1/", AddressError::BadHost),
        ("ferry://[::1]x/", AddressError::BadHost),
        ("ferry://a b/", AddressError::BadHost),
        ("ferry://host/100%", AddressError::BadPercent),
        ("ferry://host/%zz", AddressError::BadPercent),
        ("ferry://host/a%2Fb", AddressError::EncodedSlash),
        ("ferry://host/../a", AddressError::AboveRoot),
        ("ferry://host/%2e%2e/a", AddressError::AboveRoot),
        ("ferry://host/a%00b", AddressError::BadPath(PathError::ForbiddenByte)),
        ("ferry://host/.ferry-undo", AddressError::BadPath(PathError::Reserved)),
        ("ferry://host/#fp=abc", AddressError::BadFingerprint),
    ] {
        assert_eq!(Address::parse(url), Err(err), "{url}");
    }
    let shown = AddressError::Password.to_string();
    assert!(shown.contains("FERRY_PASSWORD") && shown.contains("--password-file"));
}

#[test]
fn typed_paths_are_resolved_here() {
    let current = path(b"/a/b");
    assert_eq!(resolve(&current, b"../c"), Ok(path(b"/a/c")));
    assert_eq!(resolve(&current, b"/c//d/."), Ok(path(b"/c/d")));
    assert_eq!(resolve(&current, b"../.."), Ok(RemotePath::root()));
    assert_eq!(resolve(&current, b"../../.."), Err(AddressError::AboveRoot));
    assert_eq!(resolve(&current, b""), Ok(current));
}

fn names() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let byte = any::<u8>().prop_filter("no slash or NUL", |byte| !matches!(byte, 0 | b'/'));
    let name = proptest::collection::vec(byte, 1..20)
        .prop_filter("no dots", |name| !matches!(name.as_slice(), b"." | b".."));
    proptest::collection::vec(name, 0..5)
}

proptest! {
    #[test]
    fn every_address_survives_a_round_trip(
        user in proptest::option::of("\\PC{1,12}"),
        host in "[a-z0-9]{1,10}(\\.[a-z]{1,5})?|::1|fe80::2%eth1",
        port in 1_u16..,
        names in names(),
        ends_in_slash in any::<bool>(),
        has_fingerprint in any::<bool>(),
    ) {
        let Ok(path) = RemotePath::parse(&names.join(&b'/')) else { return Ok(()) };
        let address = Address {
            user,
            host,
            port,
            is_folder_target: ends_in_slash || path.is_root(),
            path,
            fingerprint: has_fingerprint.then(|| Fingerprint::parse(FINGERPRINT).unwrap()),
            invitation: None,
        };
        prop_assert_eq!(Address::parse(&address.to_string()), Ok(address));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*") {
        // Both ways of reading it agree, but for the blanks that a person types.
        let url = format!("ferry://{text}");
        prop_assert_eq!(Address::parse(url.trim()).is_ok(), Address::parse_typed(&url).is_ok());
    }
}
