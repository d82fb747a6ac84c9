//! The program `ferry`, run against the server of a [`Place`].

use super::place::Place;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// What one run of `ferry` did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    /// `ferry://…/path`
    pub(crate) fn url(&self, path: &str) -> String {
        format!("ferry://127.0.0.1:{}/{path}", self.port())
    }

    /// A path in the folder that is served.
    pub(crate) fn share(&self, name: &str) -> PathBuf {
        self.path("share").join(name)
    }

    /// A path in the folder that `ferry` runs in.
    pub(crate) fn here(&self, name: &str) -> PathBuf {
        self.path("here").join(name)
    }

    /// `ferry` as a guest who knows the server's key.
    pub(crate) fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = self.command_knowing_nothing(arguments);
        command.args(["--fingerprint", &self.fingerprint]);
        command
    }

    /// The same where nobody said what key the server has.
    pub(crate) fn command_knowing_nothing(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferry"));
        command
            .args(arguments)
            .args(["--retry-for", "20s"])
            .current_dir(self.here(""))
            .env("FERRY_STATE_DIR", self.state())
            .env("TZ", "UTC")
            .env_remove("FERRY_PASSWORD");
        command
    }

    /// Runs `ferry` to its end.
    pub(crate) fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Ran {
        self.script(arguments, b"")
    }

    /// The same with this standard input.
    pub(crate) fn script(&self, arguments: &[impl AsRef<OsStr>], input: &[u8]) -> Ran {
        run(&mut self.command(arguments), input)
    }
}

/// Runs a program with this standard input and no terminal.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that was refused reads nothing.
    child.stdin.take().unwrap().write_all(input).ok();
    child.wait_with_output().unwrap().into()
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            exit: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Itself, if it ended well.
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.exit, 0, "{self:?}");
        self
    }

    /// The JSON objects that it printed.
    pub(crate) fn objects(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
