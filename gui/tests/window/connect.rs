//! The connect screen.

use crate::support::{Window, World, builder, problem, server, world};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ferry_gui::action::{Action, AttemptEvent, ConnectAction, Event};
use ferry_gui::request::Work;
use ferry_gui::state::connection::{KeyChange, Server, TrustQuestion};
use ferry_gui::state::place::Place;
use ferry_gui::state::servers::SavedServer;

const FINGERPRINT: &str = "mfrggzdfmztwq2lknnwg23tpobyxe43uov3ho6dzpiydcmrtgq2q";

fn saved(address: &str) -> SavedServer {
    SavedServer { address: address.to_owned(), used_unix_secs: 1, ..SavedServer::default() }
}

fn last_login(window: &Window) -> ferry_gui::request::Login {
    let world = window.world.borrow();
    let mut logins = world.works.iter().filter_map(|work| match work {
        Work::Connect(login) => Some(login.clone()),
        _ => None,
    });
    logins.next_back().unwrap()
}

fn connecting(window: &mut Window) {
    window.type_into("Address or link", "harbour");
    window.click("Connect");
}

fn key_change(was_in_link: bool) -> AttemptEvent {
    let change = KeyChange {
        server: "harbour:3000".to_owned(),
        known: FINGERPRINT.to_owned(),
        presented: FINGERPRINT.replace('m', "q"),
        was_in_link,
    };
    let address = "ferry://harbour:3000/".to_owned();
    AttemptEvent::KeyChanged { change, address, now_unix_secs: 1 }
}

/// Labels of all buttons that are drawn.
fn buttons(window: &Window) -> Vec<String> {
    let buttons = window.harness.query_all_by_role(Role::Button);
    buttons.map(|button| button.accesskit_node().label().unwrap_or_default()).collect()
}

#[test]
fn what_was_typed_is_what_is_tried() {
    let mut window = Window::new(world());
    window.type_into("Address or link", "ferry://harbour:4000/inbox");
    window.type_into("Name", "ana");
    window.type_into("Password", "anchor");
    window.click("Connect");
    let login = last_login(&window);
    assert_eq!(login.address, "ferry://harbour:4000/inbox");
    assert_eq!(login.account, "ana");
    assert_eq!(login.password.reveal(), "anchor");
    assert!(window.shows("Connecting to ferry://harbour:4000/inbox"));
}

#[test]
fn enter_connects() {
    let mut window = Window::new(world());
    window.type_into("Address or link", "harbour");
    window.key(egui::Key::Enter);
    assert_eq!(last_login(&window).address, "harbour");
}

#[test]
fn nothing_typed_is_nothing_tried() {
    let mut window = Window::new(world());
    window.click("Connect");
    assert_eq!(window.works(|work| matches!(work, Work::Connect(_))), 0);
}

#[test]
fn a_connected_server_shows_both_panes() {
    let window = Window::connected(world());
    assert!(window.has("This computer"));
    assert!(window.has("Server"));
    for label in ["Upload", "Download", "New folder", "Rename", "Delete", "Refresh"] {
        window.harness.get_by_role_and_label(Role::Button, label);
    }
    window.harness.get_by_role_and_label(Role::Button, "Connect");
    window.harness.get_by_role_and_label(Role::Button, "Share a folder");
}

#[test]
fn the_servers_welcome_is_shown_until_it_is_closed() {
    let mut window = Window::new(world());
    connecting(&mut window);
    let welcome = "Files of the office\nPut scans into inbox".to_owned();
    window.attempted(AttemptEvent::Connected {
        server: Server { welcome: welcome.clone(), ..server("", true) },
        address: "ferry://harbour/".to_owned(),
        place: Place::root(),
        now_unix_secs: 1,
    });
    assert!(window.has(&welcome));
    window.click("Close the server's welcome");
    assert!(!window.shows("Files of the office"));
    assert!(window.has("Files on the server"));
}

#[test]
fn a_failure_says_why_and_keeps_what_was_typed() {
    let mut window = Window::new(world());
    connecting(&mut window);
    window.attempted(AttemptEvent::Failed(problem("No connection to harbour:3000")));
    assert!(window.has("No connection to harbour:3000"));
    assert!(window.has("The reason, and what to do."));
    window.click("Connect");
    assert_eq!(last_login(&window).address, "harbour");
}

#[test]
fn an_attempt_can_be_given_up() {
    let mut window = Window::new(world());
    connecting(&mut window);
    window.click("Cancel");
    assert_eq!(window.works(|work| matches!(work, Work::CancelConnect)), 1);
    assert!(window.has("Connect to a server"));
    // What comes of it afterwards is of no use, and is left again.
    window.attempted(AttemptEvent::Connected {
        server: server("", true),
        address: "ferry://harbour/".to_owned(),
        place: Place::root(),
        now_unix_secs: 1,
    });
    assert!(window.has("Connect to a server"));
    assert_eq!(window.works(|work| matches!(work, Work::Disconnect)), 1);
}

#[test]
fn a_new_server_is_trusted_only_when_a_person_says_so() {
    let mut window = Window::new(world());
    connecting(&mut window);
    let question =
        TrustQuestion { server: "harbour:3000".to_owned(), fingerprint: FINGERPRINT.to_owned() };
    window.attempted(AttemptEvent::TrustAsked(question.clone()));
    assert!(window.has("Is this the right server?"));
    assert!(window.shows("mfrg gzdf mztw"));
    window.click("Do not connect");
    assert_eq!(window.works(|work| matches!(work, Work::Trust(false))), 1);
    connecting(&mut window);
    window.attempted(AttemptEvent::TrustAsked(question));
    window.click("They agree, connect");
    assert_eq!(window.works(|work| matches!(work, Work::Trust(true))), 1);
}

#[test]
fn a_changed_key_is_a_hard_stop() {
    let mut window = Window::new(world());
    connecting(&mut window);
    window.attempted(key_change(false));
    assert!(window.has("This is not the server you know"));
    assert!(window.shows("mfrg gzdf mztw") && window.shows("qfrg gzdf qztw"), "both keys");
    assert_eq!(buttons(&window), ["Stay away"], "there is no way on");
    window.click("Stay away");
    assert!(window.has("Connect to a server"));
    assert_eq!(window.works(|work| matches!(work, Work::ForgetServer(_))), 0);
}

#[test]
fn a_link_with_another_key_leads_no_further() {
    let mut window = Window::new(world());
    window.act(Action::Connect(ConnectAction::Open("harbour#fp=old".to_owned())));
    window.attempted(key_change(true));
    assert!(window.shows("Ask whoever gave you the link"));
    assert_eq!(buttons(&window), ["Stay away"]);
    window.click("Stay away");
    assert!(!window.shows("Forget this server"), "nothing was known");
}

#[test]
fn a_server_whose_key_changed_is_forgotten_where_servers_are_listed() {
    let mut window = Window::new(world());
    connecting(&mut window);
    window.attempted(key_change(false));
    window.click("Stay away");
    window.click("Forget this server: harbour:3000");
    assert!(window.has("Forget harbour:3000?"));
    window.click("Forget it");
    let forgets = |work: &Work| matches!(work, Work::ForgetServer(address) if address == "ferry://harbour:3000/");
    assert_eq!(window.works(forgets), 1);
    assert_eq!(window.works(|work| matches!(work, Work::Connect(_))), 1, "none since");
}

#[test]
fn saved_servers_are_opened_by_a_click() {
    let world = World { saved: vec![saved("ferry://ana@harbour/")], ..world() };
    let mut window = Window::new(world);
    window.click("ana@harbour");
    assert_eq!(last_login(&window).address, "ferry://ana@harbour/");
}

#[test]
fn a_server_that_was_connected_is_saved_without_its_password() {
    let window = Window::connected(world());
    let world = window.world.borrow();
    let mut saved = world.works.iter().filter_map(|work| match work {
        Work::SaveServers(servers) => Some(servers.clone()),
        _ => None,
    });
    let saved = saved.next_back().unwrap();
    assert_eq!(saved.len(), 1);
    assert_eq!(saved[0].address, "ferry://ana@harbour/");
}

#[test]
fn the_pane_calls_a_server_by_its_own_name_and_no_others() {
    let named =
        |address: &str, title: &str| SavedServer { title: title.to_owned(), ..saved(address) };
    let others = ["ferry://my-harbour:3000/", "ferry://bo@harbour:3000/", "ferry://harbour:30000/"];
    let others = others.map(|address| named(address, "Elsewhere"));
    let saved = World { saved: others.to_vec(), ..world() };
    let mut window = Window::connected(saved);
    assert!(window.shows("at harbour:3000"));
    assert!(!window.shows("Elsewhere"));
    let own = named("ferry://ana@harbour/", "The office");
    window.send(Event::Servers(others.into_iter().chain([own]).collect()));
    assert!(window.shows("at The office"));
}

#[test]
fn a_window_of_any_width_says_what_it_is_connected_to() {
    for width in [720.0, 900.0, 950.0, 1000.0, 1400.0] {
        let window = Window::connected_by(world(), builder().with_size([width, 640.0]));
        assert!(window.has("guest at harbour:3000"), "{width} points wide");
    }
}

#[test]
fn a_server_gets_a_name_of_ones_own_and_is_kept() {
    let world = World { saved: vec![saved("ferry://harbour/")], ..world() };
    let mut window = Window::new(world);
    window.click("Name this server: harbour");
    window.type_into("Name of the server", "The office");
    window.key(egui::Key::Enter);
    window.harness.get_by_role_and_label(Role::Button, "The office");
    let saves = |work: &Work| matches!(work, Work::SaveServers(list) if list[0].title == "The office" && list[0].is_bookmarked);
    assert_eq!(window.works(saves), 1);
}

#[test]
fn a_saved_server_can_be_kept_and_forgotten() {
    let world = World { saved: vec![saved("ferry://harbour/")], ..world() };
    let mut window = Window::new(world);
    window.click("Keep this server: harbour");
    assert!(window.has("Keep no more: harbour"));
    window.click("Forget this server: harbour");
    window.click("Cancel");
    assert!(window.has("Forget this server: harbour"));
    window.click("Forget this server: harbour");
    window.click("Forget it");
    assert!(window.shows("Servers you connect to appear here"));
    assert_eq!(window.works(|work| matches!(work, Work::SaveServers(list) if list.is_empty())), 1);
}

#[test]
fn connect_shows_the_screen_again_and_leads_back() {
    let mut window = Window::connected(world());
    window.click("Connect");
    assert!(window.has("Connect to a server"));
    window.click("Back to the server");
    assert!(window.has("This computer"));
}

#[test]
fn another_link_leaves_the_first_server() {
    let mut window = Window::connected(world());
    window.act(Action::Connect(ConnectAction::Open("ferry://other/".to_owned())));
    assert_eq!(window.works(|work| matches!(work, Work::Disconnect)), 1);
    assert_eq!(last_login(&window).address, "ferry://other/");
    assert_eq!(last_login(&window).account, "", "the first server's account is not told the other");
}
