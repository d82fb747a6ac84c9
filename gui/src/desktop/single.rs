//! One window for a user: a second start hands what it was asked to do to the first and ends.

use super::HandedOver;
use std::path::Path;

/// The right to be the one window, and the ear for later starts.
#[derive(Debug)]
pub struct Instance {
    #[cfg(target_os = "linux")]
    pub(super) ear: Option<linux::Ear>,
}

/// Takes the right to be the one window; `None` when another process has it, has been asked to do
/// this instead, and has said that it will. Where neither works out, the window opens all the same.
/// `state_folder` serves where the system has no folder for such things.
#[must_use]
pub fn first_or_hand_over(wish: &HandedOver, state_folder: Option<&Path>) -> Option<Instance> {
    #[cfg(target_os = "linux")]
    return linux::first_or_hand_over(wish, state_folder);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (wish, state_folder);
        Some(Instance {})
    }
}

#[cfg(target_os = "linux")]
pub(super) mod linux {
    use super::super::letter::{self, UNDERSTOOD};
    use super::{HandedOver, Instance};
    use crate::sys;
    use std::env;
    use std::fmt::Write as _;
    use std::fs::{self, DirBuilder, File};
    use std::io::{self, Write as _};
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::{Path, PathBuf};
    use std::sync::mpsc::sync_channel;
    use std::thread;
    use std::time::{Duration, Instant};

    /// How long one start waits for the other, from the first word to the last.
    const PATIENCE: Duration = Duration::from_secs(2);
    /// Until the first start, which has just taken its right, has an ear.
    const PAUSE: Duration = Duration::from_millis(20);

    /// Where later starts are heard. It lies in a folder that no other user may enter, and a lock
    /// says whose it is, which ends with its process.
    #[derive(Debug)]
    pub(in crate::desktop) struct Ear {
        listener: UnixListener,
        _right: File,
    }

    pub(super) fn first_or_hand_over(
        wish: &HandedOver,
        state_folder: Option<&Path>,
    ) -> Option<Instance> {
        let Ok(path) = socket_path(state_folder) else {
            return Some(Instance { ear: None });
        };
        match Ear::open(&path) {
            Ok(ear) => Some(Instance { ear: Some(ear) }),
            Err(_) if hand_over(&path, wish, PATIENCE) => None,
            Err(_) => Some(Instance { ear: None }),
        }
    }

    impl Ear {
        /// Takes the right, unless another process has it.
        fn open(path: &Path) -> io::Result<Self> {
            let right = File::create(path.with_extension("lock"))?;
            right.try_lock()?;
            match fs::remove_file(path) {
                Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
                _ => {}
            }
            Ok(Self { listener: UnixListener::bind(path)?, _right: right })
        }

        /// The next wish of another start. Waits for it; strangers are not listened to.
        pub(in crate::desktop) fn receive(&self) -> io::Result<Option<HandedOver>> {
            let (mut stream, _) = self.listener.accept()?;
            Ok(answer(&mut stream).ok().flatten())
        }
    }

    fn answer(stream: &mut UnixStream) -> io::Result<Option<HandedOver>> {
        refuse_strangers(stream)?;
        let wish = letter::open(&letter::read(stream, Instant::now() + PATIENCE)?);
        if wish.is_some() {
            stream.set_write_timeout(Some(PATIENCE))?;
            stream.write_all(UNDERSTOOD)?;
        }
        Ok(wish)
    }

    /// Hands the wish over on a thread of its own: connecting to an ear that nobody listens at
    /// waits without end. Returns whether it was understood in time.
    fn hand_over(path: &Path, wish: &HandedOver, patience: Duration) -> bool {
        let (path, letter) = (path.to_owned(), letter::write(wish));
        let (done, is_done) = sync_channel(1);
        let until = Instant::now() + patience;
        let run = move || {
            while Instant::now() < until {
                match tell(&path, &letter, until) {
                    Ok(()) => return done.send(()).unwrap_or_default(),
                    // The first start has its right and no ear yet.
                    Err(_) => thread::sleep(PAUSE),
                }
            }
        };
        thread::Builder::new().name("hand-over".to_owned()).spawn(run).is_ok()
            && is_done.recv_timeout(patience).is_ok()
    }

    fn tell(path: &Path, letter: &[u8], until: Instant) -> io::Result<()> {
        let mut stream = UnixStream::connect(path)?;
        refuse_strangers(&stream)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(letter)?;
        stream.shutdown(std::net::Shutdown::Write)?;
        let answer = letter::read(&mut stream, until)?;
        if answer == UNDERSTOOD { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    fn refuse_strangers(stream: &UnixStream) -> io::Result<()> {
        if sys::peer_uid(stream)? == sys::own_uid() {
            Ok(())
        } else {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }

    /// One for each user, display and state folder.
    fn socket_path(state_folder: Option<&Path>) -> io::Result<PathBuf> {
        let mut name = "ferry-gui".to_owned();
        for variable in ["DISPLAY", "WAYLAND_DISPLAY", "FERRY_STATE_DIR"] {
            let value = env::var_os(variable).unwrap_or_default();
            // Writing to a string cannot fail; a digest keeps the name short.
            write!(name, "-{:x}", digest(value.as_bytes())).ok();
        }
        Ok(folder(state_folder)?.join(name + ".socket"))
    }

    /// The system's folder for sockets, else the state folder: the first of them that belongs to
    /// this user alone.
    fn folder(state_folder: Option<&Path>) -> io::Result<PathBuf> {
        let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        if let Some(runtime) = runtime.filter(|folder| is_private(folder)) {
            return Ok(runtime);
        }
        let folder = state_folder.ok_or(io::ErrorKind::NotFound)?.join("window");
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        if is_private(&folder) { Ok(folder) } else { Err(io::ErrorKind::PermissionDenied.into()) }
    }

    /// Permission bits of everybody else.
    const OTHERS: u32 = 0o077;

    fn is_private(folder: &Path) -> bool {
        let found = fs::symlink_metadata(folder);
        folder.is_absolute()
            && found.is_ok_and(|found| {
                found.is_dir() && found.uid() == sys::own_uid() && found.mode() & OTHERS == 0
            })
    }

    /// FNV-1a: only to tell a handful of values apart.
    fn digest(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
            (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::os::unix::fs::PermissionsExt as _;

        #[test]
        fn a_second_start_is_heard_by_the_first() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ear.socket");
            let ear = Ear::open(&path).unwrap();
            assert!(Ear::open(&path).is_err(), "there is one right");
            let wish = HandedOver::Open("ferry://nas/é#fp=x".to_owned());
            thread::scope(|scope| {
                let second = scope.spawn(|| hand_over(&path, &wish, Duration::from_mins(1)));
                // A caller that was too slow calls again.
                let mut heard = std::iter::repeat_with(|| ear.receive().unwrap()).flatten();
                assert_eq!(heard.next(), Some(wish.clone()));
                assert!(second.join().unwrap());
            });
            drop(ear);
            assert!(Ear::open(&path).is_ok(), "what a dead window left is in nobody's way");
        }

        #[test]
        fn a_stranger_is_not_understood_and_does_no_harm() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ear.socket");
            let ear = Ear::open(&path).unwrap();
            for message in [&b""[..], b"GET / HTTP/1.1\r\n", b"open\n\xff", b"raise"] {
                let mut stream = UnixStream::connect(&path).unwrap();
                stream.write_all(message).unwrap();
                drop(stream);
                assert_eq!(ear.receive().unwrap(), None, "{message:?}");
            }
        }

        #[test]
        fn a_first_start_that_does_not_listen_is_not_waited_for() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ear.socket");
            let _ear = Ear::open(&path).unwrap();
            assert!(!hand_over(&path, &HandedOver::Raise, Duration::from_millis(50)));
        }

        #[test]
        fn only_a_folder_of_ones_own_holds_the_ear() {
            let folder = tempfile::tempdir().unwrap();
            for (mode, is_own) in [(0o700, true), (0o755, false), (0o701, false)] {
                fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
                assert_eq!(is_private(folder.path()), is_own, "{mode:o}");
            }
            assert!(!is_private(Path::new("relative")));
        }
    }
}
