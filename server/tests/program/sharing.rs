//! The server of a desktop window, steered as the window does it.

use crate::place::Place;
use ferry_server::config::Access;
use ferry_server::daemon::sharing::{Circle, Invite, SharedFolder, SharingError};
use std::fs;
use std::net::TcpStream;
use std::num::NonZeroU32;
use std::process::Command;

fn share(place: &Place) -> SharedFolder {
    let program = Command::new(env!("CARGO_BIN_EXE_ferry-server"));
    SharedFolder::start(&place.share(), &place.state(), program).unwrap()
}

#[test]
fn a_window_shares_steers_and_stops() {
    let place = Place::new();
    assert!(SharedFolder::find(&place.state()).unwrap().is_none());
    let shared = share(&place);
    let _hold = shared.hold().unwrap();
    let at_first = shared.sharing().unwrap();
    assert!(at_first.local.ip().is_loopback() && at_first.local.port() >= 3000, "{at_first:?}");
    assert!(at_first.circle == Circle::Owner && !at_first.is_kept);
    assert_eq!(at_first.folder, place.share().canonicalize().unwrap().to_str().unwrap());
    let refused = SharedFolder::start(&place.share(), &place.state(), Command::new("none"));
    assert!(matches!(&refused, Err(SharingError::Refused(text)) if text.contains("already")));

    let open = shared.let_in(Circle::Everybody(Access::Read)).unwrap();
    assert_eq!(open.circle, Circle::Everybody(Access::Read));
    assert_eq!(open.local, at_first.local, "the owner's way stays");
    assert!(!open.link.contains("127.0.0.1") || open.link == at_first.link, "{open:?}");
    TcpStream::connect(open.local).unwrap();
    for circle in [Circle::Everybody(Access::Write), Circle::Invited, Circle::Owner] {
        assert_eq!(shared.let_in(circle).unwrap().circle, circle);
    }
    let closed = shared.sharing().unwrap();
    TcpStream::connect(closed.local).unwrap();

    shared.keep(true).unwrap();
    let found = SharedFolder::find(&place.state()).unwrap().unwrap();
    assert!(found.sharing().unwrap().is_kept);
    found.stop().unwrap();
    assert_eq!(shared.sharing(), Err(SharingError::Gone));
    shared.stop().unwrap();
}

#[test]
fn the_owners_secret_is_nowhere_but_in_the_channel() {
    let place = Place::new();
    let shared = share(&place);
    let secret = shared.owner_secret().unwrap();
    assert_ne!(shared.owner_secret().unwrap(), secret, "one for each opening");
    for entry in fs::read_dir(place.state()).unwrap() {
        let path = entry.unwrap().path();
        let content = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        assert!(!content.contains(secret.expose()), "{}", path.display());
    }
    let process = format!("/proc/{}", shared.sharing().unwrap().pid);
    for file in ["cmdline", "environ"] {
        // Only Linux has these.
        let content = fs::read(format!("{process}/{file}")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&content).contains(secret.expose()), "{file}");
    }
    shared.stop().unwrap();
}

/// Most newcomers' first try is their home, which the state folder lies in.
#[test]
fn a_folder_around_the_state_is_refused_with_what_a_window_can_do() {
    let place = Place::new();
    let home = place.state().parent().unwrap().to_owned();
    let refused = SharedFolder::start(&home, &place.state(), Command::new("none"));
    let Err(SharingError::Refused(text)) = refused else { panic!("{refused:?}") };
    assert!(text.contains("share a folder inside it") && !text.contains("--"), "{text}");
}

#[test]
fn who_was_invited_is_listed_until_shut_out() {
    let place = Place::new();
    let shared = share(&place);
    let wish = |user: &str, read_only| Invite {
        user: Some(user.to_owned()),
        expires: "1h".to_owned(),
        uses: NonZeroU32::MIN,
        read_only,
        path: None,
        address: None,
    };
    shared.let_in(Circle::Invited).unwrap();
    let made = shared.invite(&wish("ben", true)).unwrap();
    assert!(made.link.starts_with("ferry://ben@") && made.link.contains("&i="), "{}", made.link);
    shared.invite(&wish("carla", false)).unwrap();
    let people = shared.people().unwrap();
    let told = |at: usize| (people[at].name.as_str(), people[at].access);
    assert_eq!((told(0), told(1)), (("ben", Access::Read), ("carla", Access::Write)));
    assert_eq!(people[0].invited_until, Some(made.expires));
    assert!(people[0].devices.is_empty() && !people[0].has_password);
    shared.shut_out("ben").unwrap();
    assert_eq!(shared.people().unwrap()[0].name, "carla");
    assert!(shared.shut_out("ben").unwrap_err().to_string().contains("ben"));
    assert_eq!(shared.sharing().unwrap().circle, Circle::Invited, "nobody came in as a guest");
    shared.stop().unwrap();
}

#[test]
fn a_server_of_the_command_line_is_no_windows() {
    let place = Place::new();
    place.run_on_share(&["start", "--guest", "read"]).says(&["ferry://"]);
    let found = SharedFolder::find(&place.state()).unwrap().unwrap();
    assert!(found.sharing().unwrap().is_kept, "it needs no window");
    for refused in [found.owner_secret().err(), found.hold().err(), found.keep(false).err()] {
        let text = refused.unwrap().to_string();
        assert!(text.contains("not started by the desktop app"), "{text}");
    }
    assert!(found.let_in(Circle::Owner).is_err());
}
