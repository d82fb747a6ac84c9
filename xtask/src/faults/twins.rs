//! Two clients that upload one name at the same time: one of the two is there, whole, and of the
//! other nothing is left but what undo keeps.

use super::proxy::{Proxy, Weather};
use super::traffic::Way;
use super::watcher::{Allowed, Watcher};
use super::{Stage, ensure, put};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process::Background;
use crate::tree;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

pub(super) fn run(stage: &mut Stage) -> Result<String, Failure> {
    let rounds = stage.count(40, 8);
    let server = stage.serve(&[])?;
    for round in 0..rounds {
        let len = if round % 2 == 0 { LARGE_LEN } else { SMALL_LEN };
        // Half of the rounds meet a name that is free, and may not replace.
        let may_replace = round % 4 < 2;
        let name = if may_replace { "name".to_owned() } else { format!("name-{round}") };
        let contents = [stage.content(len), stage.content(len + 1)];
        one_round(stage, &server, &name, &contents, may_replace)
            .map_err(|err| Failure::new(format!("round {round}: {err}")))?;
    }
    Ok(format!("{rounds} rounds"))
}

fn one_round(
    stage: &mut Stage,
    server: &Server,
    name: &str,
    contents: &[Vec<u8>; 2],
    may_replace: bool,
) -> Result<(), Failure> {
    let share = stage.path("share");
    let target = share.join(name);
    let mut allowed = Allowed::default();
    for path in tree::files(&share)? {
        let before = fs::read(&path).during(path.display())?;
        allowed.add(&path, &before);
    }
    for content in contents {
        allowed.add(&target, content);
    }
    let watcher = Watcher::start(&share, allowed)?;
    let mut twins = Vec::new();
    for (index, content) in contents.iter().enumerate() {
        let file = stage.path(&format!("twin-{index}"));
        fs::write(&file, content).during(file.display())?;
        twins.push(Twin::start(stage, server, &file, name, may_replace)?);
    }
    let is_done = both_to_the_end(&mut twins)?;
    watcher.end()?;
    ensure(!tree::has_parts(&share)?, || "a part was left".to_owned())?;
    let found = fs::read(&target).during(target.display())?;
    let is_there = [0, 1].map(|index| contents[index] == found);
    if may_replace {
        ensure(is_done == [true; 2], || format!("one of two failed: {}", told(stage)))?;
        ensure(is_there != [false; 2], || "neither of the two is there".to_owned())?;
        let other = if is_there[0] { &contents[1] } else { &contents[0] };
        ensure(is_kept(&share, other)?, || "undo does not keep the one that came first".to_owned())
    } else {
        let is_refused = told(stage).contains("exists");
        ensure(is_refused, || format!("nobody was refused: {}", told(stage)))?;
        ensure(is_there == is_done && is_done != [true; 2], || {
            format!("{is_done:?} succeeded, {is_there:?} is there: {}", told(stage))
        })
    }
}

/// One of the two, and the proxy that holds the end of its upload back.
struct Twin {
    client: Background,
    proxy: Proxy,
    held_at: u64,
}

impl Twin {
    fn start(
        stage: &mut Stage,
        server: &Server,
        file: &Path,
        name: &str,
        may_replace: bool,
    ) -> Result<Self, Failure> {
        let proxy = Proxy::start(server.address, Weather::default(), stage.random.branch())?;
        // Greeting and framing come to it: some of the content is held back.
        let held_at = fs::metadata(file).during(file.display())?.len();
        proxy.traffic().hold(Way::Up, held_at);
        // Each has a state of its own, as on two computers.
        let mut put = put(server, file, &proxy.url(name), "30s");
        put.env("FERRY_STATE_DIR", file.with_extension("state"));
        put.args(["--if-exists", if may_replace { "replace" } else { "refuse" }]);
        let told = fs::File::create(file.with_extension("told")).during("standard error")?;
        let client = Background::start(put.stdout(Stdio::null()).stderr(told))?;
        Ok(Self { client, proxy, held_at })
    }
}

/// Waits until both have sent nearly all, lets them end, and tells which succeeded.
fn both_to_the_end(twins: &mut [Twin]) -> Result<[bool; 2], Failure> {
    let limit = Instant::now() + Duration::from_mins(1);
    while twins.iter().any(|twin| twin.proxy.traffic().passed(Way::Up) < twin.held_at) {
        ensure(Instant::now() < limit, || "the uploads do not come".to_owned())?;
        std::thread::sleep(Duration::from_millis(1));
    }
    for twin in twins.iter() {
        twin.proxy.traffic().hold(Way::Up, u64::MAX);
    }
    let mut is_done = [false; 2];
    for (is_done, twin) in is_done.iter_mut().zip(twins) {
        *is_done = twin.client.child().wait().during("ferry put")?.success();
    }
    Ok(is_done)
}

fn is_kept(share: &Path, content: &[u8]) -> Result<bool, Failure> {
    let kept = tree::files(&share.join(".ferry-undo"))?;
    Ok(kept.iter().any(|path| fs::read(path).is_ok_and(|found| found == content)))
}

fn told(stage: &Stage) -> String {
    let told = [0, 1].map(|index| fs::read_to_string(stage.path(&format!("twin-{index}.told"))));
    told.map(Result::unwrap_or_default).join("; ")
}

const LARGE_LEN: usize = 5 * 1024 * 1024;
const SMALL_LEN: usize = 10_000;
