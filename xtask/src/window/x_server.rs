//! An X server without a screen, at a display number that it finds by itself.

use super::Screen;
use crate::failure::{During as _, Failure};
use crate::process::Background;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A running X server.
#[derive(Debug)]
pub(super) struct XServer {
    display: String,
    screen: Screen,
    _process: Background,
}

const START_MAX: Duration = Duration::from_secs(20);

impl XServer {
    pub(super) fn start(room: &Path, screen: Screen) -> Result<Self, Failure> {
        let told = room.join("display");
        let number = File::create(&told).during(told.display())?;
        let (width, height) = screen.size;
        let mut command = Command::new("Xvfb");
        // It writes its number to its standard output, which is the file.
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-dpi", "96"]);
        command.args(["-screen", "0", &format!("{width}x{height}x24")]);
        command.stdin(Stdio::null()).stdout(number).stderr(Stdio::null());
        let mut process = Background::start(&mut command)?;
        let limit = Instant::now() + START_MAX;
        loop {
            let text = fs::read_to_string(&told).during(told.display())?;
            if text.ends_with('\n') {
                let display = format!(":{}", text.trim());
                return Ok(Self { display, screen, _process: process });
            }
            let has_ended = process.child().try_wait().during("Xvfb")?.is_some();
            if has_ended || Instant::now() > limit {
                return Err(Failure::new("Xvfb does not start (is it installed?)"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(super) fn display(&self) -> &str {
        &self.display
    }

    pub(super) fn screen(&self) -> Screen {
        self.screen
    }
}
