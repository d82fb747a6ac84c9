//! System calls that the standard library does not offer, made safe to call. This is the one
//! module of the crate that may use `rustix`; it takes handles and single names, and decides
//! nothing. Names are bytes and are resolved from the handle they come with; no call here follows
//! a link in its last name.

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RawMode, Timespec, Timestamps};
use rustix::io::Errno;
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::OnceLock;

/// Open flag: only a handle to the name, which needs no right to its content and wakes no device.
#[cfg(target_os = "linux")]
pub(crate) const HANDLE_ONLY: i32 = flag(OFlags::PATH);
/// Open flag: only a handle to the name; here the nearest there is.
#[cfg(not(target_os = "linux"))]
pub(crate) const HANDLE_ONLY: i32 = NEVER_WAIT;
/// Open flags: a pipe without a writer, or a terminal, must not hold the caller.
pub(crate) const NEVER_WAIT: i32 = flag(OFlags::NONBLOCK) | flag(OFlags::NOCTTY);
/// Open flag: nothing but a folder.
pub(crate) const FOLDER_ONLY: i32 = flag(OFlags::DIRECTORY);

#[expect(clippy::cast_possible_wrap, reason = "open flags use the low bits only")]
const fn flag(flags: OFlags) -> i32 {
    flags.bits() as i32
}

/// What lies under a name or handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    Other,
}

/// What the system knows of it. Times are whole seconds since 1970 and nanoseconds above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    /// Bytes that it takes on the disk.
    pub(crate) allocated: u64,
    pub(crate) mode: u32,
    pub(crate) modified: (i64, u32),
    /// Last change of content, attributes or name; nobody can set it.
    pub(crate) changed: (i64, u32),
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

impl Stat {
    #[expect(
        trivial_numeric_casts,
        clippy::unnecessary_cast,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the fields' types differ between systems; sizes and nanoseconds are never \
                  negative"
    )]
    fn of(stat: &fs::Stat) -> Self {
        Self {
            kind: Kind::of(FileType::from_raw_mode(stat.st_mode as _)),
            size: stat.st_size as u64,
            allocated: stat.st_blocks as u64 * 512,
            mode: stat.st_mode as u32,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as u32),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as u32),
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
        }
    }
}

impl Kind {
    fn of(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Folder,
            FileType::Symlink => Self::Link,
            _ => Self::Other,
        }
    }
}

/// The names in an open folder, in the system's order, without `.` and `..`.
pub(crate) struct Names(fs::Dir);

impl Names {
    /// Reads from `folder`, whose read position it takes over.
    pub(crate) fn new(folder: File) -> io::Result<Self> {
        Ok(Self(fs::Dir::new(folder)?))
    }

    /// The folder itself, for calls that take a name from [`Names::next`].
    pub(crate) fn folder(&self) -> io::Result<BorrowedFd<'_>> {
        Ok(self.0.fd()?)
    }

    /// The next name and its kind, where the file system tells it; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<(CString, Kind)>> {
        for entry in self.0.by_ref() {
            let entry = entry?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                return Ok(Some((entry.file_name().to_owned(), Kind::of(entry.file_type()))));
            }
        }
        Ok(None)
    }
}

pub(crate) fn stat_handle(handle: impl AsFd) -> io::Result<Stat> {
    Ok(Stat::of(&fs::fstat(handle)?))
}

pub(crate) fn stat_name(folder: impl AsFd, name: impl rustix::path::Arg) -> io::Result<Stat> {
    Ok(Stat::of(&fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?))
}

/// Opens the folder that all else lies below, links to it followed.
pub(crate) fn open_root(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(fs::open(path, flags, Mode::empty())?.into())
}

/// Opens a folder for reading its names and syncing them.
pub(crate) fn open_folder(folder: impl AsFd, name: &[u8]) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(fs::openat(folder, name, flags, Mode::empty())?.into())
}

/// Creates a file that nobody else has, for reading and writing.
pub(crate) fn create_file(folder: impl AsFd, name: &[u8], mode: u32) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(fs::openat(folder, name, flags, mode_bits(mode))?.into())
}

/// Opens a file that is there for reading and writing. It does not wait for a pipe.
pub(crate) fn open_file(folder: impl AsFd, name: &[u8]) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(fs::openat(folder, name, flags, Mode::empty())?.into())
}

/// Gives the owner of a file the right to read and write it, and then opens it as [`open_file`].
pub(crate) fn unlock_file(folder: impl AsFd, name: &[u8]) -> io::Result<File> {
    #[cfg(target_os = "linux")]
    {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = fs::openat(&folder, name, flags, Mode::empty())?.into();
        // A link has no permission bits of its own, and its target's are not ours.
        if stat_handle(&handle)?.kind == Kind::File {
            set_mode(&handle, 0o600)?;
        }
    }
    open_file(folder, name)
}

pub(crate) fn make_folder(folder: impl AsFd, name: &[u8]) -> io::Result<()> {
    Ok(fs::mkdirat(folder, name, mode_bits(0o777))?)
}

/// Makes a folder for its owner alone.
pub(crate) fn make_private_folder(folder: impl AsFd, name: &[u8]) -> io::Result<()> {
    Ok(fs::mkdirat(folder, name, mode_bits(0o700))?)
}

/// Gives the owner of a folder all rights to it.
pub(crate) fn unlock_folder(folder: impl AsFd, name: &[u8]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        set_mode(&fs::openat(folder, name, flags, Mode::empty())?.into(), 0o700)
    }
    #[cfg(not(target_os = "linux"))]
    set_file_mode(&open_folder(folder, name)?, 0o700)
}

/// Makes a symbolic link to whatever `target` says; nobody needs to be there.
pub(crate) fn make_link(folder: impl AsFd, name: &[u8], target: &[u8]) -> io::Result<()> {
    Ok(fs::symlinkat(target, folder, name)?)
}

/// What a symbolic link says.
pub(crate) fn read_link(folder: impl AsFd, name: &[u8]) -> io::Result<Vec<u8>> {
    Ok(fs::readlinkat(folder, name, Vec::new())?.into_bytes())
}

pub(crate) fn remove_file(folder: impl AsFd, name: impl rustix::path::Arg) -> io::Result<()> {
    match fs::unlinkat(&folder, name, AtFlags::empty()) {
        // POSIX has EPERM for a folder, Linux EISDIR.
        Err(Errno::ISDIR) => Err(io::ErrorKind::IsADirectory.into()),
        done => Ok(done?),
    }
}

pub(crate) fn remove_folder(folder: impl AsFd, name: &[u8]) -> io::Result<()> {
    match fs::unlinkat(folder, name, AtFlags::REMOVEDIR) {
        Err(Errno::EXIST) => Err(Errno::NOTEMPTY.into()),
        done => Ok(done?),
    }
}

/// A name in an open folder.
pub(crate) type Place<'a> = (BorrowedFd<'a>, &'a [u8]);

/// Renames, replacing a file that has the new name.
pub(crate) fn rename(from: Place<'_>, to: Place<'_>) -> io::Result<()> {
    Ok(fs::renameat(from.0, from.1, to.0, to.1)?)
}

/// Gives a file a second name, which must be free.
pub(crate) fn link(from: Place<'_>, to: Place<'_>) -> io::Result<()> {
    Ok(fs::linkat(from.0, from.1, to.0, to.1, AtFlags::empty())?)
}

/// Exchanges what two names stand for, in one step.
pub(crate) fn exchange(one: Place<'_>, other: Place<'_>) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    return Ok(fs::renameat_with(one.0, one.1, other.0, other.1, fs::RenameFlags::EXCHANGE)?);
    #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
    {
        let _ = (one, other);
        Err(Errno::NOSYS.into())
    }
}

/// Renames unless the new name is taken.
pub(crate) fn rename_to_new(from: Place<'_>, to: Place<'_>) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    match fs::renameat_with(from.0, from.1, to.0, to.1, fs::RenameFlags::NOREPLACE) {
        Err(Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP) => {}
        done => return Ok(done?),
    }
    rename_by_link(from, to)
}

/// The same where a file system cannot do it in one step: a new link fails when the name is
/// taken. Folders cannot be linked; for them the check and the rename are two steps.
fn rename_by_link(from: Place<'_>, to: Place<'_>) -> io::Result<()> {
    if stat_name(from.0, from.1)?.kind == Kind::Folder {
        return match stat_name(to.0, to.1) {
            Ok(_) => Err(Errno::EXIST.into()),
            Err(err) if err.kind() == io::ErrorKind::NotFound => rename(from, to),
            Err(err) => Err(err),
        };
    }
    fs::linkat(from.0, from.1, to.0, to.1, AtFlags::empty())?;
    Ok(fs::unlinkat(from.0, from.1, AtFlags::empty())?)
}

/// Makes a named pipe; for tests that must not wait for one.
#[cfg(test)]
pub(crate) fn make_pipe(folder: impl AsFd, name: &[u8]) -> io::Result<()> {
    Ok(fs::mknodat(folder, name, FileType::Fifo, mode_bits(0o600), 0)?)
}

/// Sets the nine permission bits of an open file.
pub(crate) fn set_file_mode(file: &File, mode: u32) -> io::Result<()> {
    Ok(fs::fchmod(file, mode_bits(mode))?)
}

/// Sets the nine permission bits of what `handle` names, opened with [`HANDLE_ONLY`].
pub(crate) fn set_mode(handle: &File, mode: u32) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd as _;
        // A handle without access takes no fchmod; its entry in /proc does, whatever the name
        // points to meanwhile.
        let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
        Ok(fs::chmodat(fs::CWD, path, mode_bits(mode), AtFlags::empty())?)
    }
    #[cfg(not(target_os = "linux"))]
    set_file_mode(handle, mode)
}

/// Sets the time of the last modification of what `handle` names; opened with [`HANDLE_ONLY`] or
/// for use.
pub(crate) fn set_modified(handle: impl AsFd, secs: i64, nanos: u32) -> io::Result<()> {
    let times = Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: fs::UTIME_OMIT },
        last_modification: Timespec { tv_sec: secs, tv_nsec: nanos.into() },
    };
    #[cfg(target_os = "linux")]
    return Ok(fs::utimensat(handle, c"", &times, AtFlags::EMPTY_PATH)?);
    #[cfg(not(target_os = "linux"))]
    return Ok(fs::futimens(handle, &times)?);
}

/// Sets room aside beyond the file's end; where the file system cannot, nothing happens. Nor does
/// it in memory (tmpfs), where room is set aside by clearing it, a second for every few GiB.
pub(crate) fn reserve(file: &File, len: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if fs::fstatfs(file)?.f_type == TMPFS_MAGIC {
        return Ok(());
    }
    #[cfg(target_os = "linux")]
    match fs::fallocate(file, fs::FallocateFlags::KEEP_SIZE, 0, len) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) | Ok(()) => {}
        Err(err) => return Err(err.into()),
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, len);
    Ok(())
}

/// The first run of bytes at or behind `from` that is no hole, in a file of `size` bytes; where
/// the system does not tell holes, all that is left. `None` if nothing is.
pub(crate) fn next_data(file: &File, from: u64, size: u64) -> Option<(u64, u64)> {
    if from >= size {
        return None;
    }
    #[cfg(target_os = "linux")]
    {
        let start = match fs::seek(file, fs::SeekFrom::Data(from)) {
            Ok(start) => start,
            Err(Errno::NXIO) => return None,
            Err(_) => return Some((from, size)),
        };
        let end = fs::seek(file, fs::SeekFrom::Hole(start)).map_or(size, |hole| hole.min(size));
        (start < end).then_some((start, end))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
        Some((from, size))
    }
}

/// Sends bytes of a file to a socket within the kernel; `None` where the system cannot. An error of
/// kind `WouldBlock` says that the socket takes none now.
pub(crate) fn send_file(
    socket: impl AsFd,
    file: &File,
    offset: u64,
    len: usize,
) -> Option<io::Result<usize>> {
    #[cfg(target_os = "linux")]
    {
        let mut offset = offset;
        match fs::sendfile(socket, file, Some(&mut offset), len) {
            Err(Errno::INVAL | Errno::NOSYS) => None,
            sent => Some(sent.map_err(Into::into)),
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (socket, file, offset, len);
        None
    }
}

/// Whether this user may make names in the folder of `handle`.
pub(crate) fn check_writable(handle: impl AsFd) -> io::Result<()> {
    let access = fs::Access::WRITE_OK | fs::Access::EXEC_OK;
    Ok(fs::accessat(handle, ".", access, AtFlags::EACCESS)?)
}

/// Bytes in all, bytes left for this user, and the identity of the file system of `handle`.
pub(crate) fn space(handle: impl AsFd) -> io::Result<(u64, u64, u64)> {
    let stat = fs::fstatvfs(handle)?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    Ok((bytes(stat.f_blocks), bytes(stat.f_bavail), stat.f_fsid))
}

/// Whether changes of names reach the disk in their order, whichever folders they are in. On btrfs
/// they do not: a sync takes along what belongs to the file or folder, and leaves other folders.
pub(crate) fn keeps_order_of_names(handle: impl AsFd) -> io::Result<bool> {
    #[cfg(target_os = "linux")]
    return Ok(fs::fstatfs(handle)?.f_type != BTRFS_MAGIC);
    #[cfg(not(target_os = "linux"))]
    return Ok({
        let _ = handle;
        true
    });
}

/// Returns once a file's content and attributes are on stable storage.
pub(crate) fn sync_file(file: &File) -> io::Result<()> {
    #[cfg(test)]
    super::fault::strike(super::fault::Sync::File)?;
    file.sync_all()
}

/// Returns once the names in a folder are on stable storage.
pub(crate) fn sync_folder(folder: &File) -> io::Result<()> {
    #[cfg(test)]
    {
        super::fault::strike(super::fault::Sync::Folder)?;
        super::fault::note_synced(folder);
    }
    folder.sync_all()
}

/// Returns once the whole file system of `handle` is on stable storage.
pub(crate) fn sync_file_system(handle: &File) -> io::Result<()> {
    #[cfg(test)]
    super::fault::strike(super::fault::Sync::FileSystem)?;
    #[cfg(target_os = "linux")]
    return Ok(fs::syncfs(handle)?);
    #[cfg(not(target_os = "linux"))]
    {
        fs::sync();
        handle.sync_all()
    }
}

/// Has the system forget what it remembers of a file's content, as far as it is on the disk: what
/// is read next comes from there.
pub(crate) fn forget_cached(file: &File) {
    #[cfg(target_os = "linux")]
    // It is advice: where it is not taken, the memory is read as ever.
    fs::fadvise(file, 0, None, fs::Advice::DontNeed).unwrap_or_default();
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}

/// Permission bits that new files and folders of this process do not get.
pub(crate) fn umask() -> u32 {
    static UMASK: OnceLock<u32> = OnceLock::new();
    // Asked once: later there may be a wall around this process, and /proc beyond it.
    *UMASK.get_or_init(read_umask)
}

fn read_umask() -> u32 {
    // Asking the system would set it for a moment, under the feet of other threads.
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let umask = status.lines().find_map(|line| line.strip_prefix("Umask:"))?;
            u32::from_str_radix(umask.trim(), 8).ok()
        })
        .unwrap_or(0o022)
}

/// Whether links lead in a circle, or a name that must be none is a link.
pub(crate) fn is_link_loop(err: &io::Error) -> bool {
    Errno::from_io_error(err) == Some(Errno::LOOP)
}

/// Whether what was opened is a socket, or a device without a driver.
pub(crate) fn is_no_file(err: &io::Error) -> bool {
    matches!(Errno::from_io_error(err), Some(Errno::NXIO | Errno::NODEV))
}

/// Whether the file, its file system or its owner allows no further name.
pub(crate) fn is_no_link(err: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(err),
        Some(Errno::PERM | Errno::ACCESS | Errno::MLINK | Errno::OPNOTSUPP | Errno::NOSYS)
    )
}

/// Whether the file system cannot exchange names.
pub(crate) fn is_no_exchange(err: &io::Error) -> bool {
    matches!(Errno::from_io_error(err), Some(Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS))
}

/// Whether the system finds no sense in the call, as in renaming a folder into itself.
pub(crate) fn is_invalid(err: &io::Error) -> bool {
    Errno::from_io_error(err) == Some(Errno::INVAL)
}

fn mode_bits(mode: u32) -> Mode {
    Mode::from_raw_mode(RawMode::from((mode & 0o777) as u16))
}

/// What statfs(2) says of btrfs.
#[cfg(target_os = "linux")]
const BTRFS_MAGIC: fs::FsWord = 0x9123_683E;

/// What statfs(2) says of a file system in memory.
#[cfg(target_os = "linux")]
const TMPFS_MAGIC: fs::FsWord = 0x0102_1994;
