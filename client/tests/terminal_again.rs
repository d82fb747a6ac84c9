//! The program `ferry` where what it is to make is there already, in whole or in part.
#![expect(clippy::unwrap_used, reason = "helpers of tests may give up")]

mod support;

use ferry_protocol::Rights;
use ferry_server::accounts::{AccountName, AccountsFile, PasswordHash, StoredAccount, Terms};
use serde_json::json;
use std::fs;
use std::time::{Duration, SystemTime};
use support::place::{Place, noise};
use support::program::run;

fn fixture() -> Place {
    let place = Place::new();
    fs::create_dir(place.here("")).unwrap();
    place
}

/// Room for a tree was asked for as if nothing of it were there.
#[test]
fn what_is_there_already_needs_no_room_again() {
    let quota = 10_000_000;
    let fixture = Place::with(|config| {
        let name = AccountName::parse("anna").unwrap();
        let hash = Some(PasswordHash::new(b"secret").unwrap());
        let terms = Terms { quota: Some(quota), ..Terms::new(Rights::read_write()) };
        let accounts = AccountsFile::of(&config.state_dir);
        accounts.add(StoredAccount { name, hash, terms }).unwrap();
    });
    fs::create_dir(fixture.here("")).unwrap();
    fs::create_dir(fixture.here("in")).unwrap();
    for name in ["a", "b"] {
        fs::write(fixture.here("in").join(name), noise(3_000_000)).unwrap();
    }
    let put = |to: &str| {
        let url = fixture.url(to).replace("//", "//anna@");
        let mut command = fixture.command(&["put", "in", &url]);
        run(command.env("FERRY_PASSWORD", "secret"), b"")
    };
    put("x").succeeded();
    let again = put("x").succeeded();
    assert!(again.out.contains("2 already there"), "{again:?}");
    let more = put("y");
    assert_eq!(more.exit, 1, "{more:?}");
    assert!(more.err.contains("there is room for 4000000 bytes"), "{more:?}");
    assert!(!fixture.share("y").exists());
}

/// `mv` and `cp` took the rules and knew one of them.
#[test]
fn what_happens_to_a_taken_name_holds_for_moves_and_copies_too() {
    let at = fixture();
    let act = |verb: &str, rule: &str, from: &str, to: &str| {
        at.run(&[verb, "--if-exists", rule, &at.url(from), &at.url(to)])
    };
    fs::write(at.share("old"), "old").unwrap();
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::open(at.share("old")).unwrap().set_modified(past).unwrap();
    fs::write(at.share("new"), "new").unwrap();
    let refused = act("mv", "refuse", "old", "new");
    assert!(refused.exit == 1 && refused.err.contains("skip|replace|rename|newer"), "{refused:?}");
    act("mv", "skip", "old", "new").succeeded();
    act("cp", "newer", "old", "new").succeeded();
    assert_eq!(fs::read(at.share("new")).unwrap(), b"new");
    act("cp", "rename", "old", "new").succeeded();
    assert_eq!(fs::read(at.share("new (1)")).unwrap(), b"old");
    act("mv", "newer", "new", "old").succeeded();
    assert_eq!(fs::read(at.share("old")).unwrap(), b"new");
    act("mv", "replace", "new (1)", "old").succeeded();
    assert_eq!(fs::read(at.share("old")).unwrap(), b"old");
    assert!(!at.share("new").exists() && !at.share("new (1)").exists());
}

#[test]
fn of_several_places_each_line_of_a_program_says_which() {
    let at = fixture();
    for folder in ["a", "b"] {
        fs::create_dir(at.share(folder)).unwrap();
        fs::write(at.share(folder).join("f"), "f").unwrap();
    }
    let listed = at.run(&["ls", "--json", &at.url("a"), &at.url("b/f")]).succeeded().objects();
    let told: Vec<_> = listed.iter().map(|one| (&one["listed"], &one["name"])).collect();
    assert_eq!(told, [(&json!("/a"), &json!("f")), (&json!("/b/f"), &json!("f"))]);
}
