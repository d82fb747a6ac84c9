//! Bad links: the job goes on by itself, and little is sent twice.

use super::proxy::{Proxy, Weather};
use super::traffic::Way;
use super::watcher::{Allowed, Watcher};
use super::{DEADLINE, NO_CONNECTION, Stage, ensure, payload, put};
use crate::failure::Failure;
use crate::{process, tree};

pub(super) fn run(stage: &mut Stage) -> Result<String, Failure> {
    let (small, large) = (stage.count(600, 150), stage.count(4, 2));
    let source = stage.mixed_files("source", small, large, LARGE_LEN)?;
    let (share, server) = (stage.folder("share")?, stage.serve(&[])?);
    let mut allowed = Allowed::default();
    allowed.add_tree(&source, &share.join("x"))?;
    let watcher = Watcher::start(&share, allowed)?;
    let weather = Weather { cut_after: Some(CUT_AFTER), is_rough: true, rate: Some(RATE) };
    let proxy = Proxy::start(server.address, weather, stage.random.branch())?;
    let put = &mut put(&server, &source, &proxy.url("x"), "3m");
    let mut finished = process::run(put, DEADLINE)?;
    // A first connection is not tried again by itself; the next cut may fall into it too.
    while finished.code() == NO_CONNECTION && proxy.traffic().cuts() < FIRST_CUTS_MAX {
        finished = process::run(put, DEADLINE)?;
    }
    finished.succeeded("ferry put")?;
    tree::compare(&source, &share.join("x"))?;
    ensure(!tree::has_parts(&share)?, || "a part was left".to_owned())?;
    let (bytes, traffic) = (payload(&source)?, proxy.traffic());
    let (sent, in_flight) = (traffic.passed(Way::Up), traffic.in_flight(Way::Up));
    let cuts = traffic.cuts();
    let told = format!(
        "{cuts} cuts, {} KiB sent for {} KiB and {} KiB in flight at the cuts",
        sent >> 10,
        bytes >> 10,
        in_flight >> 10
    );
    ensure(sent < bytes + bytes / 20 + in_flight, || format!("too much: {told}"))?;
    ensure(cuts > 0, || "the link was never cut".to_owned())?;
    let looks = watcher.end()?;
    Ok(format!("{told}, {looks} looks"))
}

const LARGE_LEN: usize = 24 * 1024 * 1024;
/// No large file fits into what one connection lives for, most of the time.
const CUT_AFTER: std::ops::Range<u64> = 1024 * 1024..16 * 1024 * 1024;
/// Cuts, all of them of first connections, after which nothing is tried any more.
const FIRST_CUTS_MAX: u64 = 10;
/// Bytes a second of one connection, so that little is on its way at a cut.
const RATE: u64 = 16 * 1024 * 1024;
