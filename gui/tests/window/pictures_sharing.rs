//! Pictures of the shared folder's dialog.

use crate::pictures::{connect, full_world, picture};
use crate::support::{Window, problem};
use ferry_gui::action::{Action, Command, ShareAction};
use ferry_gui::share::link;
use ferry_gui::state::sharing::{Access, Circle, Invitation, Person, Share, ShareEvent};

const KEY: &str = "mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpiydcmrtgq2q";
const SECRET: &str = "onswg4tforxwmylmnfxgwmrqgi";
/// 2026-12-03 04:15 UTC, in seconds.
const UNTIL: i64 = 1_796_271_300;

fn share() -> Share {
    Share {
        folder: "/here/Photos 2026".into(),
        port: 3000,
        circle: Circle::Window,
        link: None,
        people: Vec::new(),
        keeps_running: true,
    }
}

fn person(name: &str, devices: &[&str]) -> Person {
    Person {
        name: name.to_owned(),
        devices: devices.iter().map(|name| (*name).to_owned()).collect(),
        invited_until: devices.is_empty().then_some(UNTIL),
        ..Person::default()
    }
}

fn people() -> Vec<Person> {
    let ran_out = Person { invited_until: None, ..person("dora", &[]) };
    let writes = Person { access: Access::Write, ..person("anna-maria", &["laptop", "phone"]) };
    vec![writes, person("ben", &["Ben's laptop"]), person("carla", &[]), ran_out]
}

fn invitation(host: &str, name: &str) -> Invitation {
    let link = link(format!("ferry://{name}@{host}:3000/#fp={KEY}&i={SECRET}"));
    Invitation { name: name.to_owned(), link, until: UNTIL }
}

/// The dialog once the server has told this.
fn dialog(name: &str, told: impl Fn() -> ShareEvent, then: impl Fn(&mut Window)) {
    picture(name, full_world, |window| {
        connect(window);
        let tell = |window: &mut Window, event| {
            window.sharing.events.lock().push_back(event);
            window.harness.step();
            window.run();
        };
        tell(window, ShareEvent::Running(share(), None));
        window.act(Action::Command(Command::ShareFolder));
        tell(window, told());
        then(window);
    });
}

fn type_name(window: &mut Window, name: &str) {
    window.act(Action::Share(ShareAction::Name(name.to_owned())));
}

#[test]
fn at_first() {
    dialog("sharing-first", || ShareEvent::Running(share(), None), |_| {});
}

#[test]
fn people_who_were_invited() {
    let told = || {
        let share = Share { circle: Circle::Invited, people: people(), ..share() };
        ShareEvent::Running(share, None)
    };
    dialog("sharing-people", told, |window| {
        type_name(window, "Ben");
        window.act(Action::Share(ShareAction::AskShutOut("ben".to_owned())));
    });
}

#[test]
fn an_invitation() {
    let told = || {
        let share = Share { circle: Circle::Invited, people: vec![person("ben", &[])], ..share() };
        ShareEvent::Invited(share, invitation("192.168.1.20", "ben"))
    };
    dialog("sharing-invitation", told, |_| {});
}

#[test]
fn an_invitation_with_long_names() {
    let name = "a-friend-of-anna-whose-name-goes-on-and-on-until-it-is-too-long";
    let told = || {
        let folder = "/here/A folder whose name goes on and on until nobody can read it any more, final version".into();
        let share =
            Share { circle: Circle::Invited, people: vec![person(name, &[])], folder, ..share() };
        let host = "a-computer-with-a-long-name.somewhere-in-the-harbour.example";
        ShareEvent::Invited(share, invitation(host, name))
    };
    dialog("sharing-long", told, |_| {});
}

#[test]
fn somebody_has_come() {
    let told = || {
        let people = vec![person("ben", &["Ben's laptop"])];
        let share = Share { circle: Circle::Invited, people, ..share() };
        ShareEvent::Invited(share, invitation("192.168.1.20", "ben"))
    };
    dialog("sharing-come", told, |_| {});
}

#[test]
fn guests_are_to_be_let_in() {
    dialog(
        "sharing-guests-first",
        || ShareEvent::Running(share(), None),
        |window| {
            window.harness_radio("Let everybody in");
            window
                .sharing
                .events
                .lock()
                .push_back(ShareEvent::Failed(problem("Sharing did not work")));
            window.harness.step();
            window.run();
        },
    );
}

#[test]
fn guests() {
    let told = || {
        let link = Some(link(format!("ferry://192.168.1.20:3000/#fp={KEY}")));
        let circle = Circle::Everybody(Access::Read);
        ShareEvent::Running(Share { circle, link, people: people(), ..share() }, None)
    };
    dialog("sharing-guests", told, |window| window.harness_radio("Let everybody in"));
}
