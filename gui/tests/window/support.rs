//! The window in a harness.

pub(crate) use crate::world::*;

use egui::accesskit::Role;
use egui::{Event as Input, Key, Modifiers, PointerButton, Pos2, Rect, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, HarnessBuilder, Node};
use ferry_gui::Options;
use ferry_gui::action::{Action, AttemptEvent, Event, PaneAction};
use ferry_gui::app::App;
use ferry_gui::request::{JobOrder, Work};
use ferry_gui::state::side::Side;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// The window, and what is behind it.
pub(crate) struct Window {
    pub(crate) harness: Harness<'static, App>,
    pub(crate) world: Shared,
    pub(crate) sharing: FakeSharing,
}

pub(crate) const SIZE: [f32; 2] = [1000.0, 640.0];

pub(crate) fn builder() -> HarnessBuilder<App> {
    Harness::builder()
        .with_size(SIZE)
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(60)
        .allow_missing_glyphs()
}

impl Window {
    /// A window on the connect screen.
    pub(crate) fn new(world: World) -> Self {
        Self::built(world, builder())
    }

    pub(crate) fn built(world: World, builder: HarnessBuilder<App>) -> Self {
        let world: Shared = Rc::new(RefCell::new(world));
        let sharing = FakeSharing::default();
        let options = Options {
            backend: Box::new(FakeBackend(Rc::clone(&world))),
            dialogs: Box::new(FakeDialogs(Rc::clone(&world))),
            sharing: Box::new(sharing.clone()),
            zone: jiff::tz::TimeZone::UTC,
            ..Options::default()
        };
        let harness = builder.build_eframe(move |cc| App::new(options, &cc.egui_ctx));
        let mut window = Self { harness, world, sharing };
        window.run();
        window
    }

    /// A window with a server connected.
    pub(crate) fn connected(world: World) -> Self {
        Self::connected_by(world, builder())
    }

    pub(crate) fn connected_by(mut world: World, builder: HarnessBuilder<App>) -> Self {
        world.connects = true;
        let mut window = Self::built(world, builder);
        window.type_into("Address or link", "ferry://ana@harbour/");
        window.click("Connect");
        window.run();
        window
    }

    /// Works off all that is to be done.
    pub(crate) fn run(&mut self) {
        self.harness.run();
    }

    /// Sends what a worker would.
    pub(crate) fn send(&mut self, event: Event) {
        self.world.borrow_mut().events.push_back(event);
        self.harness.step();
        self.run();
    }

    /// Something comes of the last attempt to connect.
    pub(crate) fn attempted(&mut self, event: AttemptEvent) {
        let world = self.world.borrow();
        let attempt = world.works.iter().rev().find_map(|work| match work {
            Work::Connect(login) => Some(login.attempt),
            _ => None,
        });
        drop(world);
        self.send(Event::Attempt(attempt.unwrap(), event));
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.harness.state_mut().act(action);
        self.run();
    }

    pub(crate) fn pane(&mut self, side: Side, action: PaneAction) {
        self.act(Action::Pane(side, action));
    }

    /// Presses a button by its label.
    pub(crate) fn click(&mut self, label: &str) {
        self.harness.get_by_role_and_label(Role::Button, label).click();
        self.run();
    }

    pub(crate) fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    /// Whether any text holds this.
    pub(crate) fn shows(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some()
    }

    pub(crate) fn type_into(&mut self, label: &str, text: &str) {
        let is_field = |node: &egui_kittest::kittest::AccessKitNode<'_>| {
            matches!(node.role(), Role::TextInput | Role::PasswordInput)
        };
        let field = |harness: &Harness<'static, App>| {
            let mut fields = harness.query_all_by_label(label);
            fields.find(|node| is_field(&node.accesskit_node())).map(|node| node.rect())
        };
        let rect = field(&self.harness).unwrap();
        self.click_at(rect.center(), Modifiers::NONE);
        self.harness.event(Input::Text(text.to_owned()));
        self.run();
    }

    pub(crate) fn is_enabled(&self, label: &str) -> bool {
        let node = self.harness.get_by_role_and_label(Role::Button, label);
        !node.accesskit_node().is_disabled()
    }

    /// Names of the rows of a side that are drawn, from the top.
    pub(crate) fn rows(&self, side: Side) -> Vec<String> {
        let mut rows: Vec<(f32, String)> = self
            .row_nodes(side)
            .map(|node| (node.rect().top(), node.accesskit_node().label().unwrap_or_default()))
            .collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        rows.into_iter().map(|(_, name)| name).collect()
    }

    fn row_nodes(&self, side: Side) -> impl Iterator<Item = Node<'_>> {
        let middle = SIZE[0] / 2.0;
        let is_here = side == Side::Here;
        let rows = self.harness.query_all_by_role(Role::ListBoxOption);
        rows.filter(move |node| (node.rect().center().x < middle) == is_here)
    }

    /// The rectangle of a row.
    pub(crate) fn row(&self, side: Side, name: &str) -> Rect {
        let is_named = |node: &Node<'_>| node.accesskit_node().label().as_deref() == Some(name);
        self.row_nodes(side).find(is_named).unwrap().rect()
    }

    /// A point on a row's name.
    pub(crate) fn name_point(&self, side: Side, name: &str) -> Pos2 {
        let row = self.row(side, name);
        row.left_center() + vec2(48.0, 0.0)
    }

    /// A point beside all names, in a row's middle.
    pub(crate) fn beside(&self, side: Side, name: &str) -> Pos2 {
        let row = self.row(side, name);
        row.left_center() + vec2(row.width() * 0.45, 0.0)
    }

    pub(crate) fn click_row(&mut self, side: Side, name: &str, modifiers: Modifiers) {
        let at = self.name_point(side, name);
        self.click_at(at, modifiers);
    }

    pub(crate) fn double_click(&mut self, side: Side, name: &str) {
        let at = self.name_point(side, name);
        // So that no earlier click counts.
        self.harness.run_steps(30);
        self.harness.hover_at(at);
        self.harness.step();
        for is_pressed in [true, false, true, false] {
            self.button(at, is_pressed, Modifiers::NONE);
            self.harness.step();
        }
        self.run();
    }

    pub(crate) fn click_at(&mut self, at: Pos2, modifiers: Modifiers) {
        self.harness.hover_at(at);
        self.harness.step();
        self.button(at, true, modifiers);
        self.harness.step();
        self.button(at, false, modifiers);
        self.run();
        // So that the next click is no double click.
        self.harness.run_steps(30);
    }

    pub(crate) fn button(&self, at: Pos2, pressed: bool, modifiers: Modifiers) {
        let button = PointerButton::Primary;
        let input = Input::PointerButton { pos: at, button, pressed, modifiers };
        if modifiers.any() {
            self.harness.event_modifiers(input, modifiers);
        } else {
            self.harness.event(input);
        }
    }

    /// Drags from one point to another, in steps.
    pub(crate) fn drag(&mut self, from: Pos2, to: Pos2) {
        self.drag_without_end(from, to);
        self.button(to, false, Modifiers::NONE);
        self.harness.step();
        self.run();
    }

    pub(crate) fn drag_without_end(&mut self, from: Pos2, to: Pos2) {
        self.harness.hover_at(from);
        self.harness.step();
        self.button(from, true, Modifiers::NONE);
        self.harness.step();
        self.move_pointer(from, to);
    }

    /// Drags while keys are held that were pressed before.
    pub(crate) fn drag_holding(&mut self, from: Pos2, to: Pos2, modifiers: Modifiers) {
        let button = PointerButton::Primary;
        let press = |pos, pressed| Input::PointerButton { pos, button, pressed, modifiers };
        self.harness.hover_at(from);
        self.harness.step();
        self.harness.event(press(from, true));
        self.harness.step();
        self.move_pointer(from, to);
        self.harness.event(press(to, false));
        self.run();
    }

    fn move_pointer(&mut self, from: Pos2, to: Pos2) {
        for step in 1..=5_u8 {
            let at = from + (to - from) * (f32::from(step) / 5.0);
            self.harness.hover_at(at);
            self.harness.step();
        }
    }

    pub(crate) fn key(&mut self, key: Key) {
        self.key_with(Modifiers::NONE, key);
    }

    pub(crate) fn key_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.run();
    }

    /// Puts the keyboard at a side's list.
    pub(crate) fn focus(&mut self, side: Side) {
        let label =
            if side == Side::Here { "Files on this computer" } else { "Files on the server" };
        self.harness.get_by_role_and_label(Role::ListBox, label).focus();
        self.run();
    }

    /// Names of what is chosen, in the order in which it is shown.
    pub(crate) fn chosen(&self, side: Side) -> Vec<String> {
        let pane = self.harness.state().state().pane(side);
        let chosen = pane.chosen();
        chosen
            .iter()
            .map(|row| String::from_utf8_lossy(pane.rows.name(*row)).into_owned())
            .collect()
    }

    pub(crate) fn jobs(&self) -> Vec<JobOrder> {
        let world = self.world.borrow();
        let orders = world.works.iter().filter_map(|work| match work {
            Work::StartJob(order) => Some(order.clone()),
            _ => None,
        });
        orders.collect()
    }

    /// The latest job that was started.
    pub(crate) fn last_job(&self) -> JobOrder {
        self.jobs().pop().unwrap()
    }

    pub(crate) fn works(&self, is_meant: impl Fn(&Work) -> bool) -> usize {
        self.world.borrow().works.iter().filter(|work| is_meant(work)).count()
    }

    /// Files of another program are dropped.
    pub(crate) fn drop_files(&mut self, paths: &[&str]) {
        for path in paths {
            self.harness.input_mut().dropped_files.push(Arc::new(Dropped(PathBuf::from(path))));
        }
        self.harness.step();
        self.run();
    }
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("not read here".to_owned())
    }
}

impl Window {
    pub(crate) fn harness_radio(&mut self, label: &str) {
        self.harness.get_by_role_and_label(Role::RadioButton, label).click();
        self.run();
    }

    pub(crate) fn harness_check(&mut self, label: &str) {
        self.harness.get_by_role_and_label(Role::CheckBox, label).click();
        self.run();
    }
}
