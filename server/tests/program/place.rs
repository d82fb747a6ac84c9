//! A place to run the program in, and what it told.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// A share and a state folder, and the server in the background, if there is one.
pub(crate) struct Place {
    pub(crate) base: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir(base.path().join("share")).unwrap();
        Self { base }
    }

    pub(crate) fn share(&self) -> PathBuf {
        self.base.path().join("share")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.base.path().join("state")
    }

    /// The program with a verb, not yet run.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferry-server"));
        command.args(words).arg("--state-dir").arg(self.state());
        command.env_remove("FERRY_PASSWORD").env_remove("FERRY_STATE_DIR").stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Told {
        Told::of(&self.command(words).output().unwrap())
    }

    /// Runs a verb on the share at a free port of the loopback address.
    pub(crate) fn run_on_share(&self, words: &[&str]) -> Told {
        let mut command = self.command(words);
        command.args(["--listen", "127.0.0.1:0"]).arg(self.share());
        Told::of(&command.output().unwrap())
    }

    pub(crate) fn add_account(&self, name: &str) -> Told {
        let mut command = self.command(&["user", "add", name]);
        Told::of(&command.env("FERRY_PASSWORD", "secret").output().unwrap())
    }

    pub(crate) fn status(&self) -> Value {
        let told = self.run(&["status", "--json"]);
        assert_eq!(told.code, 0, "{told:?}");
        serde_json::from_str(&told.out).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Whatever a failed test left running. None runs where all went well.
        self.command(&["stop"]).output().ok();
    }
}

/// What a run of the program told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Told {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// A refusal: exit code 1, nothing on standard output, all of `words` on standard error.
    #[track_caller]
    pub(crate) fn refuses(&self, words: &[&str]) {
        assert_eq!(self.code, 1, "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "`{word}` is not in {self:?}");
        }
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &[&str]) {
        assert_eq!(self.code, 0, "{self:?}");
        for word in words {
            assert!(self.out.contains(word), "`{word}` is not in {self:?}");
        }
    }
}

/// A server in the foreground, ended with the test.
pub(crate) struct Foreground {
    pub(crate) child: Child,
    pub(crate) told: String,
}

impl Foreground {
    /// Returns once the server has said that it serves.
    pub(crate) fn serve(place: &Place, words: &[&str]) -> Self {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(words).arg(place.share()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut told = String::new();
        while !told.contains("Stop ") {
            assert!(lines.read_line(&mut told).unwrap() > 0, "ended early: {told}");
        }
        Self { child, told }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).ok();
    }
}
