//! Bad links: the job goes on by itself, and little is sent twice.

use super::proxy::{Proxy, Weather};
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
    let weather = Weather { cut_after: Some(CUT_AFTER), is_rough: true, rate: None };
    let proxy = Proxy::start(server.address, weather, stage.random.branch())?;
    let put = &mut put(&server, &source, &proxy.url("x"), "3m");
    let mut finished = process::run(put, DEADLINE)?;
    // A first connection is not tried again by itself; the next cut may fall into it too.
    while finished.code() == NO_CONNECTION && proxy.cuts() < FIRST_CUTS_MAX {
        finished = process::run(put, DEADLINE)?;
    }
    finished.succeeded("ferry put")?;
    tree::compare(&source, &share.join("x"))?;
    ensure(!tree::has_parts(&share)?, || "a part was left".to_owned())?;
    let (bytes, sent, cuts) = (payload(&source)?, proxy.bytes_up(), proxy.cuts());
    let bound = bytes + bytes / 20 + cuts * IN_FLIGHT_MAX;
    ensure(sent < bound, || format!("{sent} bytes were sent for {bytes}, with {cuts} cuts"))?;
    ensure(cuts > 0, || "the link was never cut".to_owned())?;
    let looks = watcher.end()?;
    let more = sent.saturating_sub(bytes) / 1024;
    Ok(format!("{cuts} cuts, {more} KiB sent beyond {} KiB, {looks} looks", bytes / 1024))
}

const LARGE_LEN: usize = 24 * 1024 * 1024;
/// No large file fits into what one connection lives for, most of the time.
const CUT_AFTER: std::ops::Range<u64> = 1024 * 1024..16 * 1024 * 1024;
/// Cuts, all of them of first connections, after which nothing is tried any more.
const FIRST_CUTS_MAX: u64 = 10;
/// Bytes that may be on their way when a connection is cut: small files without an answer, and
/// what lies in the buffers of both ends and of the proxy.
const IN_FLIGHT_MAX: u64 = 4 * 1024 * 1024;
