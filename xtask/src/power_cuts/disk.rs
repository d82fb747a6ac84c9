//! A disk that remembers: one file of a FUSE file system, the backing of a loop device. Every
//! write and every flush is noted in the order in which it came.

use super::FileSystem;
use super::history::{History, Step};
use crate::failure::{During as _, Failure};
use crate::mount::Mounted;
use crate::process;
use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags,
    Generation, INodeNo, LockOwner, MountOption, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty,
    ReplyEntry, ReplyOpen, ReplyWrite, Request, WriteFlags,
};
use parking_lot::Mutex;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;

/// Something that happened to the disk, or to somebody who trusts it.
#[derive(Debug)]
pub(super) enum Event {
    Write {
        offset: u64,
        content: Vec<u8>,
    },
    Flush,
    /// The server is asked for a step.
    Begun(Step),
    /// The server said that it is on stable storage.
    Durable(Step),
}

/// All that happened, in order.
#[derive(Debug, Default)]
pub(super) struct Log(Mutex<Vec<Event>>);

impl Log {
    pub(super) fn note(&self, event: Event) {
        self.0.lock().push(event);
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&[Event]) -> T) -> T {
        look(&self.0.lock())
    }

    pub(super) fn writes(&self) -> usize {
        self.count(|event| matches!(event, Event::Write { .. }))
    }

    pub(super) fn flushes(&self) -> usize {
        self.count(|event| matches!(event, Event::Flush))
    }

    pub(super) fn durable_steps(&self) -> usize {
        self.count(|event| matches!(event, Event::Durable(_)))
    }

    fn count(&self, is_meant: impl Fn(&Event) -> bool) -> usize {
        self.with(|events| events.iter().filter(|event| is_meant(event)).count())
    }
}

/// What a disk lived through, and what it was at first.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) room: TempDir,
    pub(super) file_system: FileSystem,
    pub(super) log: Arc<Log>,
    pub(super) history: History,
}

impl Recording {
    /// Formats a disk and lets `work` have a folder on it.
    pub(super) fn make(
        file_system: FileSystem,
        work: impl FnOnce(&Path, &Log) -> Result<History, Failure>,
    ) -> Result<Self, Failure> {
        let room = tempfile::tempdir().during("no temporary folder")?;
        let history = History::default();
        let mut recording = Self { room, file_system, log: Arc::default(), history };
        recording.format()?;
        let disk = recording.path("disk");
        copy_sparse(&recording.first(), &disk)?;
        let (fuse, place) = (recording.folder("fuse")?, recording.folder("place")?);
        let device = RecordingDisk::open(&disk, &recording.log)?;
        let session = device.mount(&fuse)?;
        let options = file_system.mount_options();
        let file = fuse.join(DISK_NAME);
        let arguments = [OsStr::new("-o"), OsStr::new(options), file.as_os_str()];
        let mounted = Mounted::mount(&arguments, &place)?;
        let share = place.join(SHARE);
        fs::create_dir(&share).during("share")?;
        let worked = work(&share, &recording.log);
        mounted.unmount()?;
        session.umount_and_join().during("could not unmount the recording disk")?;
        recording.history = worked?;
        Ok(recording)
    }

    /// The disk as it was formatted.
    pub(super) fn first(&self) -> PathBuf {
        self.path("first")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.path(name);
        fs::create_dir_all(&path).during(path.display())?;
        Ok(path)
    }

    fn format(&self) -> Result<(), Failure> {
        let image = File::create(self.first()).during("disk image")?;
        image.set_len(self.file_system.disk_len()).during("disk image")?;
        let (program, arguments) = self.file_system.format();
        let mut format = Command::new(program);
        process::run(format.args(arguments).arg(self.first()), DEADLINE)?
            .succeeded(program)
            .map(drop)
    }
}

/// Copies an image; its holes stay holes.
pub(super) fn copy_sparse(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut copy = Command::new("cp");
    copy.args(["--sparse=always", "--reflink=auto"]).arg(from).arg(to);
    process::run(&mut copy, DEADLINE)?.succeeded("cp").map(drop)
}

/// The file system of one file.
struct RecordingDisk {
    disk: File,
    len: u64,
    log: Arc<Log>,
}

impl RecordingDisk {
    fn open(path: &Path, log: &Arc<Log>) -> Result<Self, Failure> {
        let disk = File::options().read(true).write(true).open(path).during(path.display())?;
        let len = disk.metadata().during(path.display())?.len();
        Ok(Self { disk, len, log: Arc::clone(log) })
    }

    fn mount(self, place: &Path) -> Result<BackgroundSession, Failure> {
        let mut options = Config::default();
        options.mount_options = vec![MountOption::FSName("ferry-recording-disk".to_owned())];
        fuser::spawn_mount(self, place, &options).during("could not mount by FUSE (/dev/fuse?)")
    }

    fn attributes(&self, node: u64) -> FileAttr {
        let is_disk = node == DISK_NODE;
        let len = if is_disk { self.len } else { 0 };
        FileAttr {
            ino: INodeNo(node),
            size: len,
            blocks: len / 512,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: if is_disk { FileType::RegularFile } else { FileType::Directory },
            perm: if is_disk { 0o600 } else { 0o700 },
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        }
    }
}

impl Filesystem for RecordingDisk {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        if name == DISK_NAME {
            reply.entry(&LIFETIME, &self.attributes(DISK_NODE), Generation(0));
        } else {
            reply.error(Errno::ENOENT);
        }
    }

    fn getattr(&self, _: &Request, node: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&LIFETIME, &self.attributes(node.0));
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::empty());
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        len: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let left = self.len.saturating_sub(offset).min(len.into());
        let mut content = vec![0; usize::try_from(left).unwrap_or(0)];
        match self.disk.read_exact_at(&mut content, offset) {
            Ok(()) => reply.data(&content),
            Err(_) => reply.error(Errno::EIO),
        }
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        content: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        self.log.note(Event::Write { offset, content: content.to_vec() });
        match (self.disk.write_all_at(content, offset), u32::try_from(content.len())) {
            (Ok(()), Ok(len)) => reply.written(len),
            _ => reply.error(Errno::EIO),
        }
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.log.note(Event::Flush);
        reply.ok();
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }
}

/// The folder on the disk that is shared.
pub(super) const SHARE: &str = "share";

const DISK_NAME: &str = "disk";
const DISK_NODE: u64 = 2;
/// The one file never changes under the kernel's feet.
const LIFETIME: Duration = Duration::from_hours(1);
/// Longest time for formatting or copying an image.
const DEADLINE: Duration = Duration::from_mins(2);
