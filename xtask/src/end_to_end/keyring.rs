//! The key of a device in the system's own keyring: gnome-keyring on a session bus of the
//! scenario's own, and the same while it does not answer.

use super::{
    DEADLINE, Outcome, Scenario, Stage, ensure, expect_code, expect_complaint, wait_until,
};
use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process::{self, Background};
use crate::{sys, tree};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(super) const SCENARIOS: &[(&str, Scenario)] =
    &[("a device's key is in the system's keyring, if that answers in time", in_keyring)];

fn in_keyring(stage: &Stage) -> Result<Outcome, Failure> {
    let password = stage.path("password");
    fs::write(&password, PASSWORD).during("password")?;
    let mut add = stage.server_verb("user");
    expect_code(add.args(["add", "ann", "--password-file"]).arg(&password), 0)?;
    let server = stage.serve()?;
    let desktop = Desktop::start(stage)?;

    // The keyring answers: the key is there, and in no file.
    let anns = Home::new(stage, "ann's computer")?;
    expect_code(anns.ferry(&server, &desktop, "enrol").env("FERRY_PASSWORD", PASSWORD), 0)?;
    ensure(anns.device_key()? == "keyring", || "the key is not in the keyring".to_owned())?;
    expect_code(&mut anns.ferry(&server, &desktop, "ls"), 0)?;

    // It is silent: a new key goes to a file soon, and one that it holds is asked for.
    desktop.keyring(sys::STOP)?;
    let others = Home::new(stage, "another computer")?;
    let started = Instant::now();
    expect_code(others.ferry(&server, &desktop, "enrol").env("FERRY_PASSWORD", PASSWORD), 0)?;
    let waited = started.elapsed();
    ensure(waited < SOON, || format!("a silent keyring was waited for {waited:?}"))?;
    ensure(others.device_key()?.len() == 64, || "the key is not in its file".to_owned())?;
    expect_code(&mut others.ferry(&server, &desktop, "ls"), 0)?;
    expect_complaint(&mut anns.ferry(&server, &desktop, "ls"), 1, &["unlock the keyring"])?;

    // It answers again, and no second key was made meanwhile.
    desktop.keyring(sys::CONTINUE)?;
    expect_code(&mut anns.ferry(&server, &desktop, "ls"), 0)?;
    expect_code(&mut others.ferry(&server, &desktop, "ls"), 0)?;
    Ok(Outcome::Passed)
}

/// A session bus and a keyring that is unlocked, as after a login at a desktop.
struct Desktop {
    keyring: Background,
    address: String,
    _bus: Background,
}

impl Desktop {
    fn start(stage: &Stage) -> Result<Self, Failure> {
        let home = stage.folder("desktop")?;
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).during("desktop")?;
        let socket = home.join("bus");
        let address = format!("unix:path={}", socket.display());
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile"]).arg(format!("--address={address}"));
        let bus = Background::start(bus.stdin(Stdio::null()).stderr(Stdio::null()))?;
        wait_until("the session bus", || socket.exists())?;
        let mut keyring = Command::new("gnome-keyring-daemon");
        keyring.args(["--foreground", "--unlock", "--components=secrets"]);
        keyring.env("HOME", &home).env("XDG_RUNTIME_DIR", &home);
        keyring.env("XDG_DATA_HOME", home.join("data"));
        keyring.env("DBUS_SESSION_BUS_ADDRESS", &address).env_remove("DISPLAY");
        keyring.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut keyring = Background::start(&mut keyring)?;
        let mut input = keyring.child().stdin.take().during("no way into the keyring")?;
        input.write_all(PASSWORD.as_bytes()).during("keyring")?;
        drop(input);
        let desktop = Self { keyring, address, _bus: bus };
        wait_until("the keyring", || desktop.has_secrets())?;
        Ok(desktop)
    }

    /// Whether somebody on the bus keeps secrets.
    fn has_secrets(&self) -> bool {
        let mut ask = Command::new("dbus-send");
        ask.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"]);
        ask.args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"]);
        ask.env("DBUS_SESSION_BUS_ADDRESS", &self.address).stdin(Stdio::null());
        let told = process::run(&mut ask, DEADLINE);
        told.is_ok_and(|told| String::from_utf8_lossy(&told.stdout).contains("boolean true"))
    }

    fn keyring(&self, signal: sys::Signal) -> Result<(), Failure> {
        sys::signal(self.keyring.pid(), signal).during("the keyring")
    }
}

/// The home of somebody whose client keeps its state where clients do: only then is the keyring
/// used.
struct Home<'s> {
    stage: &'s Stage,
    path: PathBuf,
}

impl<'s> Home<'s> {
    fn new(stage: &'s Stage, name: &str) -> Result<Self, Failure> {
        Ok(Self { stage, path: stage.folder(name)? })
    }

    fn ferry(&self, server: &Server, desktop: &Desktop, verb: &str) -> Command {
        let mut command = Command::new(&self.stage.programs.ferry);
        command.arg(verb).arg(format!("ferry://ann@{}/", server.address));
        command.args(["--fingerprint", &server.fingerprint, "--retry-for", "0"]);
        command.env_remove("FERRY_STATE_DIR").env_remove("FERRY_PASSWORD");
        command.env("HOME", &self.path).env("XDG_STATE_HOME", self.path.join("state"));
        command.env("DBUS_SESSION_BUS_ADDRESS", &desktop.address).stdin(Stdio::null());
        command
    }

    /// What the file of the device's key holds; nobody else may read it.
    fn device_key(&self) -> Result<String, Failure> {
        let files = tree::files(&self.path)?;
        let is_it = |path: &&PathBuf| path.file_name().is_some_and(|name| name == "device_key");
        let path: &Path = files.iter().find(is_it).during("there is no device_key")?;
        let mode = fs::metadata(path).during(path.display())?.permissions().mode() & 0o777;
        ensure(mode == 0o600, || format!("device_key has mode {mode:o}"))?;
        let text = fs::read_to_string(path).during(path.display())?;
        Ok(text.trim().to_owned())
    }
}

const PASSWORD: &str = "the right one";
/// A silent keyring is asked twice, for two seconds each at the most.
const SOON: Duration = Duration::from_secs(30);
