//! The system calls that differ between systems, or that the standard library does not have.

#[cfg(test)]
pub(crate) mod synced;

use ferry_protocol::{Permissions, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Receives what is there; `WouldBlock` when nothing is.
#[cfg(unix)]
pub(crate) fn receive_at_once(socket: &TcpStream, into: &mut [u8]) -> io::Result<usize> {
    let flags = rustix::net::RecvFlags::DONTWAIT;
    let (count, _) = rustix::net::recv(socket, into, flags)?;
    Ok(count)
}

/// Receives what is there; `WouldBlock` when nothing is.
#[cfg(not(unix))]
pub(crate) fn receive_at_once(socket: &TcpStream, into: &mut [u8]) -> io::Result<usize> {
    use std::io::Read as _;
    socket.set_nonblocking(true)?;
    let received = (&*socket).read(into);
    socket.set_nonblocking(false)?;
    received
}

/// What this computer calls itself.
pub(crate) fn host_name() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    if name.is_empty() { "a computer".to_owned() } else { name }
}

/// Renames a file or a folder of this computer without replacing what has the new name: then it
/// fails with `AlreadyExists`, and both stay as they are.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // The file system does not know the flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            renamed => return Ok(renamed?),
        }
    }
    rename_in_steps(from, to)
}

/// The same in two steps. A file's second name is refused where it is taken, on every system; a
/// folder can have none, so that its name may be taken after the look.
fn rename_in_steps(from: &Path, to: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(from)?.is_dir() {
        fs::hard_link(from, to)?;
        return fs::remove_file(from);
    }
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

/// Brings the content of several files to stable storage with as few waits as the system allows.
pub(crate) fn sync_files<'a>(files: impl ExactSizeIterator<Item = &'a File>) -> io::Result<()> {
    let mut files = files;
    #[cfg(target_os = "linux")]
    if files.len() >= SHARED_SYNC_MIN {
        let Some(first) = files.next() else {
            return Ok(());
        };
        let device = device(first)?;
        for other in files {
            if self::device(other)? != device {
                other.sync_data()?;
            }
        }
        return Ok(rustix::fs::syncfs(first)?);
    }
    files.try_for_each(File::sync_all)
}

#[cfg(target_os = "linux")]
fn device(file: &File) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(file.metadata()?.dev())
}

/// Files from which on one flush of the whole file system is cheaper than one for each.
#[cfg(target_os = "linux")]
const SHARED_SYNC_MIN: usize = 8;

/// Brings the names in several folders to stable storage, with as few waits as the system allows.
pub(crate) fn sync_folders(folders: &BTreeSet<PathBuf>) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if folders.len() >= SHARED_SYNC_MIN {
        let mut devices = BTreeMap::new();
        for folder in folders {
            let folder = or_here(folder);
            devices.entry(device(&File::open(folder)?)?).or_insert(folder);
        }
        return devices.values().try_for_each(|folder| {
            #[cfg(test)]
            synced::note(folder);
            Ok(rustix::fs::syncfs(File::open(folder)?)?)
        });
    }
    folders.iter().try_for_each(|folder| sync_folder(folder))
}

fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// Brings the names in a folder to stable storage.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = or_here(folder);
    #[cfg(test)]
    synced::note(folder);
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _unused = folder;
    Ok(())
}

/// Creates a file that nobody else has, readable by its owner alone.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).read(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens a file of ours again, to read it and to write on; never through a link. One that has
/// got the bits of a file that nobody may write is made ours first.
#[cfg(unix)]
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0);
    let mut options = File::options();
    options.read(true).custom_flags(flags);
    match options.clone().write(true).open(path) {
        Err(err) if err.kind() == io::ErrorKind::PermissionDenied => {
            options.open(path)?.set_permissions(fs::Permissions::from_mode(0o600))?;
            options.write(true).open(path)
        }
        opened => opened,
    }
}

/// Opens a file of ours again, to read it and to write on.
#[cfg(not(unix))]
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).open(path)
}

/// Fills `buffer` from a file's bytes at `offset`, without moving its position.
#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Fills `buffer` from a file's bytes at `offset`.
#[cfg(not(unix))]
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match std::os::windows::fs::FileExt::seek_read(file, rest, offset + filled as u64)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    Ok(())
}

/// Writes all of `content` to a file at `offset`; several threads may do so at once.
#[cfg(unix)]
pub(crate) fn write_all_at(file: &File, content: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, content, offset)
}

/// Writes all of `content` to a file at `offset`; several threads may do so at once.
#[cfg(not(unix))]
pub(crate) fn write_all_at(file: &File, content: &[u8], offset: u64) -> io::Result<()> {
    let mut written = 0;
    while let Some(rest) = content.get(written..).filter(|rest| !rest.is_empty()) {
        written += std::os::windows::fs::FileExt::seek_write(file, rest, offset + written as u64)?;
    }
    Ok(())
}

/// Opens a lock file, made if it is not there, for its owner alone.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a folder, and what is missing above it, for its owner alone.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Bytes that this user can still write at a path that is there.
pub(crate) fn space_left(path: &Path) -> io::Result<u64> {
    #[cfg(unix)]
    {
        let stat = rustix::fs::statvfs(path)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _unused = path;
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Whether this user may make names in a folder.
pub(crate) fn check_writable(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::fs::{Access, AtFlags, CWD, accessat};
        let access = Access::WRITE_OK | Access::EXEC_OK;
        accessat(CWD, folder, access, AtFlags::EACCESS)?;
    }
    #[cfg(not(unix))]
    let _unused = folder;
    Ok(())
}

/// The time now.
pub(crate) fn now() -> Timestamp {
    timestamp(SystemTime::now())
}

/// Opens a file for reading without ever waiting, as a pipe without a writer would make it.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    options.open(path)
}

/// Opens a file whose content is to be brought to stable storage.
pub(crate) fn open_to_sync(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    return open_to_read(path);
    #[cfg(not(unix))]
    return File::options().write(true).open(path);
}

/// Sets the permission bits, where the system has them.
pub(crate) fn set_permissions(file: &File, permissions: Permissions) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(permissions.mode()))?;
    #[cfg(not(unix))]
    let _unused = (file, permissions);
    Ok(())
}

/// The permission bits of a file, or usual ones where the system has none.
pub(crate) fn permissions(metadata: &Metadata) -> Permissions {
    #[cfg(unix)]
    let mode = std::os::unix::fs::MetadataExt::mode(metadata);
    #[cfg(not(unix))]
    let mode = if metadata.is_dir() { 0o755 } else { 0o644 };
    Permissions::from_mode(mode)
}

/// Last modification of a file's content.
pub(crate) fn modified(metadata: &Metadata) -> Timestamp {
    metadata.modified().map(timestamp).unwrap_or_default()
}

fn timestamp(time: SystemTime) -> Timestamp {
    let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
    Timestamp(match time.duration_since(UNIX_EPOCH) {
        Ok(since) => nanos(since),
        Err(before) => -nanos(before.duration()),
    })
}

/// The system's form of a time.
pub(crate) fn system_time(time: Timestamp) -> SystemTime {
    let distance = Duration::from_nanos(time.0.unsigned_abs());
    if time.0 < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
}

/// A server's name as a name here; `None` where this system cannot have it.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems refuse some names")]
pub(crate) fn local_name(name: &[u8]) -> Option<&OsStr> {
    Some(std::os::unix::ffi::OsStrExt::from_bytes(name))
}

/// A server's name as a name here; `None` where this system cannot have it.
#[cfg(not(unix))]
pub(crate) fn local_name(name: &[u8]) -> Option<&OsStr> {
    let text = std::str::from_utf8(name).ok()?;
    let is_forbidden = |character: char| {
        character.is_control()
            || matches!(character, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
    };
    let is_bad = text.contains(is_forbidden) || text.ends_with(['.', ' ']);
    (!is_bad).then(|| OsStr::new(text))
}

/// The bytes of a local name.
pub(crate) fn name_bytes(name: &OsStr) -> &[u8] {
    name.as_encoded_bytes()
}

/// A name from bytes that [`name_bytes`] gave, with ASCII inserted.
pub(crate) fn name_from_bytes(bytes: &[u8]) -> OsString {
    local_name(bytes).map_or_else(
        || OsString::from(String::from_utf8_lossy(bytes).into_owned()),
        OsStr::to_os_string,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::thread;

    /// So often that two who look first and rename then would meet.
    const ROUNDS: usize = 1000;

    #[test]
    fn of_two_that_want_a_name_one_gets_it_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for _ in 0..ROUNDS {
            fs::write(at("one"), "one").unwrap();
            fs::write(at("two"), "two").unwrap();
            let barrier = Barrier::new(2);
            let rename = |name: &str| {
                barrier.wait();
                rename_new(&at(name), &at("wanted"))
            };
            let renamed = thread::scope(|scope| {
                let one = scope.spawn(|| rename("one"));
                [rename("two"), one.join().unwrap()]
            });
            assert_eq!(renamed.iter().filter(|renamed| renamed.is_ok()).count(), 1);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
            fs::remove_file(at("wanted")).unwrap();
        }
    }

    #[test]
    fn a_name_that_is_taken_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for rename in [rename_new, rename_in_steps] {
            fs::write(at("file"), "mine").unwrap();
            fs::create_dir(at("folder")).unwrap();
            let err = rename(&at("folder"), &at("file")).unwrap_err();
            assert_eq!(err.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(at("file")).unwrap(), b"mine");
            rename(&at("folder"), &at("free")).unwrap();
            fs::remove_dir(at("free")).unwrap();
        }
    }
}
