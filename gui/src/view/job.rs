//! One job in the panel of transfers.

use super::Actions;
use crate::action::{Action, TransferAction};
use crate::state::place::shown;
use crate::state::transfers::{CurrentFile, Direction, Job, Stage, ratio};
use crate::text::{format, obstacles, transfers as text};
use crate::theme::tokens::{Tokens, size, space};
use crate::theme::{self, icons};
use crate::widgets::{Button, Look, progress_bar, words};
use egui::{Align, Color32, Layout, Ui};

/// Files under way that are shown of one job.
const CURRENT_MAX: usize = 4;
const CURRENT_HEIGHT: f32 = 18.0;
const NUMBERS_WIDTH: f32 = 120.0;

pub(super) fn job_ui(ui: &mut Ui, job: &Job, actions: &mut Actions) {
    ui.push_id(job.id, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        let control_height = ui.spacing().interact_size.y;
        title_ui(ui, job, actions);
        let color = color_of(ui, job);
        if !matches!(job.stage, Stage::Cancelled) && !job.is_success() {
            progress_bar(ui, &text::title(job), job.fraction(), color);
        }
        let details = text::stage(job);
        let color = if job.is_over() { color } else { Tokens::of(ui).text_weak };
        ui.spacing_mut().interact_size.y = CURRENT_HEIGHT;
        ui.horizontal(|ui| {
            words(details).font(theme::small()).color(color).show(ui);
            rate_ui(ui, job);
        });
        if let Stage::Stopped(problem) = &job.stage {
            words(&problem.details).font(theme::small()).wrapped(ui);
        }
        for file in job.progress.current.iter().take(CURRENT_MAX) {
            current_ui(ui, file);
        }
        ui.spacing_mut().interact_size.y = control_height;
        links_ui(ui, job, actions);
    });
}

fn title_ui(ui: &mut Ui, job: &Job, actions: &mut Actions) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let icon = icon_of(job);
        words(icon).font(theme::icon_filled(size::ICON)).color(color_of(ui, job)).show_silently(ui);
        let buttons_width = 96.0;
        ui.scope(|ui| {
            ui.set_max_width(ui.available_width() - buttons_width);
            words(text::title(job)).font(theme::strong()).show(ui);
            words(text::target(job)).font(theme::small()).color(tokens.text_weak).show(ui);
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for (icon, label, action) in buttons_of(job) {
                if Button::of_icon(icon, label).small().show(ui).clicked() {
                    actions.push(Action::Transfer(action));
                }
            }
        });
    });
}

/// The buttons of a job, from the right.
fn buttons_of(job: &Job) -> Vec<(char, &'static str, TransferAction)> {
    let cancel = (icons::X, text::CANCEL, TransferAction::Cancel(job.id));
    let pause = (icons::PAUSE, text::PAUSE, TransferAction::Pause(job.id));
    let resume = (icons::PLAY, text::RESUME, TransferAction::Resume(job.id));
    let retry = (icons::ARROW_COUNTER_CLOCKWISE, text::RETRY, TransferAction::Retry(job.id));
    let dismiss = (icons::X, text::DISMISS, TransferAction::Dismiss(job.id));
    match &job.stage {
        Stage::Waiting | Stage::Running => vec![cancel, pause],
        Stage::Pausing => vec![cancel],
        Stage::Paused => vec![cancel, resume],
        Stage::Cancelling => Vec::new(),
        Stage::Cancelled | Stage::Stopped(_) => vec![dismiss, retry],
        Stage::Ended if job.failed_count > 0 => vec![dismiss, retry],
        Stage::Ended => vec![dismiss],
    }
}

fn icon_of(job: &Job) -> char {
    match (&job.stage, job.direction) {
        (Stage::Ended, _) if job.failed_count > 0 => icons::WARNING_CIRCLE,
        (Stage::Ended, _) if !job.conflicts.is_empty() => icons::QUESTION,
        (Stage::Ended, _) => icons::CHECK_CIRCLE,
        (Stage::Stopped(_), _) => icons::WARNING_CIRCLE,
        (Stage::Cancelled, _) => icons::PROHIBIT,
        (Stage::Paused | Stage::Pausing, _) => icons::PAUSE,
        (_, Direction::Upload) => icons::UPLOAD_SIMPLE,
        (_, Direction::Download) => icons::DOWNLOAD_SIMPLE,
    }
}

fn color_of(ui: &Ui, job: &Job) -> Color32 {
    let tokens = Tokens::of(ui);
    match &job.stage {
        Stage::Ended if job.failed_count > 0 => tokens.bad,
        Stage::Stopped(_) => tokens.bad,
        Stage::Ended if !job.conflicts.is_empty() => tokens.warn,
        Stage::Ended => tokens.good,
        Stage::Paused | Stage::Pausing | Stage::Cancelled | Stage::Waiting => tokens.text_weak,
        Stage::Running | Stage::Cancelling => tokens.accent,
    }
}

fn rate_ui(ui: &mut Ui, job: &Job) {
    let speed = job.speed.bytes_per_sec();
    if job.stage != Stage::Running || speed == 0 {
        return;
    }
    let left = job.time_left().map(|left| format!(" · {}", format::time_left(left)));
    let rate = format!("{}{}", format::speed(speed), left.unwrap_or_default());
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        words(rate).font(theme::small()).color(Tokens::of(ui).text_weak).show(ui);
    });
}

fn current_ui(ui: &mut Ui, file: &CurrentFile) {
    let tokens = Tokens::of(ui);
    let name = shown(file.place.name().unwrap_or_default());
    ui.spacing_mut().interact_size.y = CURRENT_HEIGHT;
    ui.horizontal(|ui| {
        ui.add_space(size::ICON + space::S);
        let width = (ui.available_width() * 0.45).floor();
        ui.allocate_ui(egui::vec2(width, CURRENT_HEIGHT), |ui| {
            ui.set_min_width(width);
            words(name.clone()).font(theme::small()).color(tokens.text_weak).show(ui);
        });
        if file.bytes_total > 0 {
            let done = ratio(file.bytes_done, file.bytes_total);
            let numbers = text::part(file.bytes_done, file.bytes_total);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                // As wide as the numbers get, so that the bars of all files end at one line.
                let room = egui::vec2(NUMBERS_WIDTH, CURRENT_HEIGHT);
                ui.allocate_ui_with_layout(room, Layout::right_to_left(Align::Center), |ui| {
                    ui.set_min_width(NUMBERS_WIDTH);
                    words(numbers).font(theme::small()).color(tokens.text_weak).show(ui);
                });
                progress_bar(ui, &name, done, tokens.accent.gamma_multiply(0.7));
            });
        }
    });
}

/// What of a job has more to tell than its line.
fn links_ui(ui: &mut Ui, job: &Job, actions: &mut Actions) {
    let mut link = |text: &str, action| {
        if Button::new(Look::Plain, text).small().show(ui).clicked() {
            actions.push(Action::Transfer(action));
        }
    };
    if job.failed_count > 0 {
        link(&text::failures(job.failed_count), TransferAction::ShowFailures(job.id));
    }
    if !job.obstacles.is_empty() {
        link(obstacles::SHOW, TransferAction::ShowObstacles(job.id));
    }
}
