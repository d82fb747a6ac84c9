//! The source's half of XDND, version 5 (freedesktop.org): enter, position, drop, and the answer
//! to whoever asks for the files.

use std::error::Error;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};
use x11rb::CURRENT_TIME;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, KeyButMask,
    PropMode, QueryPointerReply, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent,
    SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// The words of the protocol, as this X server numbers them.
struct Atoms {
    aware: Atom,
    selection: Atom,
    enter: Atom,
    position: Atom,
    status: Atom,
    leave: Atom,
    drop: Atom,
    finished: Atom,
    copy: Atom,
    uri_list: Atom,
    targets: Atom,
}

impl Atoms {
    fn intern(connection: &RustConnection) -> Result<Self> {
        let atom = |name: &str| -> Result<Atom> {
            Ok(connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
        };
        Ok(Self {
            aware: atom("XdndAware")?,
            selection: atom("XdndSelection")?,
            enter: atom("XdndEnter")?,
            position: atom("XdndPosition")?,
            status: atom("XdndStatus")?,
            leave: atom("XdndLeave")?,
            drop: atom("XdndDrop")?,
            finished: atom("XdndFinished")?,
            copy: atom("XdndActionCopy")?,
            uri_list: atom("text/uri-list")?,
            targets: atom("TARGETS")?,
        })
    }
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The version that is spoken, in the place where enter has it.
const VERSION: u32 = 5 << 24;
/// Between two looks at the pointer.
const PAUSE: Duration = Duration::from_millis(10);
/// How long a target may take to fetch what was dropped on it.
const FETCH_MAX: Duration = Duration::from_mins(5);

/// A drag that is under way.
pub(super) struct Source {
    connection: RustConnection,
    atoms: Atoms,
    root: Window,
    /// Our window, which is no target.
    own: Window,
    /// The unseen window that owns the selection.
    owner: Window,
    uris: Vec<u8>,
    target: Option<Target>,
}

/// The window below the pointer, if it takes drops.
struct Target {
    window: Window,
    accepts: bool,
    /// It has not answered the last position yet; until then it gets no other.
    is_asked: bool,
    told: Option<(i16, i16)>,
}

/// How a turn of the drag ended.
enum Turn {
    GoesOn,
    Dropped,
    Over,
}

impl Source {
    /// Offers files; nothing is sent to anyone yet.
    pub(super) fn open(files: &[PathBuf], own: Window) -> Result<Self> {
        let (connection, screen) = x11rb::connect(None)?;
        let root = connection.setup().roots.get(screen).ok_or("no screen")?.root;
        let atoms = Atoms::intern(&connection)?;
        let owner = connection.generate_id()?;
        let unseen = CreateWindowAux::new();
        let kind = WindowClass::INPUT_ONLY;
        connection.create_window(0, owner, root, -10, -10, 1, 1, 0, kind, 0, &unseen)?;
        connection.set_selection_owner(owner, atoms.selection, CURRENT_TIME)?;
        let uris = files.iter().flat_map(|file| uri_line(file)).collect();
        Ok(Self { connection, atoms, root, own, owner, uris, target: None })
    }

    /// Follows the pointer until the button is released; returns itself where there is a target
    /// to serve then.
    pub(super) fn follow(mut self) -> Result<Option<Self>> {
        loop {
            self.take_events()?;
            match self.turn()? {
                Turn::GoesOn => thread::sleep(PAUSE),
                Turn::Dropped => return Ok(Some(self)),
                Turn::Over => return Ok(None),
            }
        }
    }

    fn turn(&mut self) -> Result<Turn> {
        let pointer = self.connection.query_pointer(self.root)?.reply()?;
        if !pointer.mask.contains(KeyButMask::BUTTON1) {
            return self.release();
        }
        let below = self.window_below_pointer()?;
        if below != self.target.as_ref().map(|target| target.window) {
            self.change_target(below)?;
        }
        self.tell_position(&pointer)?;
        Ok(Turn::GoesOn)
    }

    fn release(&mut self) -> Result<Turn> {
        match self.target.take() {
            Some(target) if target.accepts => {
                let data = [self.owner, 0, CURRENT_TIME, 0, 0];
                self.send(target.window, self.atoms.drop, data)?;
                Ok(Turn::Dropped)
            }
            Some(target) => self.leave(&target).map(|()| Turn::Over),
            None => Ok(Turn::Over),
        }
    }

    fn change_target(&mut self, below: Option<Window>) -> Result<()> {
        if let Some(before) = self.target.take() {
            self.leave(&before)?;
        }
        if let Some(window) = below {
            let data = [self.owner, VERSION, self.atoms.uri_list, 0, 0];
            self.send(window, self.atoms.enter, data)?;
            self.target = Some(Target { window, accepts: false, is_asked: false, told: None });
        }
        Ok(())
    }

    fn leave(&self, target: &Target) -> Result<()> {
        self.send(target.window, self.atoms.leave, [self.owner, 0, 0, 0, 0])
    }

    fn tell_position(&mut self, pointer: &QueryPointerReply) -> Result<()> {
        let at = (pointer.root_x, pointer.root_y);
        let Some(target) = &mut self.target else { return Ok(()) };
        if target.is_asked || target.told == Some(at) {
            return Ok(());
        }
        (target.is_asked, target.told) = (true, Some(at));
        let window = target.window;
        let action = self.atoms.copy;
        let data = [self.owner, 0, packed(at), CURRENT_TIME, action];
        self.send(window, self.atoms.position, data)
    }

    /// Gives the target what it asks for, until it says that it has finished, or another drag has
    /// begun.
    pub(super) fn serve(mut self) -> Result<()> {
        let until = Instant::now() + FETCH_MAX;
        while Instant::now() < until && !self.take_events()? {
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Takes what has arrived; says whether nobody has anything to fetch any more.
    fn take_events(&mut self) -> Result<bool> {
        let mut is_finished = false;
        while let Some(event) = self.connection.poll_for_event()? {
            match event {
                Event::ClientMessage(message) if message.type_ == self.atoms.status => {
                    self.take_status(message.data.as_data32());
                }
                Event::ClientMessage(message) if message.type_ == self.atoms.finished => {
                    is_finished = true;
                }
                // Targets ask the owner of the selection, which is another now.
                Event::SelectionClear(_) => is_finished = true,
                Event::SelectionRequest(request) => self.hand_out(&request)?,
                _ => {}
            }
        }
        Ok(is_finished)
    }

    fn take_status(&mut self, [window, flags, ..]: [u32; 5]) {
        if let Some(target) = self.target.as_mut().filter(|target| target.window == window) {
            target.accepts = flags & 1 == 1;
            target.is_asked = false;
        }
    }

    /// Puts what was asked for where the asker wants it.
    fn hand_out(&self, request: &SelectionRequestEvent) -> Result<()> {
        let property = if request.property == 0 { request.target } else { request.property };
        let (to, mode) = (request.requestor, PropMode::REPLACE);
        let is_known = if request.target == self.atoms.uri_list {
            self.connection.change_property8(mode, to, property, request.target, &self.uris)?;
            true
        } else if request.target == self.atoms.targets {
            let kinds = [self.atoms.uri_list, self.atoms.targets];
            self.connection.change_property32(mode, to, property, AtomEnum::ATOM, &kinds)?;
            true
        } else {
            false
        };
        let event = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: to,
            selection: request.selection,
            target: request.target,
            property: if is_known { property } else { 0 },
        };
        self.connection.send_event(false, to, EventMask::NO_EVENT, event)?;
        Ok(self.connection.flush()?)
    }

    /// The window below the pointer that takes drops, unless that is ours.
    fn window_below_pointer(&self) -> Result<Option<Window>> {
        let mut window = self.root;
        loop {
            let child = self.connection.query_pointer(window)?.reply()?.child;
            if child == 0 || child == self.own {
                return Ok(None);
            }
            let property = self.atoms.aware;
            let any = AtomEnum::ANY;
            let aware = self.connection.get_property(false, child, property, any, 0, 1)?.reply()?;
            if aware.type_ != 0 {
                return Ok(Some(child));
            }
            window = child;
        }
    }

    fn send(&self, to: Window, kind: Atom, data: [u32; 5]) -> Result<()> {
        let message = ClientMessageEvent::new(32, to, kind, data);
        self.connection.send_event(false, to, EventMask::NO_EVENT, message)?;
        Ok(self.connection.flush()?)
    }
}

/// Both coordinates in one word, as position has them.
fn packed((x, y): (i16, i16)) -> u32 {
    (u32::from(x.cast_unsigned()) << 16) | u32::from(y.cast_unsigned())
}

/// A line of `text/uri-list` (RFC 2483), with every byte escaped that may not stand in a URI.
fn uri_line(path: &Path) -> Vec<u8> {
    let mut line = b"file://".to_vec();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                line.push(*byte);
            }
            _ => line.extend(format!("%{byte:02X}").bytes()),
        }
    }
    line.extend(b"\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_byte_by_byte() {
        assert_eq!(uri_line(Path::new("/a b/é%")), b"file:///a%20b/%C3%A9%25\r\n");
    }

    #[test]
    fn coordinates_left_of_the_screen_stay_in_their_half() {
        assert_eq!(packed((1, 2)), 0x0001_0002);
        assert_eq!(packed((-1, 2)), 0xffff_0002);
    }
}
