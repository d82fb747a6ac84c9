//! The shared folder.

use crate::support::{Window, place, problem, world};
use ferry_gui::action::Picked;
use ferry_gui::request::{Pick, Work};
use ferry_gui::state::secret::Password;
use ferry_gui::state::sharing::{GuestRights, OwnerLogin, Share, ShareEvent, ShareRequest};

fn share(guests: Option<&str>) -> Share {
    Share {
        folder: "/here/photos".into(),
        port: 3000,
        guests: guests.map(|link| (GuestRights::Read, link.to_owned())),
        code: None,
        keeps_running: false,
    }
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
fn others_are_let_in_as_far_as_is_chosen() {
    let mut window = sharing(None);
    assert!(window.has("Only this window can reach it."));
    window.harness_radio("They may add and change files");
    window.click("Let others in");
    assert_eq!(last_request(&window), ShareRequest::Widen(GuestRights::Write));
}

#[test]
fn the_link_for_others_is_shown_and_it_can_be_closed_again() {
    let mut window = sharing(Some("ferry://192.168.1.20:3000/#fp=abc"));
    assert!(window.has("ferry://192.168.1.20:3000/#fp=abc"));
    window.click("Close it to others");
    assert_eq!(last_request(&window), ShareRequest::Narrow);
}

#[test]
fn the_link_for_others_is_a_code_too() {
    let mut window = Window::connected(world());
    let link = "ferry://192.168.1.20:3000/#fp=abc";
    let share = Share { code: ferry_gui::share::code(link), ..share(Some(link)) };
    assert!(share.code.as_ref().is_some_and(|code| code.dark.len() == code.width * code.width));
    tell(&mut window, ShareEvent::Running(share, None));
    window.click("Share a folder");
    assert!(window.has("QR code of the link"));
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
    window.click("Let others in");
    tell(&mut window, ShareEvent::Failed(problem("The port is taken")));
    assert!(window.has("The port is taken"));
    window.click("Let others in");
    assert_eq!(window.sharing.requests.lock().len(), 3, "it can be tried again");
}
