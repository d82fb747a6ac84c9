//! A desktop for real windows where there is none: an X server without a screen, a window manager,
//! and a session bus with the accessibility bus and the portal. Programs in it are driven by
//! scripts, which find controls by the labels that a screen reader reads.

mod leftovers;
mod x_server;

use crate::failure::{During as _, Failure};
use crate::process::{self, Background, Finished};
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use x_server::XServer;

/// A desktop that lasts as long as this value. What runs in it when it ends is a failure.
#[derive(Debug)]
pub(crate) struct Desktop {
    room: PathBuf,
    // Fields are dropped in this order.
    openbox: Background,
    server: XServer,
}

/// Size of the screen in pixels, and pixels for each point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    /// Width and height.
    pub(crate) size: (u32, u32),
    /// 1, or 2 for pictures.
    pub(crate) scale: u32,
}

impl Desktop {
    /// Opens a desktop whose files, homes and state lie below `room`.
    pub(crate) fn open(room: &Path, screen: Screen) -> Result<Self, Failure> {
        for name in ["run", "home", "data", "config", "cache", "state"] {
            let folder = room.join(name);
            fs::create_dir_all(&folder).during(folder.display())?;
            // The session bus refuses a folder that others may enter.
            fs::set_permissions(&folder, Permissions::from_mode(0o700)).during(folder.display())?;
        }
        fs::write(room.join("drive.py"), DRIVE).during("the script that drives")?;
        let server = XServer::start(room, screen)?;
        let mut command = Command::new("openbox");
        command.env("DISPLAY", server.display()).env("HOME", room.join("home"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let openbox = Background::start(&mut command)?;
        Ok(Self { room: room.to_owned(), openbox, server })
    }

    /// Runs a Python script in a session of its own and waits for its end. Its functions find the
    /// programs in `FERRY_GUI` and the like.
    pub(crate) fn run(
        &self,
        script: &Script<'_>,
        programs: &crate::workspace::Programs,
    ) -> Result<Finished, Failure> {
        let path = self.room.join(format!("{}.py", script.name));
        fs::write(&path, script.text).during(path.display())?;
        let mut command = Command::new("dbus-run-session");
        command.arg("--").arg(PYTHON).arg(&path).args(script.arguments);
        self.prepare(&mut command);
        command.env("FERRY_GUI", &programs.gui);
        command.env("FERRY", &programs.ferry).env("FERRY_SERVER", &programs.server);
        let finished = process::run(&mut command, script.deadline);
        let left = leftovers::end_all(&self.room.join("run"));
        let finished = finished?.succeeded(script.name)?;
        match left?.as_slice() {
            [] => Ok(finished),
            left => Err(Failure::new(format!("{} left running: {}", script.name, left.join(", ")))),
        }
    }

    /// The environment of a user who sits before this screen.
    fn prepare(&self, command: &mut Command) {
        let below = |name: &str| self.room.join(name);
        command.current_dir(&self.room).stdin(Stdio::null());
        for variable in ["WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "FERRY_PASSWORD"] {
            command.env_remove(variable);
        }
        command.env("DISPLAY", self.server.display());
        command.env("HOME", below("home")).env("FERRY_STATE_DIR", below("state"));
        command.env("XDG_RUNTIME_DIR", below("run")).env("XDG_DATA_HOME", below("data"));
        command.env("XDG_CONFIG_HOME", below("config")).env("XDG_CACHE_HOME", below("cache"));
        command.env("LANG", "C.UTF-8").env("TZ", "UTC").env("XDG_CURRENT_DESKTOP", "GNOME");
        command.env("GTK_A11Y", "atspi").env("NO_AT_BRIDGE", "0");
        command.env("WINIT_X11_SCALE_FACTOR", self.server.screen().scale.to_string());
        // Settings in a file of this home, which the portal watches.
        command.env("GSETTINGS_BACKEND", "keyfile").env("PYTHONDONTWRITEBYTECODE", "1");
    }

    /// Its window manager still runs: whatever failed, it was not the desktop.
    pub(crate) fn is_whole(&mut self) -> bool {
        matches!(self.openbox.child().try_wait(), Ok(None))
    }
}

/// A script in Python, which may import `drive`.
#[derive(Debug)]
pub(crate) struct Script<'a> {
    /// Its name, without the ending.
    pub(crate) name: &'a str,
    /// What it says.
    pub(crate) text: &'a str,
    /// What it is given.
    pub(crate) arguments: &'a [&'a OsStr],
    /// How long it may take.
    pub(crate) deadline: Duration,
}

const DRIVE: &str = include_str!("drive.py");

/// The system's Python: it has the bindings of the accessibility bus, which no other has.
const PYTHON: &str = "/usr/bin/python3";
