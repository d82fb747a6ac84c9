//! What stands in the way of a job, found before its first byte.

use crate::support::{Window, problem};
use crate::transfers::uploading;
use ferry_gui::action::{Event, JobEnd};
use ferry_gui::state::obstacles::Obstacles;

fn blocked() -> Window {
    let (mut window, id) = uploading("song.mp3");
    let listed = vec![problem("There is too little room on the server")];
    window.send(Event::JobEnded(id, JobEnd::Blocked(Obstacles { listed, count: 3 })));
    window
}

#[test]
fn what_stands_in_the_way_is_shown_before_anything_is_sent() {
    let mut window = blocked();
    assert!(window.has("Nothing was sent yet"));
    assert!(window.has("There is too little room on the server"));
    assert!(window.has("The reason, and what to do."));
    assert!(window.has("and 2 more"));
    window.click("Decide later");
    assert!(!window.has("There is too little room on the server"));
    assert!(window.has("3 things are in the way."));
    window.click("See what stands in the way");
    assert!(window.has("There is too little room on the server"));
}

#[test]
fn it_is_looked_again_or_gone_on_all_the_same() {
    let mut window = blocked();
    window.click("Look again");
    assert_eq!(window.jobs().len(), 2);
    assert!(!window.last_job().goes_on_anyway);
    assert!(!window.shows("stands in the way"));
    let mut window = blocked();
    window.click("Go on all the same");
    assert_eq!(window.jobs().len(), 2);
    assert!(window.last_job().goes_on_anyway);
}
