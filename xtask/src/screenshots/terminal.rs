//! The picture of the terminal: what the real programs print, drawn as it was.

use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::process;
use crate::workspace::Programs;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Makes the picture.
pub(super) fn run(programs: &Programs, folder: &Path) -> Result<(), Failure> {
    let room = tempfile::tempdir().during("a folder for the pictures")?;
    let share = room.path().join("share");
    fill(&share)?;
    let server = Server::serve(programs, &share, room.path())?;
    let mut lines = Vec::new();
    for shown in COMMANDS {
        lines.push((true, format!("$ {shown}")));
        let said = say(&server, shown, room.path())?;
        lines.extend(said.lines().map(|line| (false, line.to_owned())));
    }
    let picture = folder.join("terminal.svg");
    fs::write(&picture, draw(&lines)).during(picture.display())?;
    println!("made {}", picture.display());
    Ok(())
}

/// What a command of the picture prints, with the server's real address in place of the shown one.
fn say(server: &Server, shown: &str, room: &Path) -> Result<String, Failure> {
    let mut words = shown.split(' ').skip(1);
    let verb = words.next().during("a verb")?;
    let mut command: Command = server.client(verb);
    command.current_dir(room).env("TZ", "UTC");
    for word in words {
        match word.strip_prefix(SHOWN_URL) {
            Some(path) => command.arg(server.url(path)),
            None => command.arg(word),
        };
    }
    let finished = process::run(&mut command, DEADLINE)?.succeeded(shown)?;
    let printed = [finished.stderr, finished.stdout].concat();
    Ok(String::from_utf8_lossy(&printed).into_owned())
}

fn fill(share: &Path) -> Result<(), Failure> {
    for (name, len) in FILES {
        let path = share.join(name);
        fs::create_dir_all(path.parent().during("a folder")?).during(path.display())?;
        fs::write(&path, vec![b'f'; *len]).during(path.display())?;
        let file = fs::File::options().append(true).open(&path).during(path.display())?;
        let when = std::time::UNIX_EPOCH + Duration::from_secs(1_760_000_000 + *len as u64);
        file.set_modified(when).during(path.display())?;
    }
    let photos = share.parent().during("a folder")?.join("photos");
    fs::create_dir_all(&photos).during(photos.display())?;
    for index in 0..240 {
        let path = photos.join(format!("IMG_{index:04}.jpg"));
        fs::write(&path, vec![b'j'; 700_000 + index * 100]).during(path.display())?;
    }
    Ok(())
}

fn draw(lines: &[(bool, String)]) -> String {
    let longest = lines.iter().map(|(_, line)| line.chars().count()).max().unwrap_or(0);
    let width = longest * CHARACTER_WIDTH_PERCENT / 100 + 2 * MARGIN;
    let height = lines.len() * LINE_HEIGHT + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" role=\"img\" aria-label=\"ferry in a terminal\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"#14181f\"/>\n\
         <g font-family=\"ui-monospace,DejaVu Sans Mono,monospace\" font-size=\"14\" \
         xml:space=\"preserve\">\n"
    );
    for (index, (is_typed, line)) in lines.iter().enumerate() {
        let y = MARGIN + index * LINE_HEIGHT + BASELINE;
        let colour = if *is_typed { "#7fd1ff" } else { "#d7dde6" };
        let text = escape(line);
        // Writing to a string cannot fail.
        writeln!(svg, "<text x=\"{MARGIN}\" y=\"{y}\" fill=\"{colour}\">{text}</text>").ok();
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn escape(line: &str) -> String {
    line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(' ', "\u{a0}")
}

const SHOWN_URL: &str = "ferry://nas/";

const COMMANDS: &[&str] = &[
    "ferry put photos ferry://nas/holiday/",
    "ferry ls ferry://nas/",
    "ferry get ferry://nas/music back/",
    "ferry put photos ferry://nas/holiday/",
    "ferry digest ferry://nas/report.pdf",
];

const FILES: &[(&str, usize)] = &[
    ("report.pdf", 2_411_724),
    ("disk image.iso", 7_340_032),
    ("music/01 出航.flac", 3_000_000),
    ("music/02 Fähre nach Haus.flac", 2_800_000),
];

const DEADLINE: Duration = Duration::from_mins(1);
/// Hundredths of a pixel.
const CHARACTER_WIDTH_PERCENT: usize = 843;
const LINE_HEIGHT: usize = 20;
const BASELINE: usize = 15;
const MARGIN: usize = 22;
