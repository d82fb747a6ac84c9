//! Rows that come, again too, and what is chosen among them.

use super::*;

/// More rows than are arranged at once.
const MANY: usize = 6000;

fn many(last_first: bool) -> Rows {
    let mut names: Vec<String> = (0..MANY).map(|index| format!("f{index}")).collect();
    if last_first {
        names.reverse();
    }
    rows(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

fn listed(state: &mut State, rows: Rows) -> Vec<Request> {
    let generation = state.here.generation;
    event(state, Event::Listed { side: Side::Here, generation, rows, is_complete: true })
}

/// A folder of this computer with many rows, in order.
fn with_many() -> State {
    let mut state = connected();
    pane(&mut state, Side::Here, PaneAction::Open(Place::parse(b"/many")));
    let requests = listed(&mut state, many(false));
    arrange(&mut state, &requests);
    assert_eq!(state.here.shown().len(), MANY);
    state
}

fn shown_names(state: &State) -> Vec<String> {
    let names = state.here.shown().iter().map(|row| state.here.rows.name(*row).to_vec());
    names.map(|name| String::from_utf8(name).unwrap()).collect()
}

#[test]
fn what_was_chosen_stays_so_when_the_folder_is_read_again() {
    let mut state = connected();
    pane(&mut state, Side::Here, PaneAction::Click(1, Extend::No));
    pane(&mut state, Side::Here, PaneAction::Click(3, Extend::Toggle));
    pane(&mut state, Side::Here, PaneAction::Refresh);
    listed(&mut state, rows(&["0", "d", "c", "b", "a"]));
    assert_eq!(chosen(&state, Side::Here), ["b", "d"]);
    assert_eq!(state.here.chosen_bytes, 2);
    let cursor = state.here.selection.cursor.map(|row| state.here.rows.name(row));
    assert_eq!(cursor, Some(&b"d"[..]));
    assert_eq!(state.here.reveal, None, "the list stays where it is");
    pane(&mut state, Side::Here, PaneAction::Refresh);
    listed(&mut state, rows(&["b"]));
    assert_eq!(chosen(&state, Side::Here), ["b"], "what is gone is not chosen");
}

/// While many rows are arranged for another order, the folder comes in anew: the order that comes
/// first is one of rows that are not there any more.
#[test]
fn an_order_of_rows_that_were_replaced_is_not_taken_for_one_of_the_new() {
    let mut state = with_many();
    pane(&mut state, Side::Here, PaneAction::Refresh);
    let old =
        pane(&mut state, Side::Here, PaneAction::SortBy(crate::state::arrangement::Column::Name));
    let new = listed(&mut state, many(true));
    arrange(&mut state, &old);
    assert_eq!(state.here.rows.name(0), b"f0", "what is shown stays until the new is in order");
    arrange(&mut state, &new);
    assert_eq!(state.here.rows.name(0), b"f5999");
    let names = shown_names(&state);
    assert_eq!((names[0].as_str(), names[MANY - 1].as_str()), ("f5999", "f0"));
    assert!(!state.here.is_arranging);
}

#[test]
fn what_is_chosen_while_new_rows_are_put_in_order_is_kept_too() {
    let mut state = with_many();
    pane(&mut state, Side::Here, PaneAction::Refresh);
    let new = listed(&mut state, many(true));
    let meant = state.here.rows.find(b"f17").unwrap();
    pane(&mut state, Side::Here, PaneAction::Click(meant, Extend::No));
    arrange(&mut state, &new);
    assert_eq!(chosen(&state, Side::Here), ["f17"]);
    let (_, moves) = state.here.moved.clone().unwrap();
    assert_eq!(moves.of(0), Some(5999), "the view keeps its place by this");
}

#[test]
fn what_the_filter_hides_is_chosen_no_more() {
    let mut state = connected();
    pane(&mut state, Side::Here, PaneAction::Click(1, Extend::No));
    pane(&mut state, Side::Here, PaneAction::Click(2, Extend::Toggle));
    pane(&mut state, Side::Here, PaneAction::Filter("b".to_owned()));
    assert_eq!((state.here.selection.len(), state.here.chosen_bytes), (1, 1));
    assert_eq!(state.here.selection.cursor, None, "the keyboard is at no row out of sight");
    pane(&mut state, Side::Here, PaneAction::Filter("x".to_owned()));
    act(&mut state, Action::Command(Command::Delete));
    act(&mut state, Action::Command(Command::Rename));
    assert_eq!(state.dialog, None);
    pane(&mut state, Side::Here, PaneAction::Filter(String::new()));
    assert!(chosen(&state, Side::Here).is_empty());
}

#[test]
fn a_rectangle_takes_back_what_it_leaves_but_not_what_was_chosen_before() {
    let mut state = connected();
    pane(&mut state, Side::Here, PaneAction::Click(0, Extend::No));
    pane(&mut state, Side::Here, PaneAction::MarqueeBegin(Extend::Toggle));
    let mut over = |range: std::ops::Range<usize>| {
        pane(&mut state, Side::Here, PaneAction::MarqueeOver(range));
        assert_eq!(state.here.chosen_bytes, state.here.selection.len() as u64);
        chosen(&state, Side::Here)
    };
    assert_eq!(over(1..3), ["a", "b", "c"]);
    assert_eq!(over(0..2), ["a", "b"]);
    assert_eq!(over(2..9), ["a", "c", "d"]);
    assert_eq!(over(3..3), ["a"]);
}

#[test]
fn what_was_made_is_chosen_among_many_rows_too() {
    let mut state = with_many();
    let made = Some(Place::parse(b"/many/f5000"));
    event(&mut state, Event::Changed { side: Side::Here, made, problem: None });
    let requests = listed(&mut state, many(false));
    arrange(&mut state, &requests);
    assert_eq!(chosen(&state, Side::Here), ["f5000"]);
    assert_eq!(state.here.reveal, Some(5000));
}
