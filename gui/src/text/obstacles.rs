//! Texts of what stands in the way of a job, found before its first byte.

use super::format::{counted, size};
use super::problems::with_remedy;
use crate::state::obstacles::Obstacles;
use crate::state::problem::{Fault, Problem};
use crate::state::transfers::Direction;

/// Above what stands in the way.
#[must_use]
pub fn title(direction: Direction) -> &'static str {
    match direction {
        Direction::Upload => "Nothing was sent yet",
        Direction::Download => "Nothing was fetched yet",
    }
}

/// Says what is asked.
pub const DETAILS: &str =
    "These stand in the way. Look again once they are out of it, or go on with the rest.";
/// Looks whether they are out of the way, and begins if they are.
pub const LOOK_AGAIN: &str = "Look again";
/// Begins whatever stands in the way.
pub const GO_ON: &str = "Go on all the same";
/// What that does.
pub const GO_ON_HINT: &str = "What can be carried is carried; the rest fails and is listed";
/// Shows what stands in the way.
pub const SHOW: &str = "See what stands in the way";

/// A job that was not begun.
#[must_use]
pub fn blocked(direction: Direction, count: u64) -> Problem {
    let (things, verb) = (counted(count, "thing", "things"), if count == 1 { "is" } else { "are" });
    Problem {
        summary: title(direction).to_owned(),
        details: format!("{things} {verb} in the way."),
        fault: Fault::Untold,
    }
}

/// What stops no file, and should be known all the same: the first, and how many there are.
#[must_use]
pub fn noticed(obstacles: &Obstacles) -> Option<Problem> {
    let mut first = obstacles.listed.first()?.clone();
    let others = obstacles.count.saturating_sub(1);
    if others > 0 {
        let others = counted(others, "more was", "more were");
        first.details = format!("{} {others} found.", first.details);
    }
    Some(first)
}

/// The side that a job carries to.
fn target(direction: Direction) -> (&'static str, Fault) {
    match direction {
        Direction::Upload => ("the server", Fault::Server),
        Direction::Download => ("this computer", Fault::Here),
    }
}

fn on_target(direction: Direction, summary: String, details: String) -> Problem {
    Problem { summary, details, fault: target(direction).1 }
}

/// There is too little room for all of it.
#[must_use]
pub fn no_room(direction: Direction, needed: u64, available: u64) -> Problem {
    let remedy = match direction {
        Direction::Upload => "Its owner has to make room; or send less.",
        Direction::Download => "Make room, or download to another disk.",
    };
    let summary = format!("There is too little room on {}", target(direction).0);
    let said = format!("{} are free and {} are to come", size(available), size(needed));
    on_target(direction, summary, with_remedy(&said, remedy))
}

/// There may be too little room, unless enough of it is there already.
#[must_use]
pub fn perhaps_no_room(direction: Direction, needed: u64, available: u64) -> Problem {
    let summary = format!("There may be too little room on {}", target(direction).0);
    let said = format!("{} are free and {} are to come", size(available), size(needed));
    on_target(
        direction,
        summary,
        with_remedy(&said, "It is enough if most of it is there already."),
    )
}

/// Nothing can be written there.
#[must_use]
pub fn not_writable(direction: Direction, path: &str, why: &str) -> Problem {
    let remedy = match direction {
        Direction::Upload => "Choose another folder, or ask the server's owner for the right.",
        Direction::Download => "Choose another folder, or change its permissions.",
    };
    on_target(direction, format!("Nothing can be put at {path}"), with_remedy(why, remedy))
}

/// The name cannot be there.
#[must_use]
pub fn bad_name(direction: Direction, path: &str, why: &str) -> Problem {
    let summary = format!("{} cannot hold the name {path}", target(direction).0);
    on_target(direction, super::problems::sentence(&summary), with_remedy(why, "Rename it first."))
}

/// Two names that some systems take for one.
#[must_use]
pub fn twins(path: &str, other: &str) -> Problem {
    Problem {
        summary: format!("{path} and {other} have nearly the same name"),
        details: "Only the case of letters differs, or how accents are written; some systems take \
                  both for one. Rename one of them."
            .to_owned(),
        fault: Fault::Untold,
    }
}

/// Something of another kind has the name.
#[must_use]
pub fn in_the_way(direction: Direction, path: &str) -> Problem {
    let summary = format!("Something else is at {path}");
    let details = "It is of another kind and stays. Rename one of the two.".to_owned();
    on_target(direction, summary, details)
}

/// The server refuses it.
#[must_use]
pub fn refused(path: &str, why: &str) -> Problem {
    let remedy = "Choose another folder, or ask the server's owner.";
    Problem {
        summary: format!("{path} is refused"),
        details: with_remedy(why, remedy),
        fault: Fault::Server,
    }
}
