//! A real server that has no room for another connection.

use crate::real_server::Fixture;
use ferry_gui::action::{Action, Command, ConnectAction, TransferAction};
use ferry_gui::state::side::Side;
use ferry_gui::state::transfers::Stage;
use ferry_protocol::Rights;
use ferry_server::accounts::Terms;
use std::fs;

/// A job that cannot have a connection: the account may have one, and the window browses by it.
fn waiting() -> Fixture {
    let terms = Terms { connections: Some(1), ..Terms::new(Rights::read_write()) };
    let mut fixture = Fixture::with_terms("write", terms);
    fixture.log_in("ana", "secret");
    fs::write(fixture.path("here/a.txt"), "a").unwrap();
    fixture.choose_all(Side::Here);
    fixture.act(Action::Command(Command::Upload));
    fixture.until(|state| !state.notices.list.is_empty());
    fixture
}

#[test]
fn a_job_that_waits_for_a_connection_lets_nobody_wait_with_it() {
    let mut fixture = waiting();
    let said = &fixture.state().notices.list[0].problem;
    assert!(said.details.contains("as many connections as it may"), "{said:?}");
    fs::write(fixture.path("share/new"), "").unwrap();
    fixture.choose_all(Side::Server);
    assert_eq!(fixture.names(Side::Server), ["new"]);
    assert_eq!(fixture.state().transfers.jobs[0].stage, Stage::Running, "it still waits");
    let id = fixture.state().transfers.jobs[0].id;
    fixture.act(Action::Transfer(TransferAction::Cancel(id)));
    fixture.until(|state| state.transfers.jobs[0].stage == Stage::Cancelled);
}

#[test]
fn another_server_is_connected_while_a_job_waits_which_then_has_its_turn() {
    let mut fixture = waiting();
    // As the guest.
    fixture.act(Action::Connect(ConnectAction::Account(String::new())));
    fixture.connect();
    fixture.until_done();
    assert_eq!(fs::read(fixture.path("share/a.txt")).unwrap(), b"a");
}
