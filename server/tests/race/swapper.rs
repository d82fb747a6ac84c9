//! Swaps what lies in the share for links that lead out of it, as fast as the system lets it.

use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A thread that swaps by turns: `door`, a folder, for an absolute link to a folder outside;
/// `gate`, another, for a relative one; and `file` for a relative link to a file outside.
pub(crate) struct Swapper {
    is_over: Arc<AtomicBool>,
    swaps: Arc<AtomicU64>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Swapper {
    /// `outside` lies beside the share.
    pub(crate) fn start(share: &Path, outside: &Path) -> Self {
        let (is_over, swaps) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (over, count) = (Arc::clone(&is_over), Arc::clone(&swaps));
        let beside = Path::new("..").join(outside.file_name().unwrap());
        let pairs = [
            Pair::new(share, "door", outside, true),
            Pair::new(share, "gate", &beside, true),
            Pair::new(share, "file", &beside.join("secret"), false),
        ];
        let swap = move || {
            while !over.load(Ordering::Relaxed) {
                for pair in &pairs {
                    count.fetch_add(pair.swap_often(), Ordering::Relaxed);
                }
            }
        };
        let thread = std::thread::Builder::new().name("swapper".to_owned()).spawn(swap).unwrap();
        Self { is_over, swaps, thread: Some(thread) }
    }

    /// How often something was swapped.
    pub(crate) fn stop(mut self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
        self.swaps.load(Ordering::Relaxed)
    }
}

/// Two names, one of a thing inside, the other of a link that leads out.
struct Pair {
    name: PathBuf,
    spare: PathBuf,
    target: PathBuf,
    is_folder: bool,
}

impl Pair {
    fn new(share: &Path, name: &str, target: &Path, is_folder: bool) -> Self {
        let spare = share.join(format!("{name}-spare"));
        let pair = Self { name: share.join(name), spare, target: target.to_owned(), is_folder };
        pair.mend();
        pair
    }

    fn swap_often(&self) -> u64 {
        let done = (0..OFTEN)
            .filter(|_| {
                renameat_with(CWD, &self.name, CWD, &self.spare, RenameFlags::EXCHANGE).is_ok()
            })
            .count();
        self.mend();
        done as u64
    }

    /// Clients move, remove and replace what has the name, be it the link. Both are put back, so
    /// that the race goes on.
    fn mend(&self) {
        let links = [&self.name, &self.spare].map(|path| fs::symlink_metadata(path).ok());
        let links = links.map(|found| found.map(|metadata| metadata.is_symlink()));
        if matches!(links, [Some(true), Some(false)] | [Some(false), Some(true)]) {
            return;
        }
        for path in [&self.name, &self.spare] {
            // The link or the file itself, never what a link leads to.
            fs::remove_file(path).or_else(|_| fs::remove_dir_all(path)).ok();
        }
        if self.is_folder {
            fs::create_dir(&self.name).ok();
        } else if let Ok(mut file) = fs::File::create_new(&self.name) {
            // Not by a call that would follow what somebody put there meanwhile.
            file.write_all(b"inside").unwrap();
        }
        symlink(&self.target, &self.spare).ok();
    }
}

/// Swaps of one pair before the next has its turn.
const OFTEN: usize = 64;
