//! The shared folder.

use crate::support::{Window, place, problem, world};
use ferry_gui::action::Picked;
use ferry_gui::request::{Pick, Work};
use ferry_gui::share::link;
use ferry_gui::state::secret::Password;
use ferry_gui::state::sharing::{
    Access, Circle, Draft, Invitation, Lasting, OwnerLogin, Person, Share, ShareEvent, ShareRequest,
};

const LINK: &str = "ferry://ben@192.168.1.20:3000/#fp=abc&i=xyz";

/// A shared folder that guests reach by this link, if there is one.
fn share(guests: Option<&str>) -> Share {
    let circle = guests.map_or(Circle::Window, |_| Circle::Everybody(Access::Read));
    Share {
        folder: "/here/photos".into(),
        port: 3000,
        circle,
        link: guests.map(|text| link(text.to_owned())),
        people: Vec::new(),
        keeps_running: false,
    }
}

/// The same once Ben was invited, and perhaps has come.
fn with_ben(device: Option<&str>) -> Share {
    let ben = Person {
        name: "ben".to_owned(),
        devices: device.into_iter().map(str::to_owned).collect(),
        invited_until: device.is_none().then_some(1_795_666_500),
        ..Person::default()
    };
    Share { circle: Circle::Invited, people: vec![ben], ..share(None) }
}

fn invitation() -> Invitation {
    Invitation { name: "ben".to_owned(), link: link(LINK.to_owned()), until: 1_795_666_500 }
}

fn login() -> OwnerLogin {
    OwnerLogin {
        link: "ferry://owner@127.0.0.1:3000/#fp=x".to_owned(),
        account: "owner".to_owned(),
        password: Password::new("once"),
    }
}

fn tell(window: &mut Window, event: ShareEvent) {
    window.sharing.events.lock().push_back(event);
    window.harness.step();
    window.run();
}

fn last_request(window: &Window) -> ShareRequest {
    window.sharing.requests.lock().last().cloned().unwrap()
}

/// A window that shares a folder, with its dialog open.
fn sharing(guests: Option<&str>) -> Window {
    let mut window = Window::connected(world());
    tell(&mut window, ShareEvent::Running(share(guests), None));
    window.click("Share a folder");
    assert!(window.has("Sharing a folder"));
    assert_eq!(last_request(&window), ShareRequest::Look, "who has come since");
    tell(&mut window, ShareEvent::Running(share(guests), None));
    window
}

#[test]
fn a_server_that_was_left_running_is_looked_for_at_the_start() {
    let window = Window::new(world());
    assert_eq!(*window.sharing.requests.lock(), [ShareRequest::Find]);
}

#[test]
fn a_folder_is_chosen_shared_and_opened() {
    let mut window = Window::new(world());
    window.click("Share a folder");
    assert_eq!(window.world.borrow().picks, [Pick::ShareFolder(place("/here"))]);
    window.world.borrow_mut().picked.push_back(Picked::Share(place("/here/photos")));
    window.harness.step();
    window.run();
    assert_eq!(last_request(&window), ShareRequest::Start("/here/photos".into()));
    tell(&mut window, ShareEvent::Running(share(None), Some(login())));
    let connects = |work: &Work| {
        matches!(work, Work::Connect(login)
            if login.account == "owner" && login.password.reveal() == "once")
    };
    assert_eq!(window.works(connects), 1);
}

#[test]
fn what_an_earlier_window_left_running_is_one_click_away() {
    let mut window = Window::new(world());
    tell(&mut window, ShareEvent::Running(share(None), None));
    assert!(window.has("This computer shares /here/photos."));
    window.click("Show it here");
    assert_eq!(last_request(&window), ShareRequest::Open);
}

#[test]
fn one_person_is_invited_by_a_link_that_is_shown_with_its_code() {
    let mut window = sharing(None);
    assert!(window.has("Only this window can reach it."));
    assert!(!window.is_enabled("Make a link"), "nobody is named");
    window.type_into("Name", "Ben");
    window.harness_radio("May: add and change");
    window.harness_radio("Works for: 1 day");
    window.click("Make a link");
    let draft = Draft { name: "Ben".to_owned(), access: Access::Write, lasting: Lasting::Day };
    assert_eq!(last_request(&window), ShareRequest::Invite(draft));
    tell(&mut window, ShareEvent::Invited(with_ben(None), invitation()));
    for shown in
        [LINK, "QR code of the link", "A link for ben", "Works once, until 2026-11-26 04:15"]
    {
        assert!(window.has(shown), "{shown}");
    }
    assert!(window.has("Those you invited can reach it over your network."));
    window.click("Done");
    assert!(!window.has(LINK));
    assert!(window.has("ben"), "who was invited is listed");
}

#[test]
fn a_name_that_cannot_be_is_told_while_it_is_typed() {
    let mut window = sharing(None);
    window.type_into("Name", "Zoë");
    assert!(window.shows("Only letters from a to z"));
    assert!(!window.is_enabled("Make a link"));
}

#[test]
fn that_the_link_was_opened_is_seen() {
    let mut window = sharing(None);
    tell(&mut window, ShareEvent::Invited(with_ben(None), invitation()));
    tell(&mut window, ShareEvent::Changed(with_ben(Some("laptop"))));
    assert!(window.has("ben is in"));
    assert!(window.has("In from laptop · may read"));
    assert!(!window.has(LINK), "it is of no more use");
}

#[test]
fn an_open_link_is_revoked_and_who_came_is_shut_out_after_a_question() {
    let mut window = sharing(None);
    tell(&mut window, ShareEvent::Running(with_ben(None), None));
    window.click("Revoke link: ben");
    assert_eq!(last_request(&window), ShareRequest::ShutOut("ben".to_owned()));
    tell(&mut window, ShareEvent::Running(with_ben(Some("laptop")), None));
    let asked = window.sharing.requests.lock().len();
    window.click("Shut out: ben");
    window.click("Keep: ben");
    window.click("Shut out: ben");
    assert_eq!(window.sharing.requests.lock().len(), asked, "it is asked first");
    window.click("Yes, shut out: ben");
    assert_eq!(window.sharing.requests.lock().len(), asked + 1);
}

#[test]
fn those_who_were_invited_before_are_let_in_again_when_it_is_wished() {
    let mut window = sharing(None);
    tell(
        &mut window,
        ShareEvent::Running(Share { circle: Circle::Window, ..with_ben(Some("a")) }, None),
    );
    window.click("Let them in again");
    assert_eq!(last_request(&window), ShareRequest::LetIn(Circle::Invited));
}

#[test]
fn everybody_is_let_in_as_far_as_is_chosen() {
    let mut window = sharing(None);
    window.harness_radio("Let everybody in");
    assert!(window.shows("Nobody needs a link or a password."));
    window.harness_radio("Guests may: add and change");
    window.click("Open it to everybody");
    let circle = Circle::Everybody(Access::Write);
    assert_eq!(last_request(&window), ShareRequest::LetIn(circle));
}

#[test]
fn the_link_for_guests_is_shown_with_its_code_and_it_can_be_closed_again() {
    let guests = "ferry://192.168.1.20:3000/#fp=abc";
    let mut window = sharing(Some(guests));
    assert!(window.has("Everybody on your network can reach it and read."));
    assert!(window.has(guests) && window.has("QR code of the link"));
    window.click("Close it to others");
    assert_eq!(last_request(&window), ShareRequest::LetIn(Circle::Window));
}

#[test]
fn guests_go_and_those_who_were_invited_stay() {
    let guests = Some("ferry://192.168.1.20:3000/#fp=abc");
    let mut window = Window::connected(world());
    let share = Share { people: with_ben(Some("laptop")).people, ..share(guests) };
    tell(&mut window, ShareEvent::Running(share, None));
    window.click("Share a folder");
    window.click("No more guests");
    // The look at how it is came first.
    tell(&mut window, ShareEvent::Failed(problem("It is busy")));
    assert_eq!(last_request(&window), ShareRequest::LetIn(Circle::Invited));
}

#[test]
fn it_can_outlive_the_window_and_be_stopped() {
    let mut window = sharing(None);
    window.harness_check("Keep sharing when this window closes");
    assert_eq!(last_request(&window), ShareRequest::KeepRunning(true));
    tell(&mut window, ShareEvent::Running(Share { keeps_running: true, ..share(None) }, None));
    window.click("Stop sharing");
    assert_eq!(last_request(&window), ShareRequest::Stop);
    tell(&mut window, ShareEvent::Stopped);
    assert!(!window.has("Sharing a folder"));
}

#[test]
fn what_does_not_work_is_said_where_it_was_asked() {
    let mut window = sharing(None);
    window.harness_radio("Let everybody in");
    window.click("Open it to everybody");
    tell(&mut window, ShareEvent::Failed(problem("The port is taken")));
    assert!(window.has("The port is taken"));
    let asked = window.sharing.requests.lock().len();
    window.click("Open it to everybody");
    assert_eq!(window.sharing.requests.lock().len(), asked + 1, "it can be tried again");
}
