//! Two clients that upload one name at the same time: one of the two is there, whole.

use super::watcher::{Allowed, Watcher};
use super::{Stage, ensure, put};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process::Background;
use crate::tree;
use std::fs;
use std::path::Path;
use std::process::Stdio;

pub(super) fn run(stage: &mut Stage) -> Result<String, Failure> {
    let rounds = stage.count(40, 8);
    let (share, server) = (stage.folder("share")?, stage.serve(&[])?);
    for round in 0..rounds {
        let len = if round % 2 == 0 { LARGE_LEN } else { SMALL_LEN };
        // Half of the rounds meet a name that is free, and may not replace.
        let may_replace = round % 4 < 2;
        let name = if may_replace { "name".to_owned() } else { format!("name {round}") };
        let contents = [stage.content(len), stage.content(len + 1)];
        one_round(stage, &server, &name, &contents, may_replace)?;
    }
    ensure(!tree::has_parts(&share)?, || "a part was left".to_owned())?;
    Ok(format!("{rounds} rounds"))
}

fn one_round(
    stage: &Stage,
    server: &Server,
    name: &str,
    contents: &[Vec<u8>; 2],
    may_replace: bool,
) -> Result<(), Failure> {
    let target = stage.path("share").join(name);
    let mut allowed = Allowed::default();
    for path in tree::files(&stage.path("share"))? {
        let before = fs::read(&path).during(path.display())?;
        allowed.add(&path, &before);
    }
    for content in contents {
        allowed.add(&target, content);
    }
    let watcher = Watcher::start(&stage.path("share"), allowed)?;
    let mut clients = Vec::new();
    for (index, content) in contents.iter().enumerate() {
        let file = stage.path(&format!("twin {index}"));
        fs::write(&file, content).during(file.display())?;
        let told = fs::File::create(file.with_extension("told")).during("standard error")?;
        clients.push(start(server, &file, name, may_replace, told)?);
    }
    let mut done = 0;
    for client in &mut clients {
        done += usize::from(client.child().wait().during("ferry put")?.success());
    }
    watcher.end()?;
    let found = fs::read(&target).during(target.display())?;
    ensure(contents.contains(&found), || "neither of the two is there".to_owned())?;
    let expected = if may_replace { 2 } else { 1 };
    ensure(done == expected, || {
        let told =
            [0, 1].map(|index| fs::read_to_string(stage.path(&format!("twin {index}.told"))));
        let told = told.map(Result::unwrap_or_default).join("; ");
        format!("{done} of two succeeded, not {expected}: {told}")
    })
}

fn start(
    server: &Server,
    file: &Path,
    name: &str,
    may_replace: bool,
    told: fs::File,
) -> Result<Background, Failure> {
    let mut put = put(server, file, &server.url(&name.replace(' ', "%20")), "30s");
    put.args(["--if-exists", if may_replace { "replace" } else { "refuse" }]);
    Background::start(put.stdout(Stdio::null()).stderr(told))
}

const LARGE_LEN: usize = 5 * 1024 * 1024;
const SMALL_LEN: usize = 10_000;
