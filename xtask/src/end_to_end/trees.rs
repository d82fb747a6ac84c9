//! Whole trees, there and back.

use super::{Outcome, Scenario, Stage, expect_code};
use crate::failure::{During as _, Failure};
use crate::process::Background;
use crate::tree;
use std::fs;
use std::process::Stdio;

pub(super) const SCENARIOS: &[(&str, Scenario)] = &[
    ("a tree of hard names goes up and down unchanged", hard_names),
    ("the same command again nests nothing and sends nothing", again),
    ("four terminals at once", four_at_once),
];

fn hard_names(stage: &Stage) -> Result<Outcome, Failure> {
    let source = stage.folder("source")?;
    tree::build(&source)?;
    let server = stage.serve()?;
    expect_code(server.client("put").arg(&source).arg(server.url("new")), 0)?;
    tree::compare(&source, &stage.path("share/new"))?;
    expect_code(server.client("put").arg(&source).arg(server.url("into/")), 0)?;
    tree::compare(&source, &stage.path("share/into/source"))?;
    let back = stage.path("back");
    expect_code(server.client("get").arg(server.url("new")).arg(&back), 0)?;
    tree::compare(&source, &back)?;
    Ok(Outcome::Passed)
}

fn again(stage: &Stage) -> Result<Outcome, Failure> {
    let source = stage.folder("source")?;
    tree::build(&source)?;
    let server = stage.serve()?;
    for _ in 0..2 {
        expect_code(server.client("put").arg(&source).arg(server.url("x")), 0)?;
        expect_code(server.client("get").arg(server.url("x")).arg(stage.path("back")), 0)?;
        tree::compare(&source, &stage.path("share/x"))?;
        tree::compare(&source, &stage.path("back"))?;
    }
    Ok(Outcome::Passed)
}

fn four_at_once(stage: &Stage) -> Result<Outcome, Failure> {
    let source = stage.folder("source")?;
    tree::build(&source)?;
    let server = stage.serve()?;
    let mut clients = Vec::new();
    for number in 0..4 {
        let mut command = server.client("put");
        command.env("FERRY_STATE_DIR", stage.path(&format!("state-{number}")));
        command.arg(&source).arg(server.url(&format!("x{number}")));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        clients.push(Background::start(&mut command)?);
    }
    for mut client in clients {
        let status = client.child().wait().during("ferry put")?;
        super::ensure(status.success(), || format!("one of four ended with {status}"))?;
    }
    for number in 0..4 {
        tree::compare(&source, &stage.path(&format!("share/x{number}")))?;
    }
    let names = fs::read_dir(stage.path("share")).during("share")?.count();
    super::ensure(names == 4, || format!("{names} names where four were sent"))?;
    Ok(Outcome::Passed)
}
