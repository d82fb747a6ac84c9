//! Pictures of the window, light and dark, in twice the usual resolution: the real app before a
//! real server, on a screen that nobody sees.

use crate::failure::{During as _, Failure};
use crate::ferry::Server;
use crate::window::{Desktop, Screen, Script};
use crate::workspace::Programs;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What the server holds, and what the user has at home.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scene {
    /// An office's folders.
    Office,
    /// The same with names in Chinese and other scripts.
    Scripts,
}

/// Name of each picture and what is in it.
pub(super) const SCENES: &[(&str, Scene)] = &[
    ("connect", Scene::Office),
    ("browsing", Scene::Office),
    ("job", Scene::Office),
    ("conflict", Scene::Office),
    ("sharing", Scene::Office),
    ("error", Scene::Office),
    ("undo", Scene::Office),
    ("scripts", Scene::Scripts),
];

const SCREEN: Screen = Screen { size: (2480, 1640), scale: 2 };
const SCENE_MAX: Duration = Duration::from_mins(3);
const SCRIPT: &str = include_str!("pictures.py");

/// Makes one picture, light and dark.
pub(super) fn run(
    programs: &Programs,
    folder: &Path,
    (name, scene): (&str, Scene),
) -> Result<(), Failure> {
    let room = tempfile::tempdir().during("a folder for the pictures")?;
    let share = room.path().join("share");
    // A path that may be seen: the picture shows it.
    let seen = tempfile::Builder::new().prefix("anna").rand_bytes(0).tempdir();
    let seen = seen.during("a folder to be seen, such as /tmp/anna")?;
    let desktop = Desktop::open(seen.path(), SCREEN)?;
    let home = seen.path().join("home");
    match scene {
        Scene::Office => {
            fill(&share, OFFICE)?;
            fill(&home.join("Documents"), HOME)?;
        }
        Scene::Scripts => {
            fill(&share, SCRIPTS)?;
            fill(&home.join("文档"), SCRIPTS_HOME)?;
        }
    }
    let server = Server::serve(programs, &share, room.path())?;
    let link = format!("ferry://{}/#fp={}", server.address, server.fingerprint);
    let pid = server.pid().to_string();
    let arguments: [&OsStr; 4] = [name.as_ref(), link.as_ref(), folder.as_os_str(), pid.as_ref()];
    let script =
        Script { name: "pictures", text: SCRIPT, arguments: &arguments, deadline: SCENE_MAX };
    desktop.run(&script, programs)?;
    println!("made {}-light.png and -dark.png", folder.join(name).display());
    Ok(())
}

/// Files of these sizes, the younger the shorter their place in the list; a name that ends in a
/// slash is a folder.
fn fill(folder: &Path, files: &[(&str, usize)]) -> Result<(), Failure> {
    for (index, (name, len)) in files.iter().enumerate() {
        let path = folder.join(name);
        let when = UNIX_EPOCH + Duration::from_secs(NEWEST_SECS - 93_600 * index as u64);
        if name.ends_with('/') {
            fs::create_dir_all(&path).during(path.display())?;
        } else {
            fs::create_dir_all(path.parent().during("a folder")?).during(path.display())?;
            fs::write(&path, vec![b'f'; *len]).during(path.display())?;
        }
        date(&path, when)?;
    }
    Ok(())
}

fn date(path: &Path, when: SystemTime) -> Result<(), Failure> {
    let file = File::open(path).during(path.display())?;
    file.set_modified(when).during(path.display())
}

/// 2026-11-20.
const NEWEST_SECS: u64 = 1_795_168_800;

const OFFICE: &[(&str, usize)] = &[
    ("Accounts/", 0),
    ("Contracts/", 0),
    ("Drawings/", 0),
    ("Photos 2026/", 0),
    ("Site plans/", 0),
    ("Annual report 2026.pdf", 4_811_724),
    ("Bridge survey.mp4", 48_340_032),
    ("Budget.ods", 91_244),
    ("Harbour, aerial.jpg", 6_102_331),
    ("Letter to the port authority.odt", 38_411),
    ("Minutes of November.md", 7_301),
    ("Tide tables.csv", 214_870),
    ("backup-2026-11-19.tar.zst", 61_208_113),
];

const HOME: &[(&str, usize)] = &[
    ("Invoices/", 0),
    ("Notes/", 0),
    ("Crossing.flac", 31_660_112),
    ("Ferry timetable.pdf", 812_300),
    ("Harbour, aerial.jpg", 6_102_331),
    ("Minutes of November.md", 9_844),
    ("Quay repairs.docx", 142_900),
    ("Tide tables.csv", 231_040),
    ("presentation.odp", 5_240_871),
    ("readme.txt", 1_204),
];

const SCRIPTS: &[(&str, usize)] = &[
    ("合同/", 0),
    ("照片/", 0),
    ("プロジェクト/", 0),
    ("사진/", 0),
    ("مستندات/", 0),
    ("2026年度报告.pdf", 4_811_724),
    ("会议记录 十一月.docx", 91_244),
    ("出航の歌.flac", 31_340_032),
    ("渡轮时刻表.xlsx", 214_870),
    ("항구 지도.png", 6_102_331),
    ("خريطة الميناء.jpg", 2_310_118),
    ("港口 🚢⚓.jpg", 3_402_331),
];

const SCRIPTS_HOME: &[(&str, usize)] = &[
    ("发票/", 0),
    ("笔记/", 0),
    ("渡轮.jpg", 3_102_331),
    ("简历.pdf", 812_300),
    ("购物清单.txt", 1_204),
    ("航海日志.md", 9_844),
    ("音乐 🎵.mp3", 5_240_871),
];
