//! The program `ferry` against a real server on a free port.
#![expect(clippy::unwrap_used, reason = "helpers of tests may give up")]

mod support;

use ferry_server::config::Durability;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Stdio};
use support::place::Place;
use support::program::Ran;

/// A server whose guest may write, and a folder that `ferry` runs in.
fn fixture() -> Place {
    let place = Place::with(|config| config.durability = Durability::None);
    fs::create_dir(place.here("")).unwrap();
    place
}

#[test]
fn a_tree_goes_up_and_down_and_never_nests() {
    let at = fixture();
    fs::create_dir_all(at.here("tree/a/empty")).unwrap();
    fs::write(at.here("tree/a/one"), "1").unwrap();
    fs::write(at.here("tree/two"), "22").unwrap();
    for _ in 0..2 {
        at.run(&["put", "tree", &at.url("x")]).succeeded();
        at.run(&["put", "tree", &at.url("into/")]).succeeded();
        at.run(&["get", &at.url("x"), "y"]).succeeded();
        at.run(&["get", &at.url("into/tree"), "z/"]).succeeded();
    }
    for root in [at.share("x"), at.share("into/tree"), at.here("y"), at.here("z/tree")] {
        assert_eq!(fs::read(root.join("a/one")).unwrap(), b"1", "{root:?}");
        assert_eq!(fs::read(root.join("two")).unwrap(), b"22", "{root:?}");
        assert!(root.join("a/empty").is_dir() && fs::read_dir(&root).unwrap().count() == 2);
    }
    let again = at.run(&["put", "tree", &at.url("x")]).succeeded();
    assert!(again.out.contains("2 already there, all verified"), "{again:?}");
}

#[test]
fn a_differing_target_is_refused_unless_a_rule_says_otherwise() {
    let at = fixture();
    fs::write(at.share("a"), "old").unwrap();
    fs::write(at.here("a"), "new").unwrap();
    let refused = at.run(&["put", "a", &at.url("a")]);
    assert_eq!(refused.exit, 1, "{refused:?}");
    assert!(refused.err.contains("--if-exists skip|replace|rename|newer"), "{refused:?}");
    at.run(&["put", "a", &at.url("a"), "--if-exists", "skip"]).succeeded();
    assert_eq!(fs::read(at.share("a")).unwrap(), b"old");
    at.run(&["put", "a", &at.url("a"), "--if-exists", "rename"]).succeeded();
    assert_eq!(fs::read(at.share("a (1)")).unwrap(), b"new");
    at.run(&["put", "a", &at.url("a"), "--if-exists", "replace"]).succeeded();
    assert_eq!(fs::read(at.share("a")).unwrap(), b"new");
}

#[test]
fn what_fails_in_part_exits_2() {
    let at = fixture();
    fs::write(at.here("a"), "a").unwrap();
    let ran = at.run(&["put", "a", "missing", &at.url("")]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(ran.err.contains("missing") && ran.out.contains("1 failed"), "{ran:?}");
    let ran = at.run(&["stat", &at.url("a"), &at.url("missing")]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert_eq!(at.run(&["stat", &at.url("missing")]).exit, 1);
}

#[test]
fn listings_for_programs_hold_exact_values() {
    let at = fixture();
    fs::write(at.share("n\n\""), "12345").unwrap();
    fs::create_dir(at.share("folder")).unwrap();
    let ran = at.run(&["ls", "--json", &at.url("")]).succeeded();
    let objects = ran.objects();
    assert_eq!(objects[0]["name"], "folder");
    assert_eq!(objects[0]["kind"], "folder");
    assert_eq!(objects[1]["name"], "n\n\"");
    assert_eq!(objects[1]["size"], 5);
    let modified = objects[1]["modified"].as_str().unwrap();
    assert_eq!((modified.len(), modified.ends_with('Z')), (30, true), "{modified}");
    let plain = at.run(&["ls", "-1", &at.url("")]).succeeded();
    assert_eq!(plain.out, "folder\nn\\n\"\n");
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_survive() {
    use std::os::unix::ffi::OsStrExt as _;
    let at = fixture();
    let name = OsStr::from_bytes(b"a\xff b");
    fs::write(at.here("").join(name), "x").unwrap();
    let url = at.url("");
    let sent = at.run(&[OsStr::new("put"), name, OsStr::new(&url), OsStr::new("--json")]);
    let object = &sent.succeeded().objects()[0];
    assert!(object["name_hex"].as_str().unwrap().ends_with("61ff2062"), "{object}");
    assert_eq!(fs::read(at.share("").join(name)).unwrap(), b"x");
    at.run(&["get", &at.url("a%FF%20b"), "down/"]).succeeded();
    assert_eq!(fs::read(at.here("down").join(name)).unwrap(), b"x");
}

#[test]
fn a_script_runs_to_its_end_and_a_failed_line_exits_1() {
    let at = fixture();
    fs::write(at.here("local file"), "x").unwrap();
    let script = format!(
        "127.0.0.1\n{}\n# a comment\n\nmkdir \"new folder\"\nCD 'new folder'\nput\nlocal file\n\
         LIST\ncd ..\ncd ..\nget missing\nfrobnicate\npwd\nexit\nmkdir never\n",
        at.port()
    );
    let none: [&str; 0] = [];
    let ran = at.script(&none, script.as_bytes());
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(ran.out.contains("Welcome aboard") && ran.out.contains("local file"), "{ran:?}");
    assert!(ran.out.ends_with("/\n"), "{ran:?}");
    for said in ["above", "missing", "frobnicate"] {
        assert!(ran.err.contains(said), "{said}: {ran:?}");
    }
    assert_eq!(fs::read(at.share("new folder/local file")).unwrap(), b"x");
    assert!(!at.share("never").exists());
    let address = format!("127.0.0.1:{}\nls\nquit\n", at.port());
    at.script(&none, address.as_bytes()).succeeded();
}

#[test]
fn names_are_made_moved_copied_and_removed() {
    let at = fixture();
    let run = |arguments: &[&str]| at.run(arguments);
    run(&["mkdir", "-p", &at.url("a/b")]).succeeded();
    run(&["mkdir", "-p", &at.url("a/b")]).succeeded();
    assert_eq!(run(&["mkdir", &at.url("a/b")]).exit, 1);
    fs::write(at.share("f"), "f").unwrap();
    run(&["cp", &at.url("f"), &at.url("a/b/")]).succeeded();
    run(&["mv", &at.url("f"), &at.url("g")]).succeeded();
    assert!(at.share("a/b/f").exists() && at.share("g").exists() && !at.share("f").exists());
    let refused = run(&["rm", &at.url("a")]);
    assert_eq!((refused.exit, refused.err.contains("rm -r")), (1, true), "{refused:?}");
    run(&["rm", "-r", &at.url("a"), &at.url("g")]).succeeded();
    assert!(run(&["ls", &at.url("")]).succeeded().out.is_empty());
    assert_eq!(run(&["rm", "-r", &at.url("")]).exit, 1);
}

#[test]
fn a_digest_is_that_of_the_content() {
    let at = fixture();
    fs::write(at.share("a"), "content").unwrap();
    let ran = at.run(&["digest", &at.url("a")]).succeeded();
    assert_eq!(ran.out, format!("{}  /a\n", ferry_protocol::Digest::of(b"content")));
}

/// What stands in the way is told before the first byte, and all of it at once.
#[test]
fn a_preflight_refuses_before_the_first_byte() {
    let fixture = fixture();
    for name in ["in/a", "in/b"] {
        fs::create_dir_all(fixture.share(name)).unwrap();
    }
    fs::create_dir(fixture.here("in")).unwrap();
    for name in ["a", "b", "c"] {
        fs::write(fixture.here("in").join(name), name).unwrap();
    }
    let ran = fixture.run(&["put", "in", &fixture.url("in"), "--json"]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    let told: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!(told["preflight"]["count"], 2, "{ran:?}");
    assert!(ran.err.contains("/in/a") && ran.err.contains("/in/b"), "{ran:?}");
    assert!(!fixture.share("in/c").exists(), "nothing was sent");
    assert_eq!(fixture.run(&["jobs"]).out, "there are no jobs; get and put make them\n");
}

#[test]
fn a_key_that_is_not_the_known_one_exits_4_until_forgotten() {
    let at = fixture();
    let state = at.state().join("client");
    fs::create_dir_all(&state).unwrap();
    let line = format!("127.0.0.1:{} {} 1\n", at.port(), "a".repeat(52));
    fs::write(state.join("known_servers"), line).unwrap();
    let ferry = |arguments: &[&str]| -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferry"));
        let command = command.args(arguments).stdin(Stdio::null());
        command.env("FERRY_STATE_DIR", at.state()).output().unwrap().into()
    };
    let changed = ferry(&["ls", &at.url("")]);
    assert_eq!(changed.exit, 4, "{changed:?}");
    assert!(changed.err.contains("ferry forget 127.0.0.1"), "{changed:?}");
    ferry(&["forget", "127.0.0.1"]).succeeded();
    let unknown = ferry(&["ls", &at.url("")]);
    assert_eq!((unknown.exit, unknown.err.contains("--fingerprint")), (3, true), "{unknown:?}");
    ferry(&["ls", &format!("{}#fp={}", at.url(""), at.fingerprint)]).succeeded();
    ferry(&["ls", &at.url("")]).succeeded();
}

#[test]
fn nobody_reading_the_output_is_no_failure() {
    let at = fixture();
    for index in 0..3000 {
        fs::write(at.share(&format!("a name of some length {index}")), "").unwrap();
    }
    let mut child = at
        .command(&["ls", &at.url("")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert!(!ran.succeeded().err.contains("pipe"));
}

#[cfg(unix)]
#[test]
fn a_named_source_that_is_never_opened_is_a_failure_and_in_a_tree_is_skipped() {
    let fixture = fixture();
    fs::create_dir(fixture.share("tree")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", fixture.share("tree/out")).unwrap();
    std::os::unix::fs::symlink("nowhere", fixture.share("tree/none")).unwrap();
    for name in ["tree/out", "tree/none"] {
        let ran = fixture.run(&["get", &fixture.url(name), "got"]);
        assert_eq!(ran.exit, 1, "{ran:?}");
        assert!(ran.err.contains(name) && !fixture.here("got").exists(), "{ran:?}");
    }
    let ran = fixture.run(&["get", &fixture.url("tree"), "got"]);
    assert!(ran.exit == 0 && ran.err.contains("skipped"), "{ran:?}");
    drop(std::os::unix::net::UnixListener::bind(fixture.here("socket")).unwrap());
    let ran = fixture.run(&["put", "socket", &fixture.url("socket")]);
    assert!(ran.exit == 1 && ran.err.contains("never opened"), "{ran:?}");
}

#[test]
fn a_failed_transfer_is_a_failure_even_where_nobody_reads_the_output() {
    let fixture = fixture();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = fixture.command(&["get", &fixture.url("none"), "got"]);
    let exit = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::null()).status().unwrap();
    assert_eq!(exit.code(), Some(1));
}

#[test]
fn a_new_name_gets_its_folders_and_a_taken_one_a_remedy_both_ways() {
    let fixture = fixture();
    fs::write(fixture.here("a"), "a").unwrap();
    fixture.run(&["put", "a", &fixture.url("new/deep/a")]).succeeded();
    fixture.run(&["get", &fixture.url("new/deep/a"), "far/off/a"]).succeeded();
    assert_eq!(fs::read(fixture.here("far/off/a")).unwrap(), b"a");
    for arguments in [["put", "a", &fixture.url("new")], ["get", &fixture.url("new/deep/a"), "far"]]
    {
        let ran = fixture.run(&arguments);
        assert!(ran.exit == 1 && ran.err.contains("end the target with /"), "{ran:?}");
    }
}

#[test]
fn keeping_both_again_makes_no_further_copy() {
    let fixture = fixture();
    for (name, len) in [("small", 10), ("big", 3_000_000)] {
        fs::write(fixture.here(name), vec![b'h'; len]).unwrap();
        fs::write(fixture.share(name), vec![b's'; len]).unwrap();
        for _ in 0..2 {
            fixture.run(&["--if-exists", "rename", "put", name, &fixture.url(name)]).succeeded();
            fixture.run(&["--if-exists", "rename", "get", &fixture.url(name), name]).succeeded();
        }
        for (side, content) in [(fixture.share(name), b'h'), (fixture.here(name), b's')] {
            let copy = side.with_file_name(format!("{name} (1)"));
            assert_eq!(fs::read(copy).unwrap(), vec![content; len], "{name}");
            assert!(!side.with_file_name(format!("{name} (2)")).exists(), "{name}");
        }
    }
}

#[test]
fn programs_get_names_unescaped_from_every_verb() {
    let fixture = fixture();
    fs::create_dir(fixture.share("a\\b")).unwrap();
    let moved = fixture.run(&["--json", "mv", &fixture.url("a%5cb"), &fixture.url("c%5cd%ff")]);
    let moved = moved.succeeded().objects();
    assert_eq!(
        (&moved[0]["source"], &moved[0]["target_hex"]),
        (&"/a\\b".into(), &"2f635c64ff".into())
    );
    let ran = fixture.script(&["--json", &fixture.url("c%5cd%ff")], b"pwd\n").succeeded();
    assert_eq!(ran.objects()[1]["folder_hex"], "2f635c64ff");
}

#[test]
fn what_was_replaced_and_removed_comes_back() {
    let at = fixture();
    fs::create_dir_all(at.share("folder/in")).unwrap();
    for (name, content) in [("folder/a", "old a"), ("folder/in/b", "old b"), ("gone", "gone")] {
        fs::write(at.share(name), content).unwrap();
    }
    fs::create_dir_all(at.here("folder/in")).unwrap();
    fs::write(at.here("folder/a"), "new a").unwrap();
    fs::write(at.here("folder/in/b"), "new b").unwrap();
    at.run(&["put", "folder", &at.url("folder"), "--if-exists", "replace"]).succeeded();
    at.run(&["rm", &at.url("gone")]).succeeded();

    let listed = at.run(&["undo", "--list", "--json", &at.url("")]).succeeded().objects();
    let paths: Vec<_> = listed.iter().map(|kept| kept["path"].as_str().unwrap()).collect();
    assert_eq!(paths.len(), 3, "{listed:?}");
    assert_eq!((paths[0], &listed[0]["reason"]), ("/gone", &Value::from("removed")));
    let job = listed[1]["job"].as_str().unwrap();
    assert_eq!(listed[2]["job"], job, "one job has one group");
    assert_ne!(listed[0]["job"], job);

    at.run(&["undo", &at.url("gone")]).succeeded();
    assert_eq!(fs::read(at.share("gone")).unwrap(), b"gone");
    let refused = at.run(&["undo", &at.url("folder/a")]);
    assert_eq!(refused.exit, 1, "{refused:?}");
    assert!(refused.err.contains("--if-exists replace"), "{refused:?}");
    at.run(&["undo", &at.url("folder/a"), "--if-exists", "rename"]).succeeded();
    assert_eq!(fs::read(at.share("folder/a (1)")).unwrap(), b"old a");
    assert_eq!(fs::read(at.share("folder/a")).unwrap(), b"new a");

    at.run(&["undo", "--job", job, &at.url(""), "--if-exists", "replace"]).succeeded();
    assert_eq!(fs::read(at.share("folder/in/b")).unwrap(), b"old b");
    // The replacement itself is kept in its turn.
    at.run(&["undo", &at.url("folder/in/b"), "--if-exists", "replace"]).succeeded();
    assert_eq!(fs::read(at.share("folder/in/b")).unwrap(), b"new b");

    at.run(&["rm", "-r", &at.url("folder")]).succeeded();
    assert!(!at.share("folder").exists());
    at.run(&["undo", &at.url("folder")]).succeeded();
    assert_eq!(fs::read(at.share("folder/in/b")).unwrap(), b"new b");

    at.run(&["undo", "--forget", &at.url("/")]).succeeded();
    assert!(at.run(&["undo", "--list", &at.url("")]).succeeded().out.is_empty());
    assert_eq!(at.run(&["undo", &at.url("gone")]).exit, 1);
    let listed = at.run(&["ls", "-1", &at.url("")]).succeeded();
    assert_eq!(listed.out, "folder\ngone\n");
}
