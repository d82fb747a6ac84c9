//! A way whose other side is a few lines: files that are stored, names that are taken, a big file
//! by segments, and connections that break.

use crate::job::conflict::{Parked, Ruled, Ruling};
use crate::job::lane::{Lane, Way};
use crate::job::lanes::Job;
use crate::job::noted::FileState;
use crate::job::report::FinalOutcome;
use crate::job::striped::{Step, Striped, Waited};
use crate::sync::simulation::{once_in, point};
use crate::{Conflict, Error};
use ferry_protocol::limits::SEGMENT_LEN;
use ferry_protocol::{SegmentRange, SegmentValue, SegmentValues, Timestamp};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// What is to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// Its name is taken by another file.
    Taken,
    /// It travels by segments.
    Big,
}

/// The other side, and what came of all files.
#[derive(Default)]
pub(super) struct World {
    pub(super) files: Vec<Kind>,
    /// Connections that break yet.
    pub(super) cuts: AtomicUsize,
    /// Failures yet that no retry can mend.
    pub(super) disasters: AtomicUsize,
    /// Times yet that [`BAD_SEGMENT`] comes with another value.
    pub(super) bad_segments: AtomicUsize,
    /// How each file ended, and how often segments of big files were proved.
    pub(super) ended: Mutex<BTreeMap<usize, End>>,
    pub(super) proved: Mutex<BTreeMap<(usize, u32), usize>>,
}

/// How a file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Skipped,
    Failed,
}

/// A file on its way. Once it was begun it has to be ended, or left to another run: one that is
/// dropped is lost.
pub(super) struct File {
    number: usize,
    world: Arc<World>,
    ruling: Option<Ruling>,
    /// Whether what has its name may be replaced.
    replaces: bool,
    values: SegmentValues,
    /// The connection on which it was begun.
    connection: usize,
    is_lost: bool,
}

/// A big file that lanes share.
pub(super) struct Big {
    number: usize,
    world: Arc<World>,
    segments: Striped,
}

/// The simulated way.
pub(super) struct Simulated {
    world: Arc<World>,
    /// Counts the connections of the lane.
    connection: usize,
}

impl World {
    /// The name of a file.
    pub(super) fn target(number: usize) -> Vec<u8> {
        format!("file {number}").into_bytes()
    }

    pub(super) fn size(&self, number: usize) -> u64 {
        if self.files[number] == Kind::Big { BIG_SIZE } else { 1 }
    }

    /// Uses a connection, which may break.
    fn touch(&self) -> Result<(), Error> {
        point();
        if once_in(4) && take_one(&self.disasters) {
            return Err(Error::PasswordNeeded { account: String::new() });
        }
        if once_in(4) && take_one(&self.cuts) {
            let source = std::io::ErrorKind::ConnectionReset.into();
            return Err(Error::ConnectionLost { server: String::new(), source });
        }
        Ok(())
    }
}

impl File {
    pub(super) fn new(world: &Arc<World>, number: usize) -> Self {
        let world = Arc::clone(world);
        let values = SegmentValues::new();
        Self { number, world, ruling: None, replaces: false, values, connection: 0, is_lost: false }
    }

    fn end(mut self, job: &Job<'_>, end: End) {
        self.is_lost = false;
        let before = self.world.ended.lock().insert(self.number, end);
        assert_eq!(before, None, "file {} ended twice", self.number);
        let (target, size) = (World::target(self.number), self.world.size(self.number));
        let outcome = match end {
            End::Done => FinalOutcome::Done,
            End::Skipped => FinalOutcome::Skipped(String::new()),
            End::Failed => FinalOutcome::Failed(Error::Cancelled),
        };
        if end == End::Done && self.world.files[self.number] != Kind::Big {
            job.options.progress.add_bytes(size);
        }
        let (source, wanted, modified) = (&*target, &*target, Timestamp(0));
        let file =
            FileState { source, wanted, target: &target, size, modified, is_unsynced: false };
        job.finish_file(file, outcome);
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let is_lost = self.is_lost && !std::thread::panicking();
        assert!(!is_lost, "file {} is lost", self.number);
    }
}

impl Ruled for File {
    fn ruled(mut self, ruling: Ruling) -> Self {
        self.ruling = Some(ruling);
        self
    }

    fn leave(mut self) {
        self.is_lost = false;
    }
}

impl Simulated {
    pub(super) fn new(world: &Arc<World>) -> Self {
        Self { world: Arc::clone(world), connection: 0 }
    }

    /// The work of one lane.
    pub(super) fn lane(
        world: &Arc<World>,
        job: &Job<'_>,
        inbox: &crate::job::queue::Inbox<'_, File, Arc<Big>>,
        parked: &Parked<File>,
    ) -> Result<(), Error> {
        Lane::new(job, inbox, parked, Self::new(world)).run()
    }
}

impl Way for Simulated {
    type Work = File;
    type Item = File;
    type Begun = File;
    type Shared = Arc<Big>;

    fn has_room(lane: &Lane<'_, Self>) -> bool {
        lane.unanswered.len() < 2
    }

    fn begin(lane: &mut Lane<'_, Self>, mut file: File) -> Result<(), Error> {
        file.is_lost = true;
        match file.ruling.take() {
            Some(Ruling::Skip) => file.end(lane.job, End::Skipped),
            Some(Ruling::Refuse) => file.end(lane.job, End::Failed),
            Some(Ruling::Replace | Ruling::KeepBoth) => {
                file.replaces = true;
                lane.again.push_back(file);
            }
            None if lane.way.world.files[file.number] == Kind::Big => return move_big(lane, file),
            None => {
                file.connection = lane.way.connection;
                lane.unanswered.push_back(file);
                return lane.way.world.touch();
            }
        }
        Ok(())
    }

    fn take_answers(lane: &mut Lane<'_, Self>) -> Result<(), Error> {
        lane.way.world.touch()?;
        let Some(file) = lane.unanswered.pop_front() else { return Ok(()) };
        assert_eq!(file.connection, lane.way.connection, "its connection is gone");
        lane.backoff.succeeded();
        if lane.way.world.files[file.number] == Kind::Taken && !file.replaces {
            lane.unsettled.push(file);
        } else {
            file.end(lane.job, End::Done);
        }
        Ok(())
    }

    fn settle(lane: &mut Lane<'_, Self>, mut file: File) -> Result<(), Error> {
        if let Err(err) = lane.way.world.touch() {
            lane.unsettled.push(file);
            return Err(err);
        }
        let conflict = conflict(file.number);
        file.ruling = lane.job.rule_on(&conflict);
        if file.ruling.is_none() {
            return lane.job.set_aside(lane.parked, file, conflict);
        }
        lane.again.push_back(file);
        Ok(())
    }

    fn segments(big: &Arc<Big>) -> &Striped {
        &big.segments
    }

    fn help(lane: &mut Lane<'_, Self>, big: &Arc<Big>) -> Result<(), Error> {
        lane.way.world.touch()?;
        big.move_some(lane.job)
    }

    fn hang_up(&mut self) {
        self.connection += 1;
    }

    fn part(self, _: &Job<'_>) {}
}

/// Two different files for the name of one.
pub(super) fn conflict(number: usize) -> Conflict {
    let (present, coming) = ((1, Timestamp(1)), (1, Timestamp(2)));
    Conflict { target: World::target(number), present, coming }
}

fn move_big(lane: &mut Lane<'_, Simulated>, mut file: File) -> Result<(), Error> {
    let (job, invite) = (lane.job, lane.invitation());
    let (name, progress) = (World::target(file.number), &job.options.progress);
    let values = std::mem::take(&mut file.values);
    let segments = Striped::new(Path::new("here"), &name, BIG_SIZE, values).unwrap();
    let big = Big { number: file.number, world: Arc::clone(&file.world), segments };
    let big = Arc::new(big);
    progress.begin(&name, BIG_SIZE);
    big.segments.begin((&big.segments.unknown(), 1), &[], progress);
    invite(&big);
    let led = big.lead(job);
    let counted = big.segments.end(None);
    if !matches!(led, Ok(true)) {
        progress.take_bytes_back(counted);
        file.values = big.segments.take_values();
    }
    progress.end(&name);
    match led {
        Ok(true) => file.end(job, End::Done),
        Ok(false) => file.end(job, End::Failed),
        Err(err) => return lane.cut_off(file, err, counted > 0),
    }
    Ok(())
}

impl Big {
    /// Leads; `false` if the file cannot be moved.
    fn lead(&self, job: &Job<'_>) -> Result<bool, Error> {
        loop {
            self.move_some(job)?;
            if self.segments.has_ended() {
                assert!(matches!(self.segments.reason(), Some(Error::BadSegment { .. })));
                return Ok(false);
            }
            if self.segments.wait_for_others(job, Duration::from_secs(5))? == Waited::Alone {
                break;
            }
        }
        assert!(self.segments.digest().is_some(), "nothing is missing");
        Ok(true)
    }

    /// Moves segments until there is none to take.
    fn move_some(&self, job: &Job<'_>) -> Result<(), Error> {
        while let Some(Step::Move(range)) = self.segments.next() {
            for index in range.first..range.end() {
                let moved = job.check().and_then(|()| self.world.touch());
                if let Err(err) = moved {
                    let rest = SegmentRange { first: index, count: range.end() - index };
                    self.segments.give_back(Step::Move(rest));
                    return Err(err);
                }
                self.moved(index, job);
            }
        }
        Ok(())
    }

    fn moved(&self, index: u32, job: &Job<'_>) {
        let progress = &job.options.progress;
        self.segments.count(SEGMENT_LEN.into(), progress);
        if index == BAD_SEGMENT && take_one(&self.world.bad_segments) {
            let range = SegmentRange { first: index, count: 1 };
            return self.segments.were_wrong(&[range], progress);
        }
        self.segments.know(index, VALUES[index as usize]);
        *self.world.proved.lock().entry((self.number, index)).or_default() += 1;
    }
}

fn take_one(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

static VALUES: LazyLock<Vec<SegmentValue>> = LazyLock::new(|| {
    let content = vec![7; SEGMENT_LEN as usize];
    (0..BIG_SEGMENTS).map(|index| SegmentValue::of(index, &content).unwrap()).collect()
});

/// Segments of a big file: enough for two lanes to help.
pub(super) const BIG_SEGMENTS: u32 = 8;
const BIG_SIZE: u64 = BIG_SEGMENTS as u64 * SEGMENT_LEN as u64;
/// The one that may come with another value.
const BAD_SEGMENT: u32 = 3;
