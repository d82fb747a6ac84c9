//! The program shuts itself into its folders, says so, and says what it cannot reach.

use crate::place::Place;
use std::fs;

#[test]
fn a_folder_that_comes_later_needs_a_restart_where_there_is_a_wall() {
    let place = Place::new();
    place.add_account("anna").says(&["added anna"]);
    place.run_on_share(&["start"]).says(&["ferry://127.0.0.1:"]);
    let status = place.status();
    let sandbox = status["sandbox"].as_str().unwrap();
    assert!(sandbox.starts_with("landlock: ") || sandbox.starts_with("none: "), "{sandbox}");
    let later = place.base.path().join("later");
    fs::create_dir(&later).unwrap();
    let set = place.run(&["user", "set", "anna", "--root", later.to_str().unwrap()]);
    set.says(&["changed anna"]);
    if sandbox.starts_with("landlock: ") {
        set.says(&["folders of accounts are new", "stop and start the server"]);
        place.run(&["reload"]).says(&["folders of accounts are new", "stop and start the server"]);
    }
    place.run(&["stop"]).says(&["stopped"]);
    place.run_on_share(&["start"]).says(&["ferry://127.0.0.1:"]);
    let told = place.run(&["reload"]);
    assert!(told.code == 0 && !told.out.contains("folders of accounts are new"), "{told:?}");
    place.run(&["stop"]).says(&["stopped"]);
    let record = fs::read_to_string(place.state().join("audit.log")).unwrap();
    assert!(record.contains("changed anna"), "{record}");
}
