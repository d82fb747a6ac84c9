//! The window's behaviour, by the labels that a screen reader finds. No display is needed.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use ferry_gui::Options;
use ferry_gui::app::App;

#[test]
fn the_window_opens_without_a_server() {
    let harness = Harness::builder()
        .with_size([640.0, 420.0])
        .build_eframe(|cc| App::new(Options::default(), &cc.egui_ctx));
    harness.get_by_label("Ferry");
}
