//! One window for a user: a second start hands what it was asked to do to the first and ends.

use super::HandedOver;

/// The right to be the one window, and the ear for later starts.
#[derive(Debug)]
pub struct Instance {
    #[cfg(target_os = "linux")]
    pub(super) listener: Option<std::os::unix::net::UnixListener>,
}

/// Takes the right to be the one window; `None` when another process has it, has been asked to do
/// this instead, and has said that it will. Where neither works out, the window opens all the same.
#[must_use]
pub fn first_or_hand_over(wish: &HandedOver) -> Option<Instance> {
    #[cfg(target_os = "linux")]
    return linux::first_or_hand_over(wish);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = wish;
        Some(Instance {})
    }
}

#[cfg(target_os = "linux")]
pub(super) use linux::receive;

#[cfg(target_os = "linux")]
mod linux {
    use super::{HandedOver, Instance};
    use std::env;
    use std::ffi::OsString;
    use std::fmt::Write as _;
    use std::io::{self, Read as _, Write as _};
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
    use std::path::PathBuf;
    use std::time::Duration;

    /// How long either side waits for the other.
    const PATIENCE: Duration = Duration::from_secs(2);
    const MESSAGE_MAX: u64 = 64 * 1024;
    const UNDERSTOOD: &[u8] = b"ok";

    pub(super) fn first_or_hand_over(wish: &HandedOver) -> Option<Instance> {
        let Ok(address) = address() else {
            return Some(Instance { listener: None });
        };
        match UnixListener::bind_addr(&address) {
            Ok(listener) => Some(Instance { listener: Some(listener) }),
            Err(_) => match hand_over(&address, wish) {
                Ok(()) => None,
                Err(_) => Some(Instance { listener: None }),
            },
        }
    }

    /// A name without a file, which goes with its process: one for each user, display and state
    /// folder.
    fn address() -> io::Result<SocketAddr> {
        let mut name = format!("ferry-gui-{}", std::fs::metadata("/proc/self")?.uid());
        for variable in ["DISPLAY", "WAYLAND_DISPLAY", "FERRY_STATE_DIR"] {
            let value = env::var_os(variable).unwrap_or_default();
            // Writing to a string cannot fail; a digest keeps the name short.
            write!(name, "-{:x}", digest(value.as_bytes())).ok();
        }
        SocketAddr::from_abstract_name(name)
    }

    /// FNV-1a: only to tell a handful of values apart.
    fn digest(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
            (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    fn hand_over(address: &SocketAddr, wish: &HandedOver) -> io::Result<()> {
        let mut stream = UnixStream::connect_addr(address)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(&encode(wish))?;
        stream.shutdown(std::net::Shutdown::Write)?;
        let mut answer = Vec::new();
        stream.take(MESSAGE_MAX).read_to_end(&mut answer)?;
        if answer == UNDERSTOOD { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    /// The next wish of another start. Waits for it.
    pub(in crate::desktop) fn receive(listener: &UnixListener) -> io::Result<Option<HandedOver>> {
        let (mut stream, _) = listener.accept()?;
        Ok(answer(&mut stream).ok().flatten())
    }

    fn answer(stream: &mut UnixStream) -> io::Result<Option<HandedOver>> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut message = Vec::new();
        (&*stream).take(MESSAGE_MAX).read_to_end(&mut message)?;
        let wish = decode(&message);
        if wish.is_some() {
            stream.write_all(UNDERSTOOD)?;
        }
        Ok(wish)
    }

    fn encode(wish: &HandedOver) -> Vec<u8> {
        let (word, value) = match wish {
            HandedOver::Raise => ("raise", &b""[..]),
            HandedOver::Open(address) => ("open", address.as_bytes()),
            HandedOver::Share(folder) => ("share", folder.as_os_str().as_bytes()),
        };
        [word.as_bytes(), b"\n", value].concat()
    }

    fn decode(message: &[u8]) -> Option<HandedOver> {
        let end = message.iter().position(|byte| *byte == b'\n')?;
        let (word, value) = (message.get(..end)?, message.get(end + 1..)?);
        match word {
            b"raise" => Some(HandedOver::Raise),
            b"open" => Some(HandedOver::Open(String::from_utf8(value.to_owned()).ok()?)),
            b"share" => {
                Some(HandedOver::Share(PathBuf::from(OsString::from_vec(value.to_owned()))))
            }
            _ => None,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_second_start_is_heard_by_the_first() {
            let name = format!("ferry-gui-test-{}", std::process::id());
            let address = SocketAddr::from_abstract_name(name).unwrap();
            let listener = UnixListener::bind_addr(&address).unwrap();
            let wishes = [
                HandedOver::Raise,
                HandedOver::Open("ferry://nas/é#fp=x".to_owned()),
                HandedOver::Share(PathBuf::from(OsString::from_vec(b"/a\n\xff".to_vec()))),
            ];
            for wish in wishes {
                std::thread::scope(|scope| {
                    let second = scope.spawn(|| hand_over(&address, &wish));
                    assert_eq!(receive(&listener).unwrap(), Some(wish.clone()));
                    second.join().unwrap().unwrap();
                });
            }
        }

        #[test]
        fn a_stranger_is_not_understood_and_does_no_harm() {
            let name = format!("ferry-gui-stranger-{}", std::process::id());
            let address = SocketAddr::from_abstract_name(name).unwrap();
            let listener = UnixListener::bind_addr(&address).unwrap();
            for message in [&b""[..], b"GET / HTTP/1.1\r\n", b"open\n\xff", b"raise"] {
                let mut stream = UnixStream::connect_addr(&address).unwrap();
                stream.write_all(message).unwrap();
                drop(stream);
                assert_eq!(receive(&listener).unwrap(), None, "{message:?}");
            }
        }
    }
}
