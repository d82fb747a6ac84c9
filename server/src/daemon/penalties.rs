//! `penalties`: who is shut out and why, and how to clear it.

use super::control::{Reply, Wish, ask};
use super::failure::Failure;
use super::print;
use super::report::counted;
use super::verbs::{state, unexpected};
use crate::config::PenaltiesCommand;
use crate::penalties::{ALL, AddressLine, NameLine, PenaltyReport};
use std::path::Path;
use std::process::ExitCode;

/// Lists or clears the penalties of a running server.
pub(super) fn run(
    command: Option<&PenaltiesCommand>,
    json: bool,
    state_dir: Option<&Path>,
) -> Result<ExitCode, Failure> {
    match command {
        None => list(json, state_dir),
        Some(PenaltiesCommand::Clear { whom }) => clear(whom, state_dir),
    }
}

fn list(json: bool, state_dir: Option<&Path>) -> Result<ExitCode, Failure> {
    let answered = ask(&state(state_dir)?, Wish::Penalties).map_err(Failure::refused)?;
    let Reply::Penalties(report) = answered.reply else {
        return Err(Failure::refused(unexpected(&answered.reply)));
    };
    if json {
        print(&serde_json::to_string(&report).map_err(Failure::refused)?);
    } else {
        print(&table(&report));
    }
    Ok(ExitCode::SUCCESS)
}

fn clear(whom: &str, state_dir: Option<&Path>) -> Result<ExitCode, Failure> {
    let wish = Wish::ClearPenalties(whom.to_owned());
    let answered = ask(&state(state_dir)?, wish).map_err(Failure::refused)?;
    let shown = ferry_protocol::escape(whom.as_bytes());
    match answered.reply {
        Reply::Cleared(0) if whom != ALL => {
            Err(Failure::refused(format!("there is nothing against {shown}; see `penalties`")))
        }
        Reply::Cleared(count) => {
            print(&format!("cleared {shown}: {count} entries"));
            Ok(ExitCode::SUCCESS)
        }
        other => Err(Failure::refused(unexpected(&other))),
    }
}

fn table(report: &PenaltyReport) -> String {
    if report.addresses.is_empty() && report.names.is_empty() {
        return "nothing is held against anyone".to_owned();
    }
    let addresses = report.addresses.iter().map(address_line);
    let names = report.names.iter().map(name_line);
    let mut lines: Vec<String> = addresses.chain(names).collect();
    let shown = report.addresses.len() + report.names.len();
    let total = report.address_count + report.name_count;
    if total > shown {
        lines.push(format!("and {} more", total - shown));
    }
    lines.join("\n")
}

fn address_line(line: &AddressLine) -> String {
    let state = match line.banned_for_secs {
        Some(secs) => {
            let minutes = counted(secs.div_ceil(60), "more minute", "more minutes");
            format!("shut out for {minutes}")
        }
        None => counted(line.points, "point", "points"),
    };
    let bans = if line.bans > 0 { format!(", ban number {}", line.bans) } else { String::new() };
    format!("{:<43}  {state}{bans}", line.address)
}

fn name_line(line: &NameLine) -> String {
    let name = line.name.as_deref().unwrap_or("(no account of this server)");
    let wait = std::time::Duration::from_millis(line.wait_ms).as_secs_f64();
    let refused = counted(line.refused, "refused login", "refused logins");
    format!("{name:<43}  {refused}, the next waits {wait} s")
}
