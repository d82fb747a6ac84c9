//! Menus of the right button.

use crate::support::{Window, world};
use egui_kittest::kittest::Queryable as _;
use ferry_gui::request::Pick;
use ferry_gui::state::side::Side;

fn open_menu(window: &mut Window, side: Side, name: &str) {
    let rows: Vec<_> = window.harness.query_all_by_label(name).collect();
    let middle = crate::support::SIZE[0] / 2.0;
    let is_here = side == Side::Here;
    let row = rows.iter().find(|row| (row.rect().center().x < middle) == is_here);
    row.unwrap().click_secondary();
    window.run();
}

#[test]
fn a_rows_menu_offers_what_can_be_done_with_it() {
    let mut window = Window::connected(world());
    open_menu(&mut window, Side::Server, "report.pdf");
    assert_eq!(window.chosen(Side::Server), ["report.pdf"], "the row is chosen first");
    window.click("Download to a folder…");
    assert!(matches!(window.world.borrow().picks[..], [Pick::DownloadFolder(_)]));
}

#[test]
fn a_folder_is_opened_from_its_menu() {
    let mut window = Window::connected(world());
    open_menu(&mut window, Side::Server, "inbox");
    window.click("Open");
    assert_eq!(window.rows(Side::Server), ["mail.txt"]);
}
